"""docs/check.md holds the rules as they are now."""

from __future__ import annotations

from pathlib import Path

from frappe_check.rules import PAGE as RULES

PAGE = Path(__file__).parents[3] / "docs" / "check.md"


def test_the_page_ends_with_the_rules_as_they_are_now() -> None:
    assert PAGE.read_text().endswith("\n\n" + RULES), (
        "put the output of `frappe-celery check --rules` at the end of docs/check.md"
    )
