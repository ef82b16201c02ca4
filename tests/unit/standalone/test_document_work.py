"""What a document costs: what is constant is asked once, and anew where it may be otherwise."""

from __future__ import annotations

import contextvars
import json
import os
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from types import CodeType
from typing import Any

import pytest

from frappe_standalone.database import django_setup
from frappe_standalone.documents import meta
from frappe_standalone.local import local
from tests.unit.standalone.conftest import AddDoctype, field

COUNTED: dict[Any, str] = {
    meta.get_meta.__code__: "get_meta",
    django_setup.connection.__code__: "connection",
    **dict.fromkeys((os.stat, os.lstat), "stat"),
    os.access: "access",
}


def counted(work: Callable[[], Any]) -> Counter[str]:
    """How often each of them is called."""
    found: Counter[str] = Counter()

    def look(frame: Any, event: str, argument: Any) -> None:
        called: CodeType | Any = frame.f_code if event == "call" else argument
        if event in ("call", "c_call") and called in COUNTED:
            found[COUNTED[called]] += 1

    sys.setprofile(look)
    try:
        work()
    finally:
        sys.setprofile(None)
    return found


@pytest.fixture
def bills(frappe: Any, add_doctype: AddDoctype) -> Any:
    """Orders of twenty fields, in a process that has read and written some."""
    more = [field(f"text_{number}") for number in range(14)]
    own = [field("customer", reqd=1), field("total", "Currency", non_negative=1)]
    own += [field("due", "Date"), field("paid", "Check"), field("log", "Text")]
    own.append(field("state", "Select", options="Open\nDone"))
    add_doctype("Order", *own, *more)
    add_doctype("Order Line", field("item"), field("qty", "Float"), istable=1)
    add_doctype("Long Order", *own, field("lines", "Table", options="Order Line"))
    for name in ("a", "b"):
        for doctype, rows in (("Order", {}), ("Long Order", {"lines": [{"item": "x"}] * 3})):
            frappe.get_doc(doctype=doctype, name=name, customer="c", **rows).insert()
            frappe.db.commit()
            change(frappe, doctype, name)
            frappe.db.commit()
    return frappe


def change(frappe: Any, doctype: str, name: str) -> None:
    """Read a document and store it with another total."""
    order = frappe.get_doc(doctype, name)
    order.total += 1
    order.save()


def test_a_document_asks_once_for_what_is_constant(bills: Any) -> None:
    found = counted(lambda: change(bills, "Order", "a"))
    assert (found["get_meta"] <= 5, found["connection"] <= 2, found["stat"]) == (True, True, 0)
    assert found["access"] == 1, "whether its action is queued"
    assert bills.db.get_value("Order", "a", "total") == 2
    inserted = counted(lambda: bills.get_doc(doctype="Order", name="n", customer="c").insert())
    assert (inserted["get_meta"] <= 5, inserted["connection"] <= 2, inserted["stat"]) == (
        True, True, 0
    )  # fmt: skip


def test_a_row_asks_as_little(bills: Any) -> None:
    found = counted(lambda: change(bills, "Long Order", "a"))
    assert found["get_meta"] <= 5 * 4, "of the order and its three rows"
    assert (found["connection"] <= 2, found["stat"]) == (True, 0)


def test_a_visit_asks_once_which_connection_it_has(bills: Any) -> None:
    bills.connect()
    found = counted(lambda: [change(bills, "Order", name) for name in ("a", "b")])
    assert found["connection"] == 1


def test_a_changed_description_is_seen_by_what_is_read_after_clear_cache(
    bills: Any, root: Path
) -> None:
    fixtures = root / "myapp" / "fixtures"
    fixtures.mkdir()
    held = bills.get_doc("Order", "a")
    for value, label in (("1", "Why"), ("0", "Cause")):
        custom = {"dt": "Order", "fieldname": "custom_why", "fieldtype": "Data", "label": label}
        setter = {"doc_type": "Order", "doctype_or_field": "DocField", "field_name": "due"}
        setter |= {"property": "reqd", "property_type": "Check", "value": value}
        (fixtures / "custom_field.json").write_text(json.dumps([custom]))
        (fixtures / "property_setter.json").write_text(json.dumps([setter]))
        bills.clear_cache(doctype="Order")
        found = bills.get_doc("Order", "a")
        assert found.meta.get_label("custom_why") == label
        assert found.meta.get_field("due").reqd == int(value)
    assert not held.meta.has_field("custom_why"), "as in Frappe, a document holds what it had"
    bills.db.commit()  # MariaDB makes a column only before something was written
    held.reload()
    held.update({"custom_why": "because", "due": "2026-01-31"}).save()
    assert bills.db.get_value("Order", "a", "custom_why") == "because"


def test_a_thread_and_a_child_have_connections_of_their_own(bills: Any) -> None:
    here = local.db._open(write=False)
    seen: list[Any] = []

    def look() -> None:
        seen.append(local.db._open(write=False))
        seen[-1].close()

    thread = Thread(target=contextvars.copy_context().run, args=(look,))
    thread.start()
    thread.join()
    assert seen[0] is not here
    assert local.db._open(write=False) is here

    child = os.fork()
    if not child:
        os._exit(int(local.db._open(write=False) is here))
    assert os.waitpid(child, 0)[1] == 0


def test_a_class_sets_by_code_what_it_reads_from_the_database(
    frappe: Any, add_doctype: AddDoctype
) -> None:
    code = """
    from frappe.model.document import Document


    class Ticket(Document):
        @property
        def state(self):
            return self.__dict__["kept"]

        @state.setter
        def state(self, value):
            self.__dict__["kept"] = value and value.upper()

        @property
        def age(self):
            return 7
    """
    add_doctype("Ticket", field("state"), field("age", "Int"), code=code)
    frappe.get_doc(doctype="Ticket", name="t").insert()
    frappe.db.set_value("Ticket", "t", "state", "open")
    ticket = frappe.get_doc("Ticket", "t")
    assert (ticket.state, ticket.age) == ("OPEN", 7)
