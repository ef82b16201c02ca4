"""A report for programs: as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from frappe_check.examine import Report
from frappe_check.findings import Finding
from frappe_check.places import TaskPlace


def as_json(report: Report) -> dict[str, Any]:
    """One app's, as values that JSON has."""
    return {
        "app": report.app.name,
        "folder": str(report.app.folder),
        "summary": {
            "tasks": len(report.tasks),
            "standalone": len(report.standalone),
            "only_in_a_bench": len(report.only_in_a_bench),
            "findings": report.by_code,
        },
        "findings": [_finding(each) for each in report.findings],
        "tasks": [_task(each) for each in report.tasks],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    rule, hit = finding.rule, finding.hit
    return {
        "code": rule.code,
        "title": rule.title,
        "file": shown(hit.path),
        "line": hit.line,
        "column": hit.column,
        "what": hit.what,
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


def shown(path: Path) -> str:
    """A path as seen from here, whole where it lies elsewhere."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
