"""What functions of real apps ask of documents, as `tests/apps` has them do on a bench too."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from frappe_celery.errors import NeedsFrappeSite
from tests.mailbox import Mailbox, text_of
from tests.ports import LOOPBACK
from tests.unit.standalone.conftest import AddDoctype, field

Write = Callable[[str, str], Path]


@pytest.fixture
def sailors(frappe: Any, add_doctype: AddDoctype) -> Any:
    """Sailors of a ship, and leaves that take over from them what they say."""
    add_doctype("Sailor", field("ship"), field("rank"), field("wage", "Currency"))
    add_doctype(
        "Shore Leave",
        field("sailor", "Link", options="Sailor"),
        field("ship", fetch_from="sailor.ship", reqd=1),
        field("rank", fetch_from="sailor.rank", fetch_if_empty=1),
        field("days", "Table", options="Shore Leave Day"),
    )
    add_doctype(
        "Shore Leave Day",
        field("guard", "Link", options="Sailor"),
        field("guards_ship", fetch_from="guard.ship"),
        istable=1,
    )
    for name, ship in (("Ada", "Gull"), ("Bo", "Tern")):
        frappe.get_doc(doctype="Sailor", name=name, ship=ship, rank="Mate").insert()
    frappe.db.commit()  # MariaDB makes a table only before something was written
    return frappe


def test_a_field_is_taken_over_from_the_linked_document(sailors: Any) -> None:
    days = [{"guard": "Bo"}, {}]
    leave = sailors.get_doc(doctype="Shore Leave", sailor="Ada", rank="Cook", days=days).insert()
    assert (leave.ship, leave.rank) == ("Gull", "Cook")
    assert [day.guards_ship for day in leave.days] == ["Tern", None]
    assert sailors.db.get_value("Shore Leave", leave.name, ["ship", "rank"]) == ("Gull", "Cook")

    sailors.db.set_value("Sailor", "Bo", "rank", "Bosun")
    leave.update({"sailor": "Bo", "rank": ""}).save()
    assert (leave.ship, leave.rank) == ("Tern", "Bosun")


def test_a_child_row_is_as_old_as_its_document(sailors: Any) -> None:
    leave = sailors.get_doc(doctype="Shore Leave", sailor="Ada").insert()
    sailors.db.set_value("Shore Leave", leave.name, "creation", "2025-01-15 10:00:00")
    leave.reload().append("days", {})
    leave.save()
    made = sailors.db.get_value("Shore Leave Day", leave.days[0].name, "creation")
    assert str(made) == "2025-01-15 10:00:00"


def test_a_child_table_without_rows(sailors: Any) -> None:
    leave = sailors.get_doc(doctype="Shore Leave", sailor="Ada")
    assert leave.get("days") == leave.days == []
    assert leave.get("nothing", "else") == "else"
    leave.append("days", {"guard": "Bo"})
    assert len(leave.get("days")) == 1


def test_a_submitted_document_takes_nothing_over(sailors: Any) -> None:
    leave = sailors.get_doc(doctype="Shore Leave", sailor="Ada").insert().submit()
    sailors.db.set_value("Sailor", "Ada", "ship", "Tern")
    leave.save()
    assert leave.ship == "Gull"


def test_a_link_that_leads_nowhere(sailors: Any) -> None:
    leave = {"doctype": "Shore Leave", "sailor": "Cy", "days": [{"guard": "Ada"}, {"guard": "Di"}]}
    with pytest.raises(sailors.LinkValidationError) as raised:
        sailors.get_doc(leave).insert()
    assert str(raised.value) == "Could not find Sailor: Cy, Row #2: Guard: Di"


def test_where_links_are_ignored_nothing_is_taken_over(sailors: Any) -> None:
    with pytest.raises(sailors.MandatoryError, match="ship"):
        sailors.get_doc(doctype="Shore Leave", sailor="Ada").insert(ignore_links=True)


def test_a_new_document_has_the_first_series_and_the_first_choice(
    frappe: Any, add_doctype: AddDoctype
) -> None:
    add_doctype(
        "Voyage",
        field("naming_series", "Select", options="\nVOY-.####\nOLD-.####", reqd=1),
        field("state", "Select", options="Planned\nDone"),
        field("wind", "Select", options="\nEast\nWest"),
        field("sea", "Select", options="Calm\nRough", default="Rough"),
        autoname="naming_series:",
    )
    made = frappe.get_doc(doctype="Voyage").insert()
    assert (made.name, made.naming_series) == ("VOY-0001", "VOY-.####")
    assert (made.state, made.wind, made.sea) == ("Planned", "", "Rough")
    frappe.db.set_value("Voyage", made.name, "state", None)
    assert frappe.get_doc("Voyage", made.name).state is None


def test_a_link_has_what_is_kept_for_the_user(frappe: Any, add_doctype: AddDoctype) -> None:
    import frappe.defaults

    add_doctype("Voyage", field("ship", "Link", options="Ship"), field("port", default="Rye"))
    ship = ("Gull", "Tern")
    frappe.defaults.set_global_default("ship", ship[0])
    frappe.defaults.set_global_default("port", "Hull")
    assert frappe.new_doc("Voyage").ship == ship[0]
    frappe.defaults.set_user_default("ship", ship[1])
    frappe.db.commit()
    made = frappe.get_doc(doctype="Voyage").insert()
    assert (made.ship, made.port) == (ship[1], "Rye")
    assert frappe.get_doc(doctype="Voyage", ship="Auk").insert().ship == "Auk"


@pytest.mark.no_database
@pytest.mark.parametrize("doctype", ["Custom Field", "Property Setter", "Server Script"])
def test_what_would_change_a_site_is_refused(frappe: Any, doctype: str) -> None:
    with pytest.raises(NeedsFrappeSite, match=f"a document of {doctype}"):
        frappe.get_doc(doctype=doctype, dt="Memo").insert()


def test_settings_that_nobody_stored(frappe: Any, add_doctype: AddDoctype) -> None:
    fields = field("based_on", default="Leave"), field("days", "Int", default="30")
    add_doctype("Crew Settings", *fields, issingle=1)
    asked = ("Crew Settings", None, ["based_on", "days"])
    assert frappe.get_cached_value(*asked) == ["Leave", 30]
    assert frappe.get_cached_value(*asked, as_dict=True).days == 30
    frappe.db.set_single_value("Crew Settings", "days", 20)
    assert frappe.get_cached_value("Crew Settings", "Crew Settings", "days") == 20
    assert frappe.get_cached_value("Crew Settings", None, "based_on") is None


def test_a_setting_has_the_type_of_its_field(frappe: Any, add_doctype: AddDoctype) -> None:
    fields = field("days", "Int"), field("hours", "Float"), field("ship"), field("since", "Date")
    add_doctype("Crew Settings", *fields, issingle=1)
    asked = [frappe.db.get_single_value("Crew Settings", df["fieldname"]) for df in fields]
    assert asked == [0, 0.0, "", None]
    frappe.db.sql(
        "insert into `tabSingles` (doctype, field, value) values (%s, %s, %s)",
        ("Crew Settings", "hours", "7.5"),
    )
    assert frappe.db.get_single_value("Crew Settings", "hours") == 7.5


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (2000, "EUR Two Thousand only."),
        (21.05, "EUR Twenty One and Five Cent only."),
        (0.5, "Fifty Cent only."),
        (0, "EUR Zero only."),
        (-1, ""),
        ("many", ""),
    ],
)
def test_an_amount_in_words(frappe: Any, add_doctype: AddDoctype, amount: Any, words: str) -> None:
    add_doctype("Currency", field("fraction"), field("fraction_units", "Int"))
    frappe.get_doc(doctype="Currency", name="EUR", fraction="Cent", fraction_units=100).insert()
    assert frappe.utils.money_in_words(amount, "EUR") == words
    plain = frappe.utils.money_in_words(12.5, "XYZ")  # of which nothing is known
    assert plain == "XYZ Twelve and Fifty Cent only."


@pytest.mark.no_database
def test_the_fields_of_a_doctype(frappe: Any, add_doctype: AddDoctype) -> None:
    add_doctype("Review", field("stars", "Rating", options="10"), field("text", "Small Text"))
    rating = {"parent": "Review", "fieldtype": "Rating"}
    (found,) = frappe.get_all("DocField", rating, ["fieldname", "options"])
    assert (found.fieldname, found.options) == ("stars", "10")
    assert frappe.db.get_value("DocField", {**rating, "fieldname": "stars"}, "options") == "10"
    assert frappe.db.count("DocField", {"parent": "Review"}) == 2
    assert frappe.get_all("DocField", {"fieldname": "stars"}, pluck="parent") == ["Review"]


def test_the_table_that_is_not_there_is_named(sailors: Any) -> None:
    asked = "select s.name from `tabSailor` s join `tabDocField` f on f.parent = s.name"
    with pytest.raises(NeedsFrappeSite, match="the table `tabDocField` needs"):
        sailors.db.sql(asked)


@pytest.mark.no_database
def test_a_date_in_words(frappe: Any) -> None:
    written = [
        frappe.utils.global_date_format("2026-01-05", format)
        for format in ("long", "full", "medium", "short")
    ]
    assert written == ["January 5, 2026", "Monday, January 5, 2026", "Jan 5, 2026", "1/5/26"]


@pytest.mark.no_database
def test_dates_times_and_lists_as_people_read_them(frappe: Any) -> None:
    u = frappe.utils
    assert u.format_date("2026-01-05", "long") == "January 5, 2026"
    times = [u.format_time("09:05:07", format) for format in (None, "short", "HH:mm", "hh:mm a")]
    assert times == ["09:05:07", "9:05\u202fAM", "09:05", "09:05 AM"]
    assert (u.comma_and(["a"]), u.comma_and(["a", "b"]), u.comma_or("a")) == (
        "a",
        "'a' and 'b'",
        "a",
    )
    template = "{{ frappe.format(day, 'Date') }} {{ frappe.format_value(n, {'fieldtype': 'Int'}) }}"
    assert frappe.render_template(template, {"day": "2026-01-05", "n": 3}) == "2026-01-05 3"
    with pytest.raises(NeedsFrappeSite, match="format_value of Table MultiSelect"):
        frappe.format_value([], {"fieldtype": "Table MultiSelect"})


def test_a_comment_says_who_wrote_it(frappe: Any) -> None:
    frappe.set_user("ada@example.com")
    comment = {"doctype": "Comment", "comment_type": "Info"}
    assert frappe.get_doc(comment).insert().comment_email == "ada@example.com"
    note = frappe.get_doc(doctype="Memo", name="n").insert()
    assert note.add_comment(text="Hello").comment_email == "ada@example.com"
    by = note.add_comment(text="Hello", comment_email="bo@example.com")
    assert by.comment_email == "bo@example.com"


def test_a_field_that_an_app_exports_for_a_doctype(
    frappe: Any, write: Write, add_doctype: AddDoctype
) -> None:
    add_doctype("Voyage", field("title"))
    custom = {
        "doctype": "Voyage",
        "custom_fields": [field("berths", "Int", default="4", dt="Voyage")],
    }
    write("myapp/crew/custom/voyage.json", json.dumps({**custom, "sync_on_migrate": 1}))
    made = frappe.get_doc(doctype="Voyage", title="East").insert()
    assert frappe.get_all("Voyage", {"berths": 4}, pluck="name") == [made.name]


def test_what_a_badge_asks_for(frappe: Any) -> None:
    frappe.get_doc(doctype="Badge", name="b1", event="New").insert()
    found = frappe.cache_manager.get_doctype_map("Badge", "Memo", {"event": "New"})
    assert [row.name for row in found] == ["b1"]


# -- mails


@pytest.fixture
def mailbox(frappe: Any, root: Path) -> Iterator[Mailbox]:
    """What the site's mail server was given."""
    box = Mailbox()
    frappe.conf.update(mail_server=LOOPBACK, mail_port=box.port, auto_email_id="us@example.com")
    with box.open():
        yield box


@pytest.mark.no_database
def test_a_mail_made_of_a_template(frappe: Any, write: Write, mailbox: Mailbox) -> None:
    write("myapp/templates/emails/leave.html", "<p>Dear {{ who }}</p>")
    mail = {"recipients": ["ada@example.com", None], "subject": "Leave", "template": "leave"}
    frappe.sendmail(**mail, args={"who": "Ada"})
    assert not mailbox.mails
    frappe.db.commit()
    (sent,) = mailbox.mails
    assert (text_of(sent, "html").strip(), text_of(sent).strip()) == ("<p>Dear Ada</p>", "Dear Ada")


@pytest.mark.no_database
def test_what_is_wrong_with_a_mail_raises_before_the_commit(frappe: Any, mailbox: Mailbox) -> None:
    with pytest.raises(ValueError, match="address"):
        frappe.sendmail(recipients=[{"name": "Ada"}], subject="Leave", message="m")
    with pytest.raises(NeedsFrappeSite, match="send_after"):
        frappe.sendmail(recipients="ada@example.com", send_after="2030-01-01 10:00:00")
    frappe.db.commit()
    assert not mailbox.mails
