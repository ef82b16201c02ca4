"""What a browser would run is taken out of stored HTML; the answers are those of Frappe 16."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.standalone.conftest import AddDoctype

EVIL = '<p onclick="x()">Hi <script>alert(1)</script><a href="javascript:x()">you</a></p>'
CLEAN = '<p>Hi <a rel="noopener noreferrer">you</a></p>'


@pytest.mark.no_database
@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (EVIL, CLEAN),
        ("a < b & c > d", "a < b & c > d"),
        ('{"a": "<script>x</script>"}', '{"a": "<script>x</script>"}'),
        (
            '<b style="color: red; behavior: x" data-x="1">A</b>',
            '<b style="color:red" data-x="1">A</b>',
        ),
        ("<unknown>kept</unknown><!-- note -->", "kept<!-- note -->"),
        ("", ""),
        (None, None),
        (5, 5),
    ],
)
def test_html_is_cleaned_and_other_texts_stay(frappe: Any, given: Any, kept: Any) -> None:
    assert frappe.utils.sanitize_html(given) == kept


@pytest.mark.no_database
def test_what_the_caller_asks_for(frappe: Any) -> None:
    sanitize_html = frappe.utils.html_utils.sanitize_html
    assert sanitize_html("a & b", always_sanitize=True) == "a &amp; b"
    assert sanitize_html("<p><b>x</b></p>", disallowed_tags=["b"]) == "<p>x</p>"
    assert sanitize_html("<p><b>x</b></p>", disallowed_tags="*") == "x"
    assert sanitize_html("https://example.com <p>", linkify=True) == "https://example.com <p></p>"


def test_a_save_cleans_what_a_browser_may_be_shown(frappe: Any, add_doctype: AddDoctype) -> None:
    fields: list[dict[str, Any]] = [
        {"fieldname": "note", "fieldtype": "Text"},
        {"fieldname": "body", "fieldtype": "Text Editor", "allow_on_submit": 1},
        {"fieldname": "code", "fieldtype": "Code"},
        {"fieldname": "raw", "fieldtype": "HTML Editor", "ignore_xss_filter": 1},
    ]
    add_doctype("Page", *fields, is_submittable=1)
    texts = dict.fromkeys(("note", "body", "code", "raw"), EVIL)
    page = frappe.get_doc({"doctype": "Page", **texts}).insert()
    stored = frappe.db.get_value("Page", page.name, list(texts), as_dict=True)
    assert stored == {"note": CLEAN, "body": CLEAN, "code": EVIL, "raw": EVIL}
    page.submit()
    page.body = EVIL
    page.save()
    assert frappe.db.get_value("Page", page.name, "body") == CLEAN


def test_a_comment_is_cleaned_and_a_mail_s_text_has_the_links(frappe: Any) -> None:
    todo = frappe.get_doc(doctype="ToDo", description="x").insert()
    comment = todo.add_comment("Comment", "a & b <form><input></form>")
    assert comment.content == "a &amp; b "
    link = '<p>See <a href="https://example.com">this</a></p>'
    assert frappe.utils.to_markdown(link).strip() == "See [this](https://example.com)"
