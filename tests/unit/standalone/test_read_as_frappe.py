"""Texts, addresses and names of `frappe.utils`, as each version of Frappe gives them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from frappe_celery.errors import NeedsFrappeSite
from tests.unit.standalone.conftest import AddDoctype, field
from tests.unit.standalone.test_filters_of_versions import of_version


@pytest.mark.no_database
def test_lists_in_words(frappe: Any) -> None:
    u, names = frappe.utils, ["a", "b", "c"]
    assert (u.comma_and(names), u.comma_or(names[:2])) == ("'a', 'b' and 'c'", "'a' or 'b'")
    of_version(16)
    assert (u.comma_and(names), u.comma_or(names[:2], False)) == ("'a', 'b', and 'c'", "a, or b")
    assert (u.comma_and(None), u.comma_and(5), u.comma_and([])) == (None, 5, "")


@pytest.mark.no_database
@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(hours=-2), "2 hours ago"),
        (timedelta(days=-45), "2 months ago"),
        (timedelta(seconds=-52), "1 minute ago"),
        (timedelta(days=2, minutes=1), "in 2 days"),
        (timedelta(days=-310), "10 months ago"),
        (timedelta(days=-320), "1 year ago"),
    ],
)
def test_how_long_ago(frappe: Any, span: timedelta, words: str) -> None:
    assert frappe.utils.pretty_date(frappe.utils.now_datetime() + span) == words


@pytest.mark.no_database
def test_addresses_in_the_desk(frappe: Any) -> None:
    u = frappe.utils
    for version, place in ((15, "app"), (16, "desk"), (17, "desk")):
        of_version(version)
        form = f"http://standalone/{place}/sales-order"
        assert u.get_url_to_form("Sales Order", "SO/1 é") == f"{form}/SO/1%20%C3%A9"
        assert u.get_link_to_form("Sales Order") == f'<a href="{form}">Sales Order</a>'
        assert u.get_url_to_report("All") == f"http://standalone/{place}/query-report/All"
        assert u.get_url_to_report("R", "Report Builder", "Sales Order") == f"{form}/view/report/R"


@pytest.mark.no_database
def test_addresses_of_people(frappe: Any) -> None:
    u = frappe.utils
    given = '"Doe, Ann" <ann@example.com>, bob@example.com, nobody, undisclosed-recipients:;'
    of_version(16)
    assert u.validate_email_address(given) == "ann@example.com, bob@example.com"
    for wrong in ("", "nobody", "a@b", "@example.com"):
        assert u.validate_email_address(wrong) == ""
        with pytest.raises(frappe.InvalidEmailAddressError):
            u.validate_email_address(wrong, throw=True)
    of_version(15)
    assert u.validate_email_address("Ann <ann@example.com>, a@b.com c@d.com") == "ann@example.com"
    assert u.split_emails('"Doe, Ann" <a@b.com>, c@d.com') == ['"Doe, Ann" <a@b.com>', "c@d.com"]


@pytest.mark.no_database
def test_texts(frappe: Any) -> None:
    u = frappe.utils
    assert u.escape_html("<a b='1' c=\"2\">&") == "&lt;a b=&apos;1&apos; c=&quot;2&quot;&gt;&amp;"
    assert u.strip_html("a<!-- b > c -->d<br>e") == "ade"
    assert (u.get_time_str("09:05:07"), u.get_time_str(timedelta(hours=9))) == ("9:5:7", "9:0:0")


@pytest.mark.parametrize(
    ("version", "amount", "currency", "words"),
    [
        (15, 12.5, "XYZ", "XYZ Twelve and Fifty Cent only."),
        (16, 12.25, "XYZ", "XYZ Twelve only."),
        (16, 1.5, "INR", "INR One and Fifty Paisa only."),
        (15, 100000, "INR", "INR One Lakh only."),
        (16, 1.5, "KWD", "KWD One and Five Hundred Fils only."),
        (16, 3, "DZD", "Three Dinars."),
        (16, 0.25, "EUR", "Twenty Five Cent only."),
        (16, 2.5, "TWD", "TWD Two only."),
        (17, 2.5, "TWD", "TWD Two and Fifty Fen only."),
    ],
)
def test_money_in_words(
    frappe: Any, version: int, amount: float, currency: str, words: str
) -> None:
    of_version(version)
    assert frappe.utils.money_in_words(amount, currency) == words


def test_defaults_and_what_is_there(frappe: Any, add_doctype: AddDoctype) -> None:
    add_doctype("Note", field("text"), autoname="prompt")
    add_doctype("Desk", field("color"), issingle=1)
    for name in ("b", "a"):
        frappe.get_doc({"doctype": "Note", "__newname": name}).insert()
    frappe.db.set_default("net_days", "7")
    assert frappe.db.get_default("Net Days") == "7"
    assert frappe.db.exists("Note", "A") == "a"
    assert frappe.db.exists("Desk") is None
    frappe.get_doc(doctype="Desk", color="red").save()
    assert frappe.db.exists("Desk") == frappe.db.exists("Desk", "Desk") == "Desk"
    assert frappe.new_doc("Note").owner == frappe.session.user


def test_a_method_of_frappes_that_is_not_here_is_named(
    frappe: Any, add_doctype: AddDoctype
) -> None:
    add_doctype("Note", field("text"))
    note = frappe.get_doc(doctype="Note").insert()
    for name in ("discard", "add_tag", "validate_value", "update_child_table"):
        with pytest.raises(NeedsFrappeSite, match=f"Note.{name}"):
            getattr(note, name)()
        assert not hasattr(note, name)
    with pytest.raises(AttributeError, match="has no field or method") as raised:
        note.nonsense()
    assert not isinstance(raised.value, NeedsFrappeSite)
