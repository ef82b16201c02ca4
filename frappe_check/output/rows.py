"""What is said of an app, as values that JSON has: all that is printed is made of them."""

from __future__ import annotations

from typing import Any

from frappe_check.examine import Report
from frappe_check.findings import Finding, shown
from frappe_check.places import TaskPlace
from frappe_check.rules import RULES


def rows(report: Report) -> dict[str, Any]:
    """One app's summary, findings and tasks."""
    in_a_bench = sum(bool(each.needs) for each in report.tasks)
    return {
        "app": report.app.name,
        "folder": str(report.app.folder),
        "summary": {
            "tasks": len(report.tasks),
            "standalone": len(report.tasks) - in_a_bench,
            "only_in_a_bench": in_a_bench,
            "findings": report.by_code,
        },
        "findings": [_finding(each) for each in report.findings],
        "tasks": [_task(each) for each in report.tasks],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    rule = RULES[finding.code]
    return {
        "code": rule.code,
        "title": rule.title,
        "file": shown(finding.path),
        "line": finding.line,
        "column": finding.column,
        "what": finding.what,
        "happens": rule.happens,
        "instead": rule.instead,
    }


def _task(place: TaskPlace) -> dict[str, Any]:
    function = place.function
    return {
        "name": function.name,
        "file": shown(function.module.path),
        "line": function.node.lineno,
        "as": [str(way) for way in place.ways],
        "runs": "bench" if place.needs else "standalone",
        "needs": [
            {"name": need.name, "file": shown(need.path), "line": need.line} for need in place.needs
        ],
    }
