"""What filters and fields mean to `get_all` of 15 and of 16: as benches of both answered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from frappe_celery.config import settings
from frappe_celery.errors import NeedsFrappeSite
from frappe_standalone.utils.dates import nowdate
from tests.unit.standalone.conftest import AddDoctype, field

ROWS = {
    "a": {"grp": "A", "day": "2026-01-15", "qty": 5},
    "b": {"grp": "B", "qty": 0},
    "empty": {"grp": ""},
    "none": {},
}


def of_version(version: int) -> None:
    settings.use(replace(settings.current(), frappe_version=version))


@pytest.fixture
def items(frappe: Any, add_doctype: AddDoctype) -> Any:
    fields = [field("grp"), field("day", "Date"), field("at", "Datetime"), field("qty", "Int")]
    add_doctype("Item", *fields)
    add_doctype("Desk", field("color"), issingle=1)
    for name, values in ROWS.items():
        frappe.get_doc(doctype="Item", **values).insert(set_name=name)
    frappe.db.sql("update `tabItem` set grp = null where name = 'none'")
    return frappe


ALL = ["a", "b", "empty", "none"]
LISTS_OF_17: list[tuple[dict[str, Any], list[str]]] = [
    ({"grp": ["in", ["A", None]]}, ["a", "empty", "none"]),
    ({"grp": ["in", [None]]}, ["empty", "none"]),
    ({"grp": ["in", []]}, []),
    ({"grp": ["in", ""]}, ["empty", "none"]),
]
"""What it finds otherwise than 16."""


@pytest.mark.parametrize(
    ("filters", "of_15", "of_16"),
    [
        ({"grp": None}, ["empty", "none"], ["none"]),
        ({"grp": ""}, ["empty", "none"], ["empty", "none"]),
        ({"grp": ["!=", None]}, ["a", "b"], ["a", "b"]),
        ({"grp": ["in", ["A", None]]}, ["a", "empty", "none"], ["a"]),
        ({"grp": ["in", [None]]}, ["empty", "none"], []),
        ({"grp": ["in", ["A", ""]]}, ["a", "empty", "none"], ["a", "empty", "none"]),
        ({"grp": ["in", []]}, ["empty", "none"], ["empty", "none"]),
        ({"grp": ["in", None]}, ["empty", "none"], ["empty", "none"]),
        ({"grp": ["in", ""]}, ["empty", "none"], ["empty"]),
        ({"grp": ["in", "A, B"]}, ["a", "b"], ["a"]),
        ({"grp": ["not in", ["A", None]]}, ["b"], []),
        ({"grp": ["not in", "A, B"]}, ["empty", "none"], ["b", "empty", "none"]),
        ({"grp": ["like", None]}, ["empty", "none"], ["none"]),
        ({"qty": None}, ["b", "empty", "none"], []),
        ({"qty": [">", None]}, ["a"], []),
        ({"day": None}, [], ["b", "empty", "none"]),
        ({"day": ""}, [], []),
        ({"day": ["!=", ""]}, ALL, ALL),
        ({"day": ["between", ["2026-01-01", None]]}, ["a"], []),
        ({"at": ""}, ALL, []),
        ('{"grp": "A"}', ["a"], []),
    ],
)
def test_empty_values(items: Any, filters: Any, of_15: list[str], of_16: list[str]) -> None:
    of_17 = next((names for asked, names in LISTS_OF_17 if asked == filters), of_16)
    for version, names in ((15, of_15), (16, of_16), (17, of_17)):
        of_version(version)
        assert sorted(items.get_all("Item", filters=filters, pluck="name")) == names, version


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"grp": None}, ["none"]),
        ({"grp": ""}, ["empty"]),
        ({"grp": ["in", ["A", None]]}, ["a"]),
        ({"grp": ["not in", ["A", None]]}, []),
        ({"grp": ["not in", ["A"]]}, ["b", "empty"]),
        ({"day": ""}, []),
        ({"day": ["!=", ""]}, ["a"]),
        ({"qty": ""}, ["b", "empty", "none"]),
    ],
)
def test_empty_values_asked_of_the_database(items: Any, filters: Any, names: list[str]) -> None:
    for version in (15, 16):
        of_version(version)
        found = items.db.get_values("Item", filters, "name", pluck=True)
        assert sorted(found) == names, version


def test_a_day_that_is_not_said_is_today_in_15(items: Any) -> None:
    items.db.set_value("Item", "b", "day", nowdate())
    assert items.get_all("Item", {"day": None}, pluck="name") == ["b"]


EXPRESSIONS = ["count(name) as n", "distinct grp", "'x' as l", "(select 1) as x", "tabItem grp"]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_as_text_is_refused_from_16_on(items: Any, expression: str) -> None:
    of_version(16)
    wrong = items.ValidationError if expression.startswith("count") else items.PermissionError
    for ask in (
        lambda: items.get_all("Item", fields=["name", expression]),
        lambda: items.db.get_value("Item", {"grp": "A"}, expression),
        lambda: items.qb.get_query("Item", fields=[expression]),
    ):
        with pytest.raises(wrong, match="SELECT"):
            ask()
    fields = ["*", "name as `its name`", "`tabItem`.`grp` as 'of'", {"COUNT": "name", "as": "n"}]
    for plain in fields:
        items.get_all("Item", fields=[plain], limit=1)
    of_version(15)
    assert items.get_all("Item", fields=["count(name) as n"])[0].n == 4


def test_what_may_be_sorted_by_from_16_on(items: Any) -> None:
    of_version(16)
    for order in ("name", "`tabItem`.`grp` desc, name asc", "1"):
        assert len(items.get_all("Item", order_by=order)) == 4
    with pytest.raises(items.ValidationError, match="Order By"):
        items.get_all("Item", order_by="if(qty > 5, 1, 2)")
    with pytest.raises(items.ValidationError, match="Group By"):
        items.get_all("Item", fields=[{"COUNT": "*"}], group_by="left(grp, 1)")
    with pytest.raises(TypeError, match="string"):
        items.get_all("Item", order_by=1)


def test_of_several_fields_16_plucks_the_first(items: Any) -> None:
    asked = {"filters": {"name": "a"}, "fields": ["name", "qty"], "pluck": "qty"}
    assert items.get_all("Item", **asked) == [5]
    of_version(16)
    assert items.get_all("Item", **asked) == ["a"]


def test_of_one_field_15_plucks_none_other(items: Any) -> None:
    with pytest.raises(KeyError):
        items.get_all("Item", fields=["qty"], pluck="name")


def test_a_start_without_a_limit(items: Any) -> None:
    assert len(items.get_all("Item", limit_start=3)) == 4
    of_version(16)
    assert len(items.get_all("Item", limit_start=3, limit=9)) == 1
    with pytest.raises(items.ValidationError, match="offset"):
        items.get_all("Item", limit_start=3)


def test_a_single_has_no_table(items: Any) -> None:
    with pytest.raises(NeedsFrappeSite, match="Desk is a Single") as raised:
        items.get_all("Desk")
    assert items.db.is_table_missing(raised.value)
