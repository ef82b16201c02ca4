"""A report for people: the findings by file, and a page that sums the app up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from frappe_check.arguments import FRAPPE
from frappe_check.rules import RULES

Row = dict[str, Any]
"""An app, a finding or a task as `rows` has it."""
MOST_NEEDED = 8
"""So many names the summary has at most."""
LINES, TITLES = 8, 3
"""So many apps, and codes of each, are told where a page an app is too much."""


def findings(found: Iterable[Row]) -> Iterator[RenderableType]:
    """A paragraph a file; what a code means stands at its first finding in each."""
    for file, some in groupby(found, key=itemgetter("file")):
        yield Text(file, style="bold")
        explained: set[str] = set()
        for row in some:
            place = f"{file}:{row['line']}:{row['column']}"
            yield Text.assemble(f"  {place}  ", (row["code"], "yellow"), f"  {row['what']}")
            if row["code"] not in explained:
                explained.add(row["code"])
                yield Text(f"      {row['happens']}", style="dim")
                yield Text.assemble(("      Instead: ", "green"), row["instead"])
        yield ""


def tasks(found: Iterable[Row]) -> Iterator[RenderableType]:
    """Each task with where it can run, and every name that keeps it in a bench."""
    for row in found:
        where = "only in a bench" if row["needs"] else "standalone"
        yield Text.assemble((row["name"], "bold"), f"  {', '.join(row['as'])}: {where}")
        for need in row["needs"]:
            yield Text(f"    {need['name']}  {need['file']}:{need['line']}", style="dim")
    yield ""


def summary(report: Row) -> RenderableType:
    """The counts of one app, and a table of what was found."""
    counted, found = report["summary"], len(report["findings"])
    counts = Text.assemble(
        (report["app"], "bold"),
        f": {counted['tasks']} tasks; {counted['standalone']} can run standalone,"
        f" {counted['only_in_a_bench']} only in a bench. ",
        f"{found} findings." if found else "Nothing found.",
    )
    parts: list[RenderableType] = [counts]
    needed = Counter(need["name"] for task in report["tasks"] for need in task["needs"])
    if needed:
        most = ", ".join(f"{name} ({count})" for name, count in needed.most_common(MOST_NEEDED))
        more = f" and {len(needed) - MOST_NEEDED} more" if len(needed) > MOST_NEEDED else ""
        parts.append(Text(f"Needed of a bench, by how many tasks: {most}{more}."))
    if found:
        table = Table("code", "", "found")
        for code, count in counted["findings"].items():
            table.add_row(code, RULES[code].title, str(count))
        parts.append(table)
    return Group(*parts)


def in_lines(reports: list[Row]) -> Iterator[str]:
    """At most ten lines, an app each: the newest of the bench first, Frappe last."""
    shown = reports[::-1]
    shown.sort(key=lambda report: bool(report["app"] == FRAPPE))
    for report in shown[:LINES]:
        counts = Counter[str](report["summary"]["findings"])
        most = [f"{code} {RULES[code].title}: {n}" for code, n in counts.most_common(TITLES)]
        more = ["…"] if len(counts) > TITLES else []
        found = f"{counts.total()} findings. " if counts else "Nothing found."
        yield f"{report['app']}: {found}{'; '.join(most + more)}"
    if others := shown[LINES:]:
        yield f"{len(others)} more apps: {sum(len(each['findings']) for each in others)} findings."
    yield "Where, what happens and what to do instead: frappe-celery check"
