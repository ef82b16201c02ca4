"""Expressions of the public API: they answer what they answered on Frappe, or raise by name."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from frappe_celery.config import settings
from frappe_standalone.documents.tables import make_all
from tests.apps import frappes_answers
from tests.apps.frappes_answers import DIFFER, NEEDS, TABLE
from tests.unit.standalone.conftest import AddDoctype

TREE = "from frappe.utils.nestedset import NestedSet\n\n\nclass DTree(NestedSet):\n    pass\n"
USES_REDIS = re.compile(r"frappe\.cache\b|clear_cache|\.rename\(")


@pytest.mark.parametrize("version", [15, 16, 17])
def test_answers_are_frappes_or_differ_for_a_reason(
    frappe: Any, add_doctype: AddDoctype, version: int
) -> None:
    table = json.loads(TABLE.read_text())
    settings.use(replace(settings.current(), frappe_version=version, time_zone="Asia/Kolkata"))
    for doctype in table["doctypes"]:
        code = TREE if doctype.get("is_tree") else ""
        more = {key: value for key, value in doctype.items() if key not in ("name", "fields")}
        add_doctype(doctype["name"], *doctype["fields"], code=code, **more)
    make_all(frappe.local.site)
    asked = list(table["expressions"])
    if frappe.db.db_type == "sqlite":  # whose unit tests start no server
        asked = [each for each in asked if not USES_REDIS.search(each)]
    found = frappes_answers.answers(frappe, asked)
    others = {
        expression: {"Frappe": answer[str(version)], "here": found[expression]}
        for expression, answer in table["expressions"].items()
        if expression in found and not _is_meant(answer[str(version)], found[expression])
    }
    where = f"{frappe.db.db_type}{version}"
    listed = {
        expression
        for expressions in json.loads(DIFFER.read_text()).values()
        for expression, places in expressions.items()
        if where in places.split()
    }
    assert {key: value for key, value in others.items() if key not in listed} == {}
    assert listed - set(others) == set(), "these are as Frappe's now: take them out of the list"


def _is_meant(there: Any, here: Any) -> bool:
    """The same, raised by name, or both raise."""
    return here in (there, NEEDS) or ("raises" in _keys(there) and "raises" in _keys(here))


def _keys(answer: Any) -> set[str]:
    return set(answer) if isinstance(answer, dict) else set()


@pytest.mark.no_database
def test_reasons_are_few_sentences() -> None:
    reasons = json.loads(DIFFER.read_text())
    assert 0 < len(reasons) <= 40
    assert all(each[0].isupper() or each[0] == "`" for each in reasons)
    assert all(each.endswith(".") for each in reasons)
