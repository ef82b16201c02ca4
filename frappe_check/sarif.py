"""Reports as SARIF 2.1.0, which code hosts show beside the lines (docs.oasis-open.org/sarif)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from frappe_celery import __version__
from frappe_check.examine import Report
from frappe_check.findings import Finding, Rule
from frappe_check.rules import RULES

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(reports: Iterable[Report]) -> dict[str, Any]:
    """One run with every app's findings; files are named from the current folder."""
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "frappe-celery check",
                        "version": __version__,
                        "rules": [_rule(rule) for rule in RULES],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(each) for report in reports for each in report.findings],
            }
        ],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.happens},
        "help": {"text": rule.instead},
        "defaultConfiguration": {"level": "warning"},
    }


def _result(finding: Finding) -> dict[str, Any]:
    rule, hit = finding.rule, finding.hit
    return {
        "ruleId": rule.code,
        "ruleIndex": RULES.index(rule),
        "level": "warning",
        "message": {"text": f"{hit.what} {rule.happens} Instead: {rule.instead}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(hit.path)},
                    "region": {"startLine": hit.line, "startColumn": hit.column},
                }
            }
        ],
    }


def _uri(path: Path) -> str:
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.as_uri()
