"""The report for people: a table and its findings a section."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.text import Text

from frappe_celery.config.texts import one_line
from frappe_celery.watch.doctor.report import Finding, Level, Report, Section, counted
from frappe_celery.watch.tables import Listing, beginning

STYLES = {Level.NOTE: "cyan", Level.WARNING: "yellow", Level.PROBLEM: "red"}


def report_lines(report: Report) -> Iterable[Any]:
    """The verdict; each group with what it found; the names of those that found nothing."""
    levels, of = [finding.level for finding in report.findings], (Level.PROBLEM, Level.WARNING)
    counts = [counted(levels.count(one), one.name.lower()) for one in of if one in levels]
    style = STYLES[report.level] if report.level else "green"
    yield Text(f"{', '.join(counts) or 'Nothing is wrong'}.", f"bold {style}")
    told = [section for section in report.sections if section.rows or section.findings]
    for section in told:
        yield Text(f"\n{section.name.capitalize()}", "bold")
        for rows in _alike(section):
            yield _listing(rows)
            yield from _counted_apart(rows)
        yield from map(_finding, section.findings)
    if rest := [section.name for section in report.sections if section not in told]:
        yield Text(f"\nNothing to tell of: {', '.join(rest)}.", "dim")


def _alike(section: Section) -> Iterable[list[dict[str, Any]]]:
    """Rows of the same columns belong into one table."""
    by_columns: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in section.rows:
        by_columns.setdefault(tuple(row), []).append(row)
    return by_columns.values()


def _listing(rows: list[dict[str, Any]]) -> Listing:
    """Rows of the same columns, of which those are shown that have something in them."""
    names = [
        name
        for name in rows[0]
        if any(row[name] not in (None, "") and not isinstance(row[name], dict) for row in rows)
    ]
    headings = [name.replace("_", " ") for name in names]
    shown = [[_cell(name, row[name]) for name in names] for row in rows if names]
    return Listing("", headings, shown, box=None)


def _cell(name: str, value: Any) -> Text | str:
    """Of an error the beginning, all of anything else."""
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    if isinstance(value, int):
        return f"{value:,}"
    said = "" if value is None else str(value)
    return beginning(said) if name == "error" else said


def _counted_apart(rows: list[dict[str, Any]]) -> Iterable[Text]:
    """What is counted by name, a line each: no column has room for names."""
    for row in rows:
        of = next(iter(row.values()))
        for counts in row.values():
            if isinstance(counts, dict):
                yield from (
                    Text(f"   {one_line(f'{of}, {name}')}: {number:,}", "dim")
                    for name, number in counts.items()
                )


def _finding(finding: Finding) -> Text:
    name = finding.level.name.lower()
    text = Text.assemble("  ", (f"{name}: ", STYLES[finding.level]), one_line(finding.text))
    return text.append(f"\n    {one_line(finding.advice)}", "dim") if finding.advice else text
