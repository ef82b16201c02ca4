"""What a site's MariaDB and Frappe refuse, round or leave empty, is refused and rounded here."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.standalone.conftest import AddDoctype, field


@pytest.fixture
def items(frappe: Any, add_doctype: AddDoctype) -> Any:
    numbers = [field("qty", "Int"), field("big", "Long Int"), field("on", "Check")]
    more = [field("weight", "Float", precision="3"), field("price", "Currency")]
    spans = [field("took", "Duration"), field("stars", "Rating"), field("at", "Datetime")]
    add_doctype("Item", field("title"), field("js", "JSON"), *numbers, *more, *spans)
    frappe.get_doc(doctype="Item", title="x").insert(set_name="a")
    return frappe


def test_what_was_not_said_of_a_span_is_null(items: Any) -> None:
    found = items.db.get_value("Item", "a", ["took", "stars", "qty", "price"])
    assert found == (None, 0, 0, 0)
    items.db.bulk_insert("Item", ["name"], [["b"]])
    assert items.db.get_value("Item", "b", ["took", "stars", "qty"]) == (None, None, 0)
    assert items.get_all("Item", {"took": ["is", "not set"], "qty": 0}, limit=5) != []


@pytest.mark.parametrize(
    ("fieldname", "value", "stored"),
    [
        ("weight", 1.2345, 1.235),
        ("weight", -1.2345, -1.235),
        ("price", 1.2345, 1.2345),
        ("price", 1.5e-12, 0),
        ("price", 2e-7, 2e-7),
        ("qty", 2.5, 3),
        ("qty", -2.7, -3),
        ("qty", " 7", 7),
        ("qty", True, 1),
        ("on", "1", 1),
        ("price", "1.5", 1.5),
        ("big", 3_000_000_000, 3_000_000_000),
        ("js", '{"a": 1}', '{"a": 1}'),
    ],
)
def test_a_value_that_is_set(items: Any, fieldname: str, value: Any, stored: Any) -> None:
    items.db.set_value("Item", "a", fieldname, value)
    assert items.db.get_value("Item", "a", fieldname) == stored


@pytest.mark.parametrize(
    ("fieldname", "value"),
    [
        *(("qty", wrong) for wrong in ("abc", "", None, "2.7x", 3_000_000_000, "1,5")),
        *(("on", "Yes"), ("on", 128), ("price", "1,5"), ("price", ""), ("price", None)),
        *(("at", ""), ("js", "{a"), ("big", 2**63)),
    ],
)
def test_a_value_that_is_refused(items: Any, fieldname: str, value: Any) -> None:
    with pytest.raises(items.ValidationError, match=fieldname):
        items.db.set_value("Item", "a", fieldname, value)


def test_a_document_makes_of_a_value_what_frappe_does(items: Any) -> None:
    doc = items.get_doc("Item", "a")
    doc.update({"qty": "2.7", "price": "1,234.5", "at": "", "weight": 1.2345, "on": None})
    doc.save()
    found = items.db.get_value("Item", "a", ["qty", "price", "at", "weight", "on"])
    assert found == (2, 1234.5, None, 1.235, 0)
    for wrong in ({"qty": 3_000_000_000}, {"js": "{a"}, {"price": 1e25}, {"price": float("inf")}):
        with pytest.raises(items.ValidationError):
            items.get_doc("Item", "a").update(wrong).save()


@pytest.mark.parametrize("name", ["a<b", "New Item 1", "Item", ">"])
def test_a_name_that_may_not_be(items: Any, name: str) -> None:
    with pytest.raises(items.NameError):
        items.get_doc(doctype="Item").insert(set_name=name)
    with pytest.raises(items.NameError):
        items.get_doc(doctype="Item", name=name).insert()
    with pytest.raises(items.NameError):
        items.rename_doc("Item", "a", name, force=True)


def test_a_name_has_no_space_around_it(items: Any) -> None:
    assert items.get_doc(doctype="Item").insert(set_name=" b ").name == "b"


@pytest.mark.parametrize("series", ["INV####", "INV#.", "I$V.####", "I<.##"])
def test_a_series_that_may_not_be(items: Any, series: str) -> None:
    from frappe.model.naming import make_autoname

    with pytest.raises(items.ValidationError, match="naming series"):
        make_autoname(series)
    make_autoname(series, ignore_validate=True)


def test_what_is_not_cancelled_is_not_amended(frappe: Any, add_doctype: AddDoctype) -> None:
    amended = field("amended_from", "Link", options="Deal")
    add_doctype("Deal", field("text"), amended, is_submittable=1)
    deal = frappe.get_doc(doctype="Deal").insert(set_name="d").submit()
    with pytest.raises(frappe.ValidationError, match="not cancelled"):
        frappe.get_doc(doctype="Deal", amended_from="d").insert()
    frappe.db.rollback()
    deal = frappe.get_doc(doctype="Deal").insert(set_name="d").submit()
    deal.cancel()
    assert frappe.get_doc(doctype="Deal", amended_from="d").insert().name == "d-1"
