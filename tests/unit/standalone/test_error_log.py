"""frappe.log_error: a row, title and message told apart, never an exception of its own."""

from __future__ import annotations

from typing import Any

import pytest


def raise_it(frappe: Any, *args: Any, **kwargs: Any) -> Any:
    try:
        raise ValueError("on purpose")
    except ValueError:
        return frappe.log_error(*args, **kwargs)


TRACE = 'Traceback (most recent call last):\n  File "x"\nValueError: x'


@pytest.mark.parametrize(
    ("args", "kwargs", "title", "text"),
    [
        ((), {"title": "Background Job Error", "message": "m"}, "Background Job Error", "m"),
        (("Title", TRACE), {}, "Title", TRACE),
        ((TRACE, "Process Error for x"), {}, "Process Error for x", TRACE),
        ((), {"message": TRACE, "title": "Process Failed"}, "Process Failed", TRACE),
        ((TRACE,), {}, "Error", TRACE),
    ],
)
def test_title_and_message(frappe: Any, args: Any, kwargs: Any, title: str, text: str) -> None:
    row = frappe.log_error(*args, **kwargs)
    assert (row.method, row.error) == (title, text)
    assert frappe.db.get_value("Error Log", row.name, ["method", "error"]) == (title, text)


def test_without_a_message_it_is_the_exception(frappe: Any) -> None:
    row = raise_it(frappe)
    assert row.method == "Error"
    assert row.error.endswith("ValueError: on purpose\n")
    assert raise_it(frappe, "Failed for x").error.endswith("ValueError: on purpose\n")
    assert frappe.log_error("only a title").error == "only a title"
    assert frappe.get_traceback() == ""


def test_a_title_that_is_too_long_is_kept_whole_in_the_text(frappe: Any) -> None:
    title = "x" * 200
    row = frappe.log_error(title, "m")
    assert row.method == title[:140]
    assert row.error == f"{title}\n\nm"


def test_it_does_not_raise_into_the_job(frappe: Any, caplog: Any, monkeypatch: Any) -> None:
    from frappe_standalone.database import store

    def broken(*_: Any) -> None:
        raise OSError("the database is away")

    monkeypatch.setattr(store, "insert", broken)
    assert frappe.log_error("Title", "the text") is None
    assert "the database is away" in caplog.text
    assert "the text" in caplog.text


def test_a_rollback_keeps_it_and_only_once(frappe: Any) -> None:
    frappe.new_doc("ToDo", description="Look").insert()
    frappe.log_error("kept", "m")
    frappe.db.rollback()
    frappe.db.rollback()
    assert frappe.db.count("ToDo") == 0
    assert frappe.get_all("Error Log", pluck="method") == ["kept"]
    frappe.db.commit()
    frappe.db.rollback()
    assert frappe.get_all("Error Log", pluck="method") == ["kept"]


def test_leaving_the_site_without_a_commit_keeps_it(frappe: Any) -> None:
    site = frappe.local.site
    frappe.new_doc("ToDo", description="Look").insert()
    frappe.log_error("kept", "m")
    frappe.destroy()
    frappe.init(site)
    frappe.connect()
    assert frappe.db.count("ToDo") == 0
    assert frappe.get_all("Error Log", pluck="method") == ["kept"]


BROKEN = """
def handle(doc, event):
    frappe_is_not_imported.x

class Log:
    def __init__(self, *args, **kwargs):
        raise ValueError("no log of mine")
"""


@pytest.mark.parametrize(
    "hooks",
    [
        'doc_events = {"*": {"before_insert": "myapp.events.handle"}}',
        'override_doctype_class = {"Error Log": "myapp.events.Log"}',
        'override_doctype_class = {"Error Log": "myapp.events.Missing"}',
    ],
)
def test_an_app_s_hooks_cannot_break_it(frappe: Any, write: Any, hooks: str) -> None:
    write("myapp/events.py", BROKEN)
    write("myapp/hooks.py", hooks)
    assert raise_it(frappe, "Failed").error.endswith("ValueError: on purpose\n")


@pytest.mark.no_database
def test_a_title_that_cannot_say_what_it_is_breaks_nothing(frappe: Any, caplog: Any) -> None:
    class Mute:
        def __str__(self) -> str:
            raise ValueError("mute")

    assert frappe.log_error(Mute(), "the text") is None
    assert "ValueError: mute" in caplog.text


@pytest.mark.parametrize(("text", "kept"), [("A\x00B", r"A\x00B"), ("caf\udce9", r"caf\udce9")])
def test_what_no_database_takes_is_kept_escaped(frappe: Any, text: str, kept: str) -> None:
    frappe.new_doc("ToDo", description="Look").insert()
    row = frappe.log_error(text, f"order {text}")
    assert frappe.db.get_value("Error Log", row.name, ["method", "error"]) == (
        kept,
        f"order {kept}",
    )
    frappe.db.commit()
    assert frappe.db.count("ToDo") == 1
