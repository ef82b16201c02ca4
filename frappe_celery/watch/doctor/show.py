"""The report for people: a table and its findings a section."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.table import Table
from rich.text import Text

from frappe_celery.watch.doctor.report import Finding, Level, Report, Section, counted
from frappe_celery.watch.tables import plain_table

STYLES = {Level.NOTE: "cyan", Level.WARNING: "yellow", Level.PROBLEM: "red"}


def lines(report: Report) -> Iterable[Any]:
    """Each group with what it found; then the verdict."""
    for section in report.sections:
        yield Text(f"\n{section.name.capitalize()}", "bold")
        yield from map(_table, _alike(section))
        yield from map(_finding, section.findings)
        if not section.rows and not section.findings:
            yield Text("  none", "dim")
    counts = ", ".join(
        counted(number, name)
        for level, name in ((Level.PROBLEM, "problem"), (Level.WARNING, "warning"))
        if (number := sum(finding.level == level for finding in report.findings))
    )
    style = STYLES[report.level] if report.level else "green"
    yield Text(f"\n{counts or 'Nothing is wrong'}.", f"bold {style}")


def _alike(section: Section) -> Iterable[list[dict[str, Any]]]:
    """Rows of the same columns belong into one table."""
    by_columns: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in section.rows:
        by_columns.setdefault(tuple(row), []).append(row)
    return by_columns.values()


def _table(rows: list[dict[str, Any]]) -> Table:
    names = [name for name in rows[0] if any(row[name] not in (None, "") for row in rows)]
    cells = ([_cell(row[name]) for name in names] for row in rows)
    return plain_table((name.replace("_", " ") for name in names), cells)


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return "\n".join(f"{name}: {number:,}" for name, number in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    if isinstance(value, int):
        return f"{value:,}"
    return "" if value is None else str(value)


def _finding(finding: Finding) -> Text:
    name = finding.level.name.lower()
    text = Text.assemble("  ", (f"{name}: ", STYLES[finding.level]), finding.text)
    return text.append(f"\n    {finding.advice}", "dim") if finding.advice else text
