"""Findings as SARIF 2.1.0, which code hosts show beside the lines (docs.oasis-open.org/sarif)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from frappe_celery import __version__
from frappe_check.rules import RULES

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(found: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """One run with every app's rows of findings; files are named from the current folder."""
    rules = [
        {
            "id": rule.code,
            "shortDescription": {"text": rule.title},
            "fullDescription": {"text": rule.happens},
            "help": {"text": rule.instead},
            "defaultConfiguration": {"level": "warning"},
        }
        for rule in RULES.values()
    ]
    driver = {"name": "frappe-celery check", "version": __version__, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(row) for row in found],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(row: dict[str, Any]) -> dict[str, Any]:
    file = Path(row["file"])
    place = {
        "artifactLocation": {"uri": file.as_uri() if file.is_absolute() else file.as_posix()},
        "region": {"startLine": row["line"], "startColumn": row["column"]},
    }
    return {
        "ruleId": row["code"],
        "ruleIndex": list(RULES).index(row["code"]),
        "level": "warning",
        "message": {"text": f"{row['what']} {row['happens']} Instead: {row['instead']}"},
        "locations": [{"physicalLocation": place}],
    }
