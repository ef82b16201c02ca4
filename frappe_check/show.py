"""A report for people: the findings by file, and a page that sums the app up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from frappe_check.as_json import shown
from frappe_check.examine import Report
from frappe_check.findings import Finding
from frappe_check.rules import RULES

MOST_NEEDED = 8
"""Names in the summary."""


def findings(report: Report) -> Iterator[RenderableType]:
    """A paragraph a file; what a code means stands at its first finding in each."""
    for path, some in groupby(report.findings, key=lambda each: each.hit.path):
        yield Text(shown(path), style="bold")
        explained: set[str] = set()
        for finding in some:
            yield from _lines(finding, finding.rule.code not in explained)
            explained.add(finding.rule.code)
        yield ""


def _lines(finding: Finding, explain: bool) -> Iterator[RenderableType]:
    rule, hit = finding.rule, finding.hit
    place = f"{shown(hit.path)}:{hit.line}:{hit.column}"
    yield Text.assemble(f"  {place}  ", (rule.code, "yellow"), f"  {hit.what}")
    if explain:
        yield Text(f"      {rule.happens}", style="dim")
        yield Text.assemble(("      Instead: ", "green"), rule.instead)


def tasks(report: Report) -> Iterator[RenderableType]:
    """Each task with where it can run, and every name that keeps it in a bench."""
    for place in report.tasks:
        where = "only in a bench" if place.needs else "standalone"
        ways = ", ".join(map(str, place.ways))
        yield Text.assemble((place.function.name, "bold"), f"  {ways}: {where}")
        for need in place.needs:
            yield Text(f"    {need.name}  {shown(need.path)}:{need.line}", style="dim")
    yield ""


def summary(report: Report) -> RenderableType:
    """One page on one app."""
    counts = Text.assemble(
        (report.app.name, "bold"),
        f": {len(report.tasks)} tasks; {len(report.standalone)} can run standalone,"
        f" {len(report.only_in_a_bench)} only in a bench. ",
        f"{len(report.findings)} findings." if report.findings else "Nothing found.",
    )
    parts: list[RenderableType] = [counts]
    needed = Counter(need.name for task in report.only_in_a_bench for need in task.needs)
    if needed:
        most = ", ".join(f"{name} ({count})" for name, count in needed.most_common(MOST_NEEDED))
        more = f" and {len(needed) - MOST_NEEDED} more" if len(needed) > MOST_NEEDED else ""
        parts.append(Text(f"Needed of a bench, by how many tasks: {most}{more}."))
    if report.findings:
        parts.append(_by_code(report))
    return Group(*parts)


def _by_code(report: Report) -> Table:
    table = Table("code", "", "found")
    titles = {rule.code: rule.title for rule in RULES}
    for code, count in report.by_code.items():
        table.add_row(code, titles[code], str(count))
    return table
