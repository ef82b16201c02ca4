"""Frappe's arguments: done, or refused by their names; what Frappe does not know is a TypeError."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from frappe_celery.errors import NeedsFrappeSite
from frappe_standalone.missing import ANY, lacks
from tests.unit.standalone.conftest import AddDoctype, field

Call = Callable[[Any], Any]


@lacks(loud=ANY, run=True, limit=None)
def positional(name: str, times: int = 1) -> tuple[str, int]:
    return name, times


@lacks(run=True)
def by_name(name: str, *, times: int = 1) -> tuple[str, int]:
    return name, times


@pytest.mark.no_database
def test_what_is_lacked_passes_at_its_default() -> None:
    assert positional("a", 2, "!", True) == ("a", 2)
    assert positional("a", loud="!", run=1, limit=0) == by_name("a", times=1, run=True) == ("a", 1)


@pytest.mark.no_database
@pytest.mark.parametrize(
    "call",
    [
        lambda: positional("a", 1, "!", False),
        lambda: positional("a", run=False),
        lambda: by_name("a", run=False),
    ],
)
def test_what_is_lacked_is_refused_by_name(call: Callable[[], Any]) -> None:
    with pytest.raises(NeedsFrappeSite, match=r"\(run=…\) needs a Frappe site"):
        call()


@pytest.mark.no_database
@pytest.mark.parametrize(
    "call",
    [
        lambda: positional("a", 1, "!", True, None, "more"),  # type: ignore[call-arg]
        lambda: positional("a", many=1),  # type: ignore[call-arg]
        lambda: by_name("a", True),  # type: ignore[misc]
    ],
)
def test_what_frappe_does_not_know_is_an_error(call: Callable[[], Any]) -> None:
    with pytest.raises(TypeError):
        call()


@pytest.fixture
def notes(frappe: Any, add_doctype: AddDoctype) -> Any:
    add_doctype("Line", field("qty", "Int"), istable=1)
    add_doctype(
        "Note", field("text"), field("paid", "Float"), field("lines", "Table", options="Line")
    )
    for name, paid in (("a", -2.5), ("b", 0)):
        note = frappe.get_doc(doctype="Note", text=name * 2, paid=paid)
        note.set("lines", [{"qty": 1}] if name == "a" else [])
        note.insert(set_name=name)
    return frappe


REFUSED: dict[str, Call] = {
    "run": lambda f: f.db.get_value("Note", "a", run=False),
    "skip_locked": lambda f: f.db.get_values("Note", "a", skip_locked=True),
    "wait": lambda f: f.qb.get_query("Note", wait=False),
    "delete": lambda f: f.qb.get_query("Note", delete=True),
    "for_reload": lambda f: f.delete_doc("Note", "a", for_reload=True),
    "commit_chunks": lambda f: f.model.document.bulk_insert("Note", [], commit_chunks=True),
    "db_name": lambda f: f.connect(db_name="other"),
    "site_path": lambda f: f.get_site_config(site_path="./other.test"),
    "use_sniffer": lambda f: f.utils.csvutils.read_csv_content("a;b", use_sniffer=True),
    "mini": lambda f: f.utils.pretty_date("2020-01-01", mini=True),
    "header": lambda f: f.sendmail("a@example.com", header=["Due", "red"]),
    "expose_recipients": lambda f: f.sendmail("a@example.com", expose_recipients="footer"),
    "sanitize": lambda f: f.get_doc("Note", "a").get_valid_dict(False),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(notes: Any, name: str) -> None:

    with pytest.raises(NeedsFrappeSite, match=rf"\({name}="):
        REFUSED[name](notes)


UNKNOWN: dict[str, Call] = {
    "exists": lambda f: f.db.exists("Note", "a", order_by="name"),
    "sql": lambda f: f.db.sql("select 1", nonsense=1),
    "get_value": lambda f: f.db.get_value("Note", "a", limit=1),
    "count": lambda f: f.db.count("Note", limit=1),
    "as_dict": lambda f: f.get_doc("Note", "a").as_dict(nonsense=1),
    "formatdate": lambda f: f.utils.formatdate("2026-01-05", locale="en"),
    "msgprint": lambda f: f.msgprint("a", color="red"),
    "get_query": lambda f: f.qb.get_query("Note", nonsense=1),
    "sendmail": lambda f: f.sendmail("a@example.com", nonsense=1),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_unknown(notes: Any, name: str) -> None:
    with pytest.raises(TypeError, match="argument"):
        UNKNOWN[name](notes)


def test_of_the_database(notes: Any) -> None:
    db = notes.db
    assert db.sql("select text from `tabNote`", run=False) == "select text from `tabNote`"
    rows = db.sql("select name from `tabNote` order by name", as_list=True, as_iterator=True)
    assert (next(rows), list(rows)) == (["a"], [["b"]])
    assert db.sql("select * from `tabNothing`", ignore_ddl=True) == ()
    assert db.get_value("Note", "a", "nothing", ignore=True) is None
    assert db.get_values("Nothing", {"name": "a"}, ignore=True) is None
    assert db.get_value("Note", "a", "text", pluck=True) == "aa"
    assert db.get("Note", "a").text == db.get("Note", {"text": "aa"}).text == "aa"
    wanted = [["text", "=", "aa"], ["text", "=", "bb"]]
    assert len(notes.qb.get_query("Note", or_filters=wanted).run()) == 2
    assert notes.qb.get_query("Note", ["name"], {"name": "a"}).run(as_dict=1, update={"n": 1}) == [
        {"name": "a", "n": 1}
    ]


def test_who_changed_it(notes: Any) -> None:
    by = {"modified": "2020-01-02 03:04:05", "modified_by": "ann@example.com"}
    notes.db.set_single_value("Desk", "color", "red", **by)
    notes.db.set_single_value("Desk", "color", "blue", update_modified=False)
    found = notes.db.get_singles_dict("Desk")
    assert (found.color, found.modified_by) == ("blue", "ann@example.com")
    notes.db.bulk_update("Note", {"a": {"text": "c"}, "b": {"text": "d"}}, **by)
    assert notes.get_all("Note", by, pluck="text", order_by="name") == ["c", "d"]
    with pytest.raises(TypeError):
        notes.db.bulk_update("Note", {"a": {"text": "c"}}, dn="b")


def test_of_documents(notes: Any) -> None:
    doc = notes.get_doc("Note", "a")
    plain = doc.as_dict(no_default_fields=True, no_child_table_fields=True)
    assert plain == {"text": "aa", "paid": -2.5, "lines": [{"qty": 1}]}
    assert not {"parent", "name"} & plain.lines[0].keys()
    assert "modified" not in notes.new_doc("Note").as_dict(no_nulls=True)
    assert notes.new_doc("Note").as_dict()["__islocal"]
    assert "__islocal" not in notes.new_doc("Note").as_dict(no_private_properties=True)
    assert isinstance(doc.get_valid_dict(convert_dates_to_str=True).modified, str)
    assert (doc.get_all_children("Line"), doc.get_all_children("Other")) == (doc.lines, [])
    assert doc.get_formatted("paid") == "-2.50"
    assert doc.get_formatted("paid", absolute_value=True) == "2.50"
    assert len(doc.meta.get("fields", limit=2)) == 2
    doc.db_insert(ignore_if_duplicate=True)
    with pytest.raises(notes.DuplicateEntryError):
        doc.db_insert()
    new = notes.get_doc(doctype="Note", lines=[{"name": "kept", "qty": 2}])
    assert new.insert(set_name="c", set_child_names=False).lines[0].name == "kept"


def test_a_link_to_a_document(frappe: Any, add_doctype: AddDoctype) -> None:
    add_doctype("My Memo", field("subject"), title_field="subject")
    frappe.get_doc(doctype="My Memo", subject="Rain").insert(set_name="m 1")
    link = frappe.get_desk_link("My Memo", "m 1", open_in_new_tab=True)
    assert 'm%201" target="_blank" style="font-weight: bold;">My Memo Rain</a>' in link
    link = frappe.get_desk_link("My Memo", "m 1", show_title_with_name=True)
    assert link.endswith(">My Memo m 1: Rain</a>")
    assert "_blank" not in link


def test_of_utils(frappe: Any, tmp_path: Path) -> None:
    assert frappe.utils.formatdate("05/01/2026", parse_day_first=True) == "2026-01-05"
    assert frappe.utils.formatdate("05/01/2026") == "2026-05-01"
    (tmp_path / "apps.txt").write_text("one\n\n# two\nthree\n")
    file = str(tmp_path / "apps.txt")
    assert frappe.read_file(file, as_base64=True) == "b25lCgojIHR3bwp0aHJlZQo="
    with pytest.raises(frappe.ValidationError, match="Illegal template"):
        frappe.render_template("{{ a.__class__ }}", {"a": 1})
    frappe.local_cache("kept", "a", lambda: None)
    assert frappe.local_cache("kept", "a", lambda: 1) is None
    assert frappe.local_cache("kept", "a", lambda: 1, regenerate_if_none=True) == 1
    assert frappe.permissions.get_roles(with_standard=False)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ((1234567.891,), "1,234,567.89"),
        (("-1234.5",), "-1,234.50"),
        ((1234567.5, None, "INR"), "₹ 1,234,567.50"),
        ((1234567.5, None, "INR", "#,##,###.##"), "₹ 12,34,567.50"),
        ((1234567.5, None, None, "#.###,##"), "1.234.567,50"),
        ((1234.5, None, None, "#,###"), "1,234"),
        ((1.5, 4), "1.50"),
        ((1.23456, 4), "1.2346"),
        ((1.5, 3, "KWD"), "د.ك 1.500"),
        ((3, None, "XYZ"), "XYZ 3.00"),
        ((None,), "0.00"),
    ],
)
def test_amounts(frappe: Any, given: tuple[Any, ...], shown: str) -> None:
    assert frappe.utils.fmt_money(*given) == shown
