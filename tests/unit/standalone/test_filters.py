"""Filters and orders in SQL select what a plain reading of them selects."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from frappe_celery.errors import NeedsFrappeSite

TEXTS = ["", "a", "ab", "b", "10", "9", "100%", "a_b", "x.y"]
NUMBERS = [0.0, 1.0, 2.0, -1.0, 1.5, 10.0]
values = st.sampled_from([None, *TEXTS]) | st.sampled_from([None, *NUMBERS])


def empty(value: Any) -> bool:
    return value in (None, "")


def fulfils(value: Any, operator: str, wanted: Any, nothing_counts: bool) -> bool:
    """What an operator means, in plain Python; only values of one kind are compared.

    `nothing_counts`: as get_all has it, where None differs from a value and is less than a text.
    """
    if operator == "is":
        return empty(value) == (wanted == "not set")
    if operator == "=" and empty(wanted):
        return empty(value) if nothing_counts else value == wanted
    if operator in ("=", "!="):
        if empty(wanted):
            return not empty(value)
        if wanted == 0:
            return (value in (None, "", 0)) == (operator == "=")
    if value is None:
        is_less = operator == "<=" or (operator == "<" and wanted != "")
        is_other = operator in ("!=", "not in", "not like")
        return nothing_counts and (is_other or (is_less and isinstance(wanted, str)))
    if operator in ("=", "!="):
        return bool(value == wanted) == (operator == "=")
    if operator in ("in", "not in"):
        return (value in wanted) == (operator == "in")
    if operator in ("like", "not like"):
        return (wanted.strip("%").lower() in str(value).lower()) == (operator == "like")
    if operator == "between":
        return bool(wanted[0] <= value <= wanted[1])
    compare = {
        "<": value < wanted, ">": value > wanted, "<=": value <= wanted, ">=": value >= wanted
    }  # fmt: skip
    return bool(compare[operator])


def conditions(pool: list[Any]) -> st.SearchStrategy[tuple[str, Any]]:
    one = st.sampled_from(pool)
    filled = st.sampled_from([value for value in pool if value != ""])
    found = [
        st.tuples(st.sampled_from(["=", "!="]), one),
        st.tuples(st.sampled_from(["<", ">", "<=", ">="]), one),
        st.tuples(st.sampled_from(["in", "not in"]), st.lists(filled, min_size=1, max_size=3)),
        st.tuples(st.just("between"), st.tuples(one, one)),
        st.tuples(st.just("is"), st.sampled_from(["set", "not set"])),
    ]
    if isinstance(pool[0], str):
        likes = st.sampled_from([f"%{text}%" for text in ("a", "A", "b", ".", "10")])
        found.append(st.tuples(st.sampled_from(["like", "not like"]), likes))
    return st.one_of(found)


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Any], tuple[str, Any], bool]:
    pool: list[Any] = draw(st.sampled_from([TEXTS, NUMBERS]))
    rows = draw(st.lists(st.none() | st.sampled_from(pool), max_size=6))
    return rows, draw(conditions(pool)), draw(st.booleans())


@settings(
    deadline=None,
    max_examples=300,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(cases())
def test_a_filter_selects_what_it_says(
    frappe: Any, case: tuple[list[Any], tuple[str, Any], bool]
) -> None:
    rows, (operator, wanted), as_list = case
    sample = wanted[0] if isinstance(wanted, (list, tuple)) else wanted
    kinds = {type(value) for value in (*rows, sample) if value is not None}
    field = "number" if float in kinds else "text"
    try:
        frappe.get_doc({"doctype": "Thing", "name": "none"}).insert()
        frappe.delete_doc("Thing", "none")
        for number, value in enumerate(rows):
            fields = {} if value is None else {field: value}
            frappe.get_doc({"doctype": "Thing", "name": f"t{number}", **fields}).insert()
        condition: Any = {field: [operator, wanted]}
        if as_list:
            condition = [["Thing", field, operator, wanted]]
        found = frappe.get_all("Thing", filters=condition, pluck="name", order_by="name")
        for nothing_counts in (True, False):
            fulfilling = [
                f"t{number}"
                for number, value in enumerate(rows)
                if fulfils(value, operator, wanted, nothing_counts)
            ]
            if not nothing_counts:
                order = {"order_by": "name asc"}
                found = [name for (name,) in frappe.db.get_values("Thing", condition, **order)]
                assert frappe.db.count("Thing", condition) == len(fulfilling)
                assert bool(frappe.db.exists("Thing", condition)) == bool(fulfilling)
            assert found == fulfilling
    finally:
        frappe.db.rollback()


def test_all_conditions_and_one_of_the_or_filters(frappe: Any) -> None:
    for name, colour, size in (("a", "red", 1), ("b", "red", 2), ("c", "blue", 3)):
        frappe.get_doc({"doctype": "Thing", "name": name, "colour": colour, "size": size}).insert()
    found = frappe.get_all(
        "Thing",
        filters={"colour": "red"},
        or_filters=[["size", ">", 1], ["name", "=", "c"]],
        pluck="name",
    )
    assert found == ["b"]
    assert frappe.get_all("Thing", {"colour": "blue"}, pluck="name") == ["c"]


def test_a_row_is_a_filter(frappe: Any) -> None:
    """Rows that `get_all` gives are `frappe._dict`s, which answer None for what they have not."""
    frappe.get_doc(doctype="Row", name="a").insert()
    [row] = frappe.get_all("Row", ["name"])
    assert frappe.get_doc("Row", row).name == "a"
    assert frappe.get_all("Row", row) == [row] == frappe.get_all("Row", filters=[row])


def test_order_page_and_fields(frappe: Any) -> None:
    for name, size in (("a", 10), ("b", 9), ("c", 100)):
        frappe.get_doc({"doctype": "Thing", "name": name, "size": size}).insert()
    names = frappe.get_all("Thing", order_by="size desc, name", pluck="name")
    assert names == ["c", "a", "b"]
    assert frappe.get_all("Thing", order_by="size asc", limit=1, start=1, pluck="name") == ["a"]
    rows = frappe.get_all("Thing", fields=["name", "`tabThing`.size as how_big"], order_by="name")
    assert rows[0] == {"name": "a", "how_big": 10}
    assert rows[0].how_big == 10
    assert frappe.get_all("Thing", fields="name, size", as_list=True, order_by="name")[0] == (
        "a",
        10,
    )
    assert len(frappe.get_list("Thing")) == 3
    assert frappe.get_all("Thing", limit_page_length=2, order_by="modified desc", pluck="name") == [
        "c",
        "b",
    ]


def test_get_list_gives_all_as_frappes_own_does(frappe: Any) -> None:
    for number in range(21):
        frappe.get_doc({"doctype": "Thing", "number": number}).insert()
    assert len(frappe.get_list("Thing")) == 21
    assert len(frappe.db.get_list("Thing")) == 21
    assert len(frappe.get_list("Thing", limit=20)) == 20
    assert len(frappe.get_all("Thing")) == 21


def test_times_compare_as_times(frappe: Any) -> None:
    old = frappe.get_doc({"doctype": "Thing", "due": date(2026, 1, 1)}).insert()
    new = frappe.get_doc({"doctype": "Thing", "due": date(2026, 6, 1)}).insert()
    assert frappe.get_all("Thing", {"due": [">", "2026-03-01"]}, pluck="name") == [new.name]
    assert frappe.get_all("Thing", {"due": ["<", date(2026, 3, 1)]}, pluck="name") == [old.name]
    today = frappe.utils.nowdate()
    hour = timedelta(hours=1)
    now = frappe.utils.now_datetime()
    assert len(frappe.get_all("Thing", {"creation": ["between", [today, today]]})) == 2
    assert len(frappe.get_all("Thing", {"creation": [">", now - hour]})) == 2
    assert len(frappe.get_all("Thing", {"creation": [">", str(now + hour)]})) == 0
    assert isinstance(frappe.get_all("Thing", fields=["creation"])[0].creation, datetime)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda f: f.get_all("Thing", {"a": ["near", 1]}), "'a'.*value or .operator, value"),
        (lambda f: f.get_all("Thing", [["a", "near", 1]]), "'near' on 'a' is not one of"),
        (lambda f: f.get_all("Error Log", {"colour": 1}), "Error Log has no field 'colour'. A Cus"),
        (
            lambda f: f.get_all("Error Log", {"ownr": 1}),
            "no field 'ownr'; it has owner",
        ),
        (lambda f: f.get_all("Thing", [["Other", "a", "=", 1]]), "'Other'.*needs a Frappe site"),
        (lambda f: f.get_all("Thing", fields=["count(name"]), "count.*needs a Frappe site"),
        (lambda f: f.get_all("Thing", order_by="rand() asc now"), "rand.*needs a Frappe site"),
    ],
)
def test_what_cannot_be_asked_is_said(frappe: Any, call: Any, words: str) -> None:
    frappe.get_doc({"doctype": "Thing", "name": "t"}).insert()
    with pytest.raises(Exception, match=words):
        call(frappe)


def test_sites_do_not_see_each_other(frappe: Any) -> None:
    frappe.get_doc({"doctype": "Thing", "name": "a"}).insert()
    frappe.log_error("here")
    frappe.db.commit()
    from frappe_standalone.site.context import visit

    with visit("other", "Administrator"):
        with pytest.raises(frappe.DoesNotExistError, match="DocType Thing not found"):
            frappe.get_all("Thing")
        assert frappe.get_all("Error Log") == []
        assert not frappe.db.exists("Thing", "a")
        frappe.get_doc({"doctype": "Thing", "name": "a", "colour": "blue"}).insert()
        frappe.db.commit()
        frappe.db.delete("Error Log")
    assert frappe.db.get_value("Thing", "a", "colour") is None
    assert len(frappe.get_all("Error Log")) == 1


def test_sites_whose_names_differ_in_a_mark_alone_are_two(frappe: Any) -> None:
    from frappe_standalone.site.context import visit

    for site in ("a-b.example", "a_b.example"):
        with visit(site, "Administrator"):
            assert not frappe.db.table_exists("Thing")
            frappe.get_doc({"doctype": "Thing", "name": site}).insert()
            frappe.db.commit()


def test_nothing_is_less_and_another_only_for_lists(frappe: Any) -> None:
    for name, fields in (("a", {"due": date(2026, 1, 2), "colour": "red"}), ("b", {})):
        frappe.get_doc({"doctype": "Thing", "name": name, "size": 1, **fields}).insert()
    for condition in (
        {"due": ["<", "2026-02-05"]},
        {"due": ["<=", "2026-02-05"]},
        {"colour": ["<", "blue"]},
        {"colour": ["!=", "blue"]},
        {"colour": ["not in", ["blue"]]},
        {"colour": ["not like", "b%"]},
        {"colour": ""},
    ):
        listed = frappe.get_all("Thing", condition, pluck="name")
        found = [name for (name,) in frappe.db.get_values("Thing", condition)]
        assert "b" in listed, condition
        assert [name for name in listed if name != "b"] == found, condition
        assert frappe.db.count("Thing", condition) == len(found), condition
        asked = frappe.qb.get_query("Thing", filters=condition)
        assert len(asked.run()) == len(found), condition
    frappe.db.set_value("Thing", {"colour": ["!=", "blue"]}, "size", 2)
    assert frappe.get_all("Thing", pluck="size", order_by="name") == [2, 1]
    assert frappe.db.delete("Thing", {"colour": ["!=", "blue"]}) == 1


def test_an_order_without_a_direction_descends_but_for_lists(frappe: Any) -> None:
    for name in ("a", "b"):
        frappe.get_doc({"doctype": "Thing", "name": name, "size": 1}).insert()
    assert frappe.get_all("Thing", order_by="size, name", pluck="name") == ["a", "b"]
    for order, first in (("name", "b"), ("size, name", "b"), ("size, name asc", "a")):
        assert frappe.db.get_value("Thing", {"size": 1}, "name", order_by=order) == first
        query = frappe.qb.get_query("Thing", filters={"size": 1}, order_by=order)
        assert query.run(pluck=True)[0] == first


@pytest.mark.no_database
def test_conditions_between_filters_are_refused(frappe: Any) -> None:
    with pytest.raises(NeedsFrappeSite, match="'or' between filters"):
        frappe.get_all("Error Log", [["name", "=", "a"], "or", ["name", "=", "b"]])


def test_a_function_of_the_query_builder_as_a_field(frappe: Any) -> None:
    """As ERPNext's Customer asks for loyalty programs when it is inserted."""
    from frappe.query_builder import Field, functions

    for day in ("2030-01-01", None, "2020-01-01"):
        frappe.get_doc({"doctype": "Program", "to_date": day, "opt_in": 1}).insert()
    until = functions.IfNull(Field("to_date"), "2500-01-01")
    asked = [["opt_in", "=", 1], [until, ">=", "2025-01-01"]]
    found = frappe.get_all("Program", filters=asked, pluck="to_date", order_by="to_date asc")
    assert found == [None, "2030-01-01"]
    assert frappe.db.count("Program", [until, "<", "2025-01-01"]) == 1
    assert frappe.db.count("Program", {until: ["like", "2500%"]}) == 1
    assert frappe.db.count("Program", [until == "2500-01-01", Field("opt_in") == 1]) == 1
    fields = [functions.Count("*").as_("number"), functions.Max(until).as_("last")]
    assert frappe.get_all("Program", fields=fields) == [{"number": 3, "last": "2500-01-01"}]


@pytest.mark.parametrize("asked", [{"fields": ["name", "concat('a"]}, {"order_by": "concat('a"}])
def test_what_cannot_be_read_is_named(frappe: Any, asked: Any) -> None:
    frappe.get_doc({"doctype": "Thing", "size": 1}).insert()
    with pytest.raises(NeedsFrappeSite, match="concat"):
        frappe.get_all("Thing", **asked)
