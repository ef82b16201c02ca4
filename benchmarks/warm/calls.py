"""What a site is asked, as jobs: its script reports, its schedule types, documents."""

from __future__ import annotations

import random
import re
from inspect import signature
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import frappe
from frappe.core.doctype.scheduled_job_type import scheduled_job_type
from frappe.modules import get_module_path, scrub
from frappe.utils import add_days, nowdate

from benchmarks.erpnext.prepared import company
from benchmarks.warm.filters import filters_of

TYPE = "Scheduled Job Type"
DAYS = 30
"""Over which reports are asked."""
SHARED = re.compile(r"\{\},\s*(\w+)\.(\w+)")
"""Where a report's page takes filters of its app's."""
WEIGHTS = {"report": 35, "type": 10, "ToDo": 25, "Note": 15, "list": 10, "fails": 5}
"""How many of a hundred mixed jobs."""


class Call(NamedTuple):
    """A job."""

    name: str
    method: str
    arguments: dict[str, Any]
    queue: str = "default"

    def enqueue(self) -> Any:
        return frappe.enqueue(self.method, queue=self.queue, **self.arguments)


def reports() -> list[Call]:
    """Each as its page asks it when it is opened."""
    asked = {"report_type": "Script Report", "is_standard": "Yes", "disabled": 0}
    found = frappe.get_all("Report", filters=asked, fields=["name", "module"], order_by="name")
    here = _here()
    return [
        Call(
            f"report: {name}",
            "frappe.desk.query_report.run",
            {
                "report_name": name,
                "filters": filters_of(_page(name, module), here, _first),
                "ignore_prepared_report": True,
            },
        )
        for name, module in ((row.name, row.module) for row in found)
    ]


def types() -> list[Call]:
    """Each as the scheduler enqueues it, but for the id by which one that waits is not again."""
    run = scheduled_job_type.run_scheduled_job
    known = signature(run).parameters
    found = []
    for name in frappe.get_all(TYPE, pluck="name", order_by="name"):
        of_type = frappe.get_doc(TYPE, name)
        arguments = {"job_type": of_type.method, "scheduled_job_type": name}
        given = {key: value for key, value in arguments.items() if key in known}
        method = f"{run.__module__}.{run.__name__}"
        found.append(Call(f"type: {name}", method, given, of_type.get_queue_name()))
    return found


def mixed(number: int) -> list[Call]:
    """So many of all kinds, the same each time."""
    of_kind = {"report": reports(), "type": types()}
    drawn = random.Random(frappe.local.site)
    kinds = drawn.choices([*WEIGHTS], [*WEIGHTS.values()], k=number)
    numbers = count()
    return [
        drawn.choice(of_kind[kind]) if kind in of_kind else _document(kind, next(numbers))
        for kind in kinds
    ]


def _document(kind: str, number: int) -> Call:
    made = {"doctype": kind, "title" if kind == "Note" else "description": f"of job {number}"}
    method, arguments = {
        "list": ("get_list", {"doctype": "ToDo", "fields": ["name", "status"]}),
        "fails": ("get", {"doctype": "ToDo", "name": "there is none"}),
    }.get(kind, ("insert", {"doc": made}))
    return Call(kind, f"frappe.client.{method}", arguments)


def _here() -> dict[str, Any]:
    today, then = nowdate(), add_days(nowdate(), -DAYS)
    covers = {"year_start_date": ("<=", today), "year_end_date": (">=", today)}
    year = frappe.db.get_value("Fiscal Year", covers)
    begins = ("from_date", "start_date", "period_start_date")
    ends = ("to_date", "end_date", "period_end_date")
    moments = ("date", "posting_date", "report_date", "on_date", "as_on_date", "upto_date")
    return {
        "company": company().name,
        **dict.fromkeys(("fiscal_year", "from_fiscal_year", "to_fiscal_year"), year),
        **dict.fromkeys(begins, then),
        **dict.fromkeys((*ends, *moments), today),
    }


def _page(name: str, module: str) -> str:
    """Its JavaScript, with that of its app's filters."""
    folder = Path(get_module_path(module), "report", scrub(name))
    page = _text(folder / f"{scrub(name)}.js")
    shared = [
        _text(Path(frappe.get_app_path(app, "public", "js", f"{file}.js")))
        for app, file in SHARED.findall(page)
        if app in frappe.get_installed_apps()
    ]
    return "\n".join((*shared, page))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _first(doctype: str) -> str | None:
    if not frappe.db.table_exists(doctype):
        return None
    name: str | None = frappe.db.get_value(doctype, {}, order_by="name")
    return name
