"""Documents: fields, names, events, controllers, and what a change by somebody else does."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import cloudpickle
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from frappe_celery.errors import NeedsFrappeSite

Write = Callable[[str, str], Path]

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
    | st.dates()
    | st.datetimes()
    | st.times()
    | st.timedeltas(timedelta(0), timedelta(hours=24, microseconds=-1))
    | st.decimals(-(10**9), 10**9, places=4)
)
stored = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner)
)


def in_a_column(value: Any) -> Any:
    """As Frappe's columns have it: no truth, decimals as floats, times of day as timedeltas."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, time):
        return datetime.combine(date.min, value) - datetime.min
    return float(value) if isinstance(value, Decimal) else value


@settings(
    deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(stored)
def test_a_value_comes_back_as_it_went(frappe: Any, value: Any) -> None:
    rows = isinstance(value, list) and value and all(isinstance(item, dict) for item in value)
    field = f"of_{type(value).__name__.lower()}"  # MariaDB keeps a column after the rollback
    name = frappe.get_doc({"doctype": "Thing", field: value}).insert().name
    try:
        back = getattr(frappe.get_doc("Thing", name), field)
        if rows:
            assert len(back) == len(value)
        else:
            assert back == in_a_column(value)
            assert type(back) is type(in_a_column(value))
    finally:
        frappe.db.rollback()


def test_fields_called_as_our_own_columns_are(frappe: Any) -> None:
    values = {"id": 7, "site": "s", "data": {"a": 1}, "text": "t", "number": 2}
    frappe.get_doc({"doctype": "Thing", "name": "n", **values}).insert()
    doc = frappe.get_doc("Thing", "n")
    assert {field: doc.get(field) for field in values} == values
    assert frappe.get_all("Thing", {"id": 7, "site": "s"}, order_by="id desc", pluck="data") == [
        {"a": 1}
    ]


def test_kinds_of_values(frappe: Any) -> None:
    values = {
        "day": date(2026, 1, 2),
        "moment": datetime(2026, 1, 2, 3, 4, 5, 6),
        "hour": time(3, 4),
        "long": timedelta(hours=1, microseconds=1),
        "price": Decimal("1.10"),
    }
    name = frappe.get_doc({"doctype": "Thing", **values}).insert().name
    doc = frappe.get_doc("Thing", name)
    assert {field: doc.get(field) for field in values} == {
        field: in_a_column(value) for field, value in values.items()
    }


def test_what_cannot_be_stored_is_named(frappe: Any) -> None:
    with pytest.raises(TypeError, match="cannot store <object object"):
        frappe.get_doc({"doctype": "Thing", "field": object()}).insert()


def test_insert_stamps_the_user_and_keeps_an_owner_that_was_set(frappe: Any) -> None:
    frappe.set_user("a@example.com")
    doc = frappe.new_doc("ToDo")
    doc.description = "by the user"
    doc.insert()
    assert (doc.owner, doc.modified_by) == ("a@example.com", "a@example.com")
    other = frappe.new_doc("ToDo")
    other.description = "by somebody else"
    other.owner = "specific.user@example.com"
    other.insert(ignore_permissions=True)
    assert frappe.get_doc("ToDo", other.name).owner == "specific.user@example.com"
    assert not doc.is_new()


def test_save_stores_changes_and_is_refused_after_somebody_elses(frappe: Any) -> None:
    doc = frappe.get_doc({"doctype": "Thing", "name": "a", "size": 1}).insert()
    other = frappe.get_doc("Thing", "a")
    doc.size = 2
    doc.save()
    assert frappe.db.get_value("Thing", "a", "size") == 2
    assert frappe.db.exists("Thing", {"size": 2})
    assert not frappe.db.exists("Thing", {"size": 1})
    other.size = 3
    with pytest.raises(frappe.TimestampMismatchError, match="reload"):
        other.save()
    other.reload()
    other.size = 3
    other.save()
    assert frappe.db.get_value("Thing", "a", ["size", "name"]) == (3, "a")


def test_a_missing_document(frappe: Any) -> None:
    frappe.get_doc({"doctype": "Thing", "name": "a"}).insert()
    with pytest.raises(frappe.DoesNotExistError, match="Thing b not found"):
        frappe.get_doc("Thing", "b")
    frappe.delete_doc("Thing", "b")
    with pytest.raises(frappe.DoesNotExistError):
        frappe.delete_doc("Thing", "b", ignore_missing=False)
    with pytest.raises(frappe.DuplicateEntryError, match="Thing"):
        frappe.get_doc({"doctype": "Thing", "name": "a"}).insert()
    frappe.get_doc({"doctype": "Thing", "name": "a"}).insert(ignore_if_duplicate=True)


def test_child_rows(frappe: Any) -> None:
    doc = frappe.get_doc({"doctype": "Order", "items": [{"item": "a", "qty": 1}]})
    doc.append("items", {"item": "b", "qty": 2})
    doc.insert()
    back = frappe.get_doc("Order", doc.name)
    assert [(row.idx, row.item, row.parent, row.parentfield) for row in back.items] == [
        (1, "a", doc.name, "items"),
        (2, "b", doc.name, "items"),
    ]
    assert back.get("items", {"item": "b"})[0].qty == 2
    back.remove(back.items[0])
    back.save()
    assert [(row.idx, row.item) for row in frappe.get_doc("Order", doc.name).items] == [(1, "b")]


def test_values_without_a_document(frappe: Any) -> None:
    for name, size in (("a", 1), ("b", 2)):
        frappe.get_doc({"doctype": "Thing", "name": name, "size": size}).insert()
    db = frappe.db
    assert db.get_value("Thing", {"size": 2}) == "b"
    assert db.get_value("Thing", "a", ["name", "size"], as_dict=True) == {"name": "a", "size": 1}
    assert db.get_value("Thing", "a", ["name", "size"]) == ("a", 1)
    assert db.get_values("Thing", {"size": 2}, ["name", "size"]) == (("b", 2),)
    assert db.get_value("Thing", "nobody", "size") is None
    assert sorted(db.get_values("Thing", ["a", "b"], "size", pluck=True)) == [1, 2]
    db.set_value("Thing", {"size": [">", 0]}, {"size": 5, "seen": 1})
    assert db.count("Thing", {"size": 5, "seen": 1}) == 2
    before = db.get_value("Thing", "a", "modified")
    db.set_value("Thing", "a", "size", 6, update_modified=False)
    assert db.get_value("Thing", "a", "modified") == before
    assert db.delete("Thing", {"size": 6}) == 1
    assert frappe.get_all("Thing", pluck="name") == ["b"]
    assert db.exists({"doctype": "Thing", "size": 5}) == "b"


def test_singles_and_defaults(frappe: Any) -> None:
    assert frappe.db.get_single_value("System Settings", "enable_scheduler") == 1
    frappe.db.set_single_value("Shop Settings", "open", 1)
    frappe.db.set_single_value("Shop Settings", {"open": 0, "name_of_shop": "x"})
    assert frappe.db.get_single_value("Shop Settings", "name_of_shop") == "x"
    single = frappe.get_doc("Shop Settings")
    assert single.open == 0
    single.open = 2
    single.save()
    assert frappe.get_single("Shop Settings").open == 2
    assert frappe.db.get_value("Shop Settings", None, "open") == 2
    frappe.db.set_default("company", "c")
    assert frappe.db.get_default("company") == "c"
    assert frappe.db.get_global("company") is None
    assert frappe.defaults.get_user_default("company") == "c"
    frappe.defaults.set_user_default("company", "d")
    assert frappe.defaults.get_user_default("company") == "d"
    assert frappe.defaults.get_user_default("company", user="a@example.com") == "c"


def test_a_single_is_saved_for_the_first_time(frappe: Any) -> None:
    single = frappe.get_doc("System Settings")
    single.time_zone = "Asia/Kolkata"
    single.save()
    assert frappe.db.get_single_value("System Settings", "time_zone") == "Asia/Kolkata"
    assert frappe.get_doc("System Settings").creation is None  # as on a bench


def test_submit_and_cancel(frappe: Any) -> None:
    doc = frappe.get_doc({"doctype": "Thing"}).insert()
    doc.submit()
    assert frappe.db.get_value("Thing", doc.name, "docstatus") == 1
    with pytest.raises(frappe.LinkExistsError, match="cancel it first"):
        doc.delete()
    doc.docstatus = 0
    with pytest.raises(frappe.DocstatusTransitionError, match="from 1 to 0"):
        doc.save()
    doc.docstatus = 1
    doc.cancel()
    doc.delete()
    assert not frappe.db.exists("Thing", doc.name)


CONTROLLER = """
import frappe
from frappe.model.document import Document

EVENTS = []

class SalesOrder(Document):
    def autoname(self):
        self.name = f"SO-{self.customer}"

    def validate(self):
        EVENTS.append("validate")
        if self.customer == "bad":
            frappe.throw("no such customer")

    def total(self, rate=1):
        return self.amount * rate

for event in ("before_insert", "before_save", "after_insert", "on_update", "before_submit",
              "on_submit", "before_cancel", "on_cancel", "on_trash", "after_delete"):
    setattr(SalesOrder, event, lambda self, event=event: EVENTS.append(event))
"""
PLACE = "myapp/selling/doctype/sales_order/sales_order"


def test_the_controller_is_found_by_its_path_and_hears_of_everything(
    frappe: Any, write: Write
) -> None:
    write(f"{PLACE}.py", CONTROLLER)
    doc = frappe.get_doc({"doctype": "Sales Order", "customer": "c", "amount": 2}).insert()
    assert doc.name == "SO-c"
    assert frappe.get_doc("Sales Order", "SO-c").total(rate=3) == 6
    doc.amount = 3
    doc.save()
    doc.submit()
    doc.cancel()
    doc.delete()
    from myapp.selling.doctype.sales_order.sales_order import EVENTS

    assert [
        *("before_insert", "validate", "before_save", "after_insert", "on_update"),
        *("validate", "before_save", "on_update"),
        *("validate", "before_submit", "on_update", "on_submit"),
        *("before_cancel", "on_cancel"),
        *("on_trash", "after_delete"),
    ] == EVENTS
    with pytest.raises(frappe.ValidationError, match="no such customer"):
        frappe.get_doc({"doctype": "Sales Order", "customer": "bad"}).insert()
    assert frappe.message_log[-1].message == "no such customer"


def test_hooks_hear_of_documents_and_replace_controllers(frappe: Any, write: Write) -> None:
    write(f"{PLACE}.py", CONTROLLER)
    write(
        "myapp/hooks.py",
        """
        doc_events = {
            "Sales Order": {"on_update": "myapp.events.heard"},
            ("Sales Order", "Other"): {"after_insert": ["myapp.events.heard"]},
            "*": {"validate": "myapp.events.heard"},
        }
        override_doctype_class = {"Sales Order": "myapp.events.BetterOrder"}
        extend_doctype_class = {"Sales Order": ["myapp.events.First", "myapp.events.Last"]}
        """,
    )
    write(
        "myapp/events.py",
        """
        from myapp.selling.doctype.sales_order.sales_order import SalesOrder

        HEARD = []

        def heard(doc, method):
            HEARD.append((doc.doctype, method))
            return {method: doc.doctype}

        class First:
            def total(self):
                return f"first {super().total()}"

        class Last:
            def total(self):
                return f"last {super().total()}"

        class BetterOrder(SalesOrder):
            def total(self):
                return "better"

            def validate(self):
                return {"own": 1}
        """,
    )
    doc = frappe.get_doc({"doctype": "Sales Order", "customer": "c"}).insert()
    assert doc.total() == "last first better"
    assert cloudpickle.loads(cloudpickle.dumps(doc)).total() == "last first better"
    assert doc.run_method("validate") == {"own": 1, "validate": "Sales Order"}
    other = frappe.get_doc({"doctype": "Other"}).insert()
    assert other.run_method("total") is None
    from myapp.events import HEARD

    assert HEARD == [
        ("Sales Order", "validate"),
        ("Sales Order", "after_insert"),
        ("Sales Order", "on_update"),
        ("Sales Order", "validate"),
        ("Other", "validate"),
        ("Other", "after_insert"),
    ]


@pytest.mark.no_database
def test_a_controller_without_its_class_is_named(frappe: Any, write: Write) -> None:
    write(f"{PLACE}.py", "")
    with pytest.raises(ImportError, match="no class SalesOrder"):
        frappe.new_doc("Sales Order")


@pytest.mark.no_database
def test_an_apps_own_models_by_loader(frappe: Any) -> None:
    from frappe_standalone import register_loader
    from frappe_standalone.documents import controllers

    class Customer:
        def __init__(self, name: str | None) -> None:
            self.name = name

    register_loader("Customer", Customer)
    try:
        assert frappe.get_doc("Customer", "c").name == "c"
        assert frappe.new_doc("Customer", colour="red").colour == "red"
    finally:
        controllers._loaders.clear()


def test_a_doctypes_json_says_what_it_has(frappe: Any, write: Write) -> None:
    fields = [
        {"fieldname": "customer", "fieldtype": "Data", "reqd": 1},
        {"fieldname": "paid", "fieldtype": "Check", "default": "1"},
        {"fieldname": "due", "fieldtype": "Date"},
        {"fieldname": "items", "fieldtype": "Table", "options": "Sales Order Item"},
    ]
    text = json.dumps({"autoname": "SO-.#####", "fields": fields})
    write(f"{PLACE}.json", text)
    doc = frappe.new_doc("Sales Order")
    assert (doc.paid, doc.customer, doc.items) == (1, None, [])
    with pytest.raises(AttributeError, match="no field or method 'colour'"):
        doc.colour  # noqa: B018
    with pytest.raises(frappe.MandatoryError, match="customer"):
        doc.insert()
    frappe.db.rollback()
    doc = frappe.new_doc("Sales Order", customer="c", due="2026-01-02")
    doc.note_of_the_task = "not a field"
    doc.insert()
    second = frappe.new_doc("Sales Order", customer="c").insert()
    assert (doc.name, second.name) == ("SO-00001", "SO-00002")
    back = frappe.get_doc("Sales Order", doc.name)
    assert back.due == date(2026, 1, 2)
    assert not hasattr(back, "note_of_the_task")
    meta = frappe.get_meta("Sales Order")
    assert meta.get_field("items").options == meta.get_options("items") == "Sales Order Item"
    assert meta.get_label("nothing") == "No Label"


def test_names_by_series(frappe: Any) -> None:
    from frappe.model.naming import make_autoname

    year = frappe.utils.now_datetime().year
    assert make_autoname("INV-.YYYY.-.####") == f"INV-{year}-0001"
    assert make_autoname("INV-.YYYY.-.####") == f"INV-{year}-0002"
    assert make_autoname("T-") == "T-00001"
    doc = frappe.get_doc({"doctype": "Thing", "naming_series": "TH-.##"}).insert()
    assert doc.name == "TH-01"
    assert len(frappe.get_doc({"doctype": "Thing"}).insert().name) == 10


def test_copies(frappe: Any) -> None:
    doc = frappe.get_doc({"doctype": "Order", "note": "x", "items": [{"item": "a"}]}).insert()
    copy = frappe.copy_doc(doc).insert()
    assert copy.name != doc.name
    assert (copy.note, copy.items[0].item) == ("x", "a")


def test_a_comment_and_an_error_about_a_document(frappe: Any) -> None:
    doc = frappe.get_doc({"doctype": "Thing", "name": "a"}).insert()
    doc.add_comment("Comment", "hello")
    doc.log_error("broken")
    about = {"reference_doctype": "Thing", "reference_name": "a"}
    assert frappe.db.get_value("Comment", about, "content") == "hello"
    assert frappe.db.get_value("Error Log", about, "method") == "broken"


def test_a_docstatus_says_what_it_is(frappe: Any) -> None:
    from frappe.model.docstatus import DocStatus

    doc = frappe.get_doc({"doctype": "Thing", "name": "a", "rows": [{"n": 1}]})
    assert doc.docstatus.is_draft()
    doc.insert().submit()
    doc = frappe.get_doc("Thing", "a")
    assert doc.docstatus == DocStatus.submitted() == 1
    assert doc.docstatus.is_submitted()
    assert frappe.get_all("Thing", {"docstatus": doc.docstatus}, pluck="name") == ["a"]
    found = frappe.db.sql("select name from tabThing where docstatus = %s", (doc.docstatus,))
    assert found == (("a",),)
    assert type(doc.as_dict().docstatus) is int
    doc.docstatus = "2"
    assert doc.docstatus.is_cancelled()


def test_of_a_doctype_that_no_app_describes_what_only_that_knows_is_said(frappe: Any) -> None:
    doc = frappe.get_doc({"doctype": "Sales Person", "region": "N"}).insert()
    with pytest.raises(AttributeError, match=r"'get_target' of 'Sales Person'.*sales_person\.py"):
        doc.get_target(2026)
    with pytest.raises(NeedsFrappeSite, match=r"whether 'Sales Person' has 'rank'.*\.json"):
        hasattr(doc, "rank")
    assert hasattr(doc, "region")
    assert (doc.rank, getattr(doc, "rank", 1)) == (None, None)
    with pytest.raises(NeedsFrappeSite, match=r"field 'rank' of 'Sales Person'.*\.json.*default"):
        doc.get("rank")
    assert (doc.get("rank", 1), doc.get("region"), doc.get("parent")) == (1, "N", None)
    frappe.db.commit()  # MariaDB adds a column before anything else is written
    frappe.get_doc({"doctype": "Sales Person", "rank": 3}).insert()
    assert frappe.get_doc("Sales Person", doc.name).get("rank") is None
    assert not hasattr(doc, "_rank")
