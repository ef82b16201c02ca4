"""What storing a document checks, and what it sets, as its doctype's description says."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import Any

import pytest

from frappe_celery.config import settings
from frappe_celery.errors import NeedsFrappeSite
from frappe_standalone.documents.tables import make_all
from tests.unit.standalone.conftest import AddDoctype, Write, field

CONTROLLER = """
import frappe
from frappe.model.document import Document


class Voyage(Document):
    def validate(self):
        frappe.flags.seen = [
            (bool(row.name), bool(row.is_new()), row.parent_doc is self) for row in self.stops
        ]
        frappe.flags.changed = {
            field for field in ("at", "on", "until", "title") if self.has_value_changed(field)
        }
        frappe.flags.before = self.get_value_before_save("title")
"""


@pytest.fixture
def voyages(frappe: Any, add_doctype: AddDoctype) -> Any:
    """Voyages with stops, and their ships."""
    add_doctype("Ship", field("label"), autoname="field:label")
    add_doctype(
        "Voyage",
        field("title", default="To {port} in {year}"),
        field("port"),
        field("year", "Int", non_negative=1),
        field("on", "Date"),
        field("at", "Datetime"),
        field("until", "Time"),
        field("ship", "Link", options="Ship", set_only_once=1),
        field("state", "Select", options="\nPlanned\nUnder Way"),
        field("captain", options="Email"),
        field("amended_from", "Link", options="Voyage"),
        field("liked", "Rating"),
        field("log", "Text", allow_on_submit=1),
        field("marks", "JSON"),
        field("stops", "Table", options="Stop"),
        code=CONTROLLER,
        title_field="title",
        is_submittable=1,
    )
    add_doctype("Stop", field("port", reqd=1), field("days", "Int", non_negative=1), istable=1)
    add_doctype("Toll", field("sum", "Currency", reqd=1), field("paid", "Check", reqd=1))
    frappe.get_doc(doctype="Ship", label="Gull").insert()
    frappe.db.commit()  # MariaDB makes a table only before something was written
    return frappe


def test_a_row_has_a_name_and_its_document_before_anything_is_checked(voyages: Any) -> None:
    voyage = voyages.get_doc(doctype="Voyage", stops=[{"port": "Pico"}]).insert()
    assert voyages.flags.seen == [(True, True, True)]
    assert not voyage.stops[0].is_new()

    voyage.append("stops", {"port": "Faial"})
    voyage.save()
    assert voyages.flags.seen == [(True, False, True), (True, True, True)]
    voyage = voyages.get_doc("Voyage", voyage.name).save()
    assert voyages.flags.seen == [(True, False, True), (True, False, True)]
    assert voyages.get_all("Stop", pluck="port", order_by="idx") == ["Pico", "Faial"]
    voyage.append("stops", {"port": "Corvo"}, position=0)
    voyage.save()
    assert voyages.get_all("Stop", pluck="port", order_by="idx") == ["Corvo", "Pico", "Faial"]


def test_what_was_not_read_does_not_take_the_place_of_what_is_stored(voyages: Any) -> None:
    stored = voyages.get_doc(doctype="Voyage", name="A", stops=[{"port": "Pico"}]).insert()
    given = {"doctype": "Voyage", "name": stored.name, "port": "Horta"}
    with pytest.raises(voyages.TimestampMismatchError, match="after it was read"):
        voyages.get_doc(given).save()
    assert [row.port for row in stored.reload().stops] == ["Pico"]
    voyages.get_doc(dict(given, modified=str(stored.modified))).save()
    assert (stored.reload().port, stored.stops) == ("Horta", [])


def test_rows_have_a_place_where_the_doctype_has_a_table(voyages: Any) -> None:
    voyage = voyages.new_doc("Voyage")
    with pytest.raises(AttributeError, match="harbours"):
        voyage.append("harbours", {"port": "Pico"})
    voyage.port = [{"name": "Pico"}]
    with pytest.raises(voyages.ValidationError, match="Port cannot be a list"):
        voyage.insert()
    voyage.update({"port": None, "marks": [{"name": "Pico"}]}).insert()
    assert voyage.reload().marks == '[{"name": "Pico"}]'


def test_a_time_that_is_written_otherwise_did_not_change(voyages: Any) -> None:
    times = {"on": "2026-02-01", "at": "2026-02-01 10:00:00", "until": "10:00:00"}
    voyage = voyages.get_doc(doctype="Voyage", title="A", **times).insert()
    assert voyages.flags.changed == {"on", "at", "until", "title"}
    voyage.update(times).save()
    assert voyages.flags.changed == set()
    voyage.reload().update({**times, "title": "B", "on": "2026-02-02"}).save()
    assert (voyages.flags.changed, voyages.flags.before) == ({"on", "title"}, "A")


def test_a_title_is_put_together_and_a_field_is_as_the_name_that_it_gives(voyages: Any) -> None:
    voyage = voyages.get_doc(doctype="Voyage", port="Pico", year=2026).insert()
    assert voyages.db.get_value("Voyage", voyage.name, "title") == "To Pico in 2026"
    assert voyages.new_doc("Voyage").title is None
    ship = voyages.get_doc(doctype="Ship", label="Tern").insert(set_name="Skua")
    assert ship.reload().label == "Skua"


def test_how_a_document_is_named(voyages: Any, add_doctype: AddDoctype) -> None:
    add_doctype("Numbered", field("text"), autoname="autoincrement")
    add_doctype("Tagged", field("text"), autoname="UUID")
    assert len(voyages.get_doc(doctype="Tagged").insert().name) == 36
    voyages.db.commit()
    numbered = [voyages.get_doc(doctype="Numbered", name="x").insert().name for _ in range(2)]
    assert numbered == [1, 2]
    voyages.db.commit()
    assert voyages.get_doc(doctype="Ship", name="x", label="Tern").insert().name == "Tern"
    voyages.db.commit()

    from frappe.website.utils import cleanup_page_name

    assert cleanup_page_name("First Steps, at sea: 1/2") == "first-steps-at-sea-1-2"
    assert cleanup_page_name("") == ""
    voyage = voyages.get_doc(doctype="Voyage", name="V-7", stops=[{"port": "Pico"}]).insert()
    copied = voyages.get_doc({**voyage.as_dict(), "name": None}).insert()
    assert (voyage.name, len(voyages.get_all("Stop"))) == ("V-7", 2)
    for amended in ("V-7-1", "V-7-2"):
        voyage.submit().cancel()
        copied = voyages.get_doc(doctype="Voyage", amended_from=voyage.name).insert()
        assert copied.name == amended
        voyage = copied


@pytest.mark.parametrize(("version", "named"), [(16, "2025-26"), (15, "of its field")])
def test_a_series_has_parts_that_hooks_make(
    voyages: Any, write: Write, add_doctype: AddDoctype, version: int, named: str
) -> None:
    add_doctype("Bill", field("FY"), autoname="B.-.FY.-.MM.-.QQ.-.##")
    write("myapp/names.py", "def part(doc, variable): return '2025-26' if doc.FY else variable")
    hooks = "naming_series_variables = dict.fromkeys(('FY', 'MM', 'QQ'), ['myapp.names.part', 'x'])"
    write("myapp/hooks.py", hooks)
    sys.modules.pop("myapp.hooks", None)
    settings.use(replace(settings.current(), frappe_version=version))
    month = "2025-26" if version == 16 else voyages.utils.today()[5:7]
    bill = voyages.get_doc(doctype="Bill", FY="of its field").insert()
    assert bill.name == f"B-{named}-{month}-2025-26-01"


def test_doc_events_name_a_document(voyages: Any, write: Write, add_doctype: AddDoctype) -> None:
    add_doctype("Bill", field("text"), autoname="B-.##")
    write("myapp/names.py", "def name(doc, method): doc.name = doc.get('port') or doc.get('text')")
    events = "{doctype: {'autoname': 'myapp.names.name'} for doctype in ('Bill', 'Voyage')}"
    write("myapp/hooks.py", f"doc_events = {events}")
    sys.modules.pop("myapp.hooks", None)
    assert voyages.get_doc(doctype="Bill", text="Mine").insert().name == "Mine"
    assert voyages.get_doc(doctype="Bill").insert().name == "B-01"
    voyages.db.commit()
    assert voyages.get_doc(doctype="Voyage", name="V-7", port="Pico").insert().name == "Pico"


@pytest.mark.parametrize(
    "series", ["B-.YYYY.-", "B-.YYYY.####", "B-.###.-.text", "B.-.{text}.-.##", "#"]
)
def test_the_newest_number_is_given_back(
    voyages: Any, add_doctype: AddDoctype, series: str
) -> None:
    add_doctype("Bill", field("naming_series"), field("text"), autoname="naming_series:")
    given = {"doctype": "Bill", "naming_series": series, "text": "2b1"}
    bills = [voyages.get_doc(given).insert() for _ in range(3)]
    bills[0].delete()
    bills[2].delete()
    assert voyages.get_doc(given).insert().name == bills[2].name


def test_a_link_is_written_as_the_document_is_called(voyages: Any) -> None:
    voyage = voyages.get_doc(doctype="Voyage", ship="gull").insert()
    assert voyages.db.get_value("Voyage", voyage.name, "ship") == "Gull"


@pytest.mark.parametrize(
    ("values", "error", "says"),
    [
        ({"state": "Sunk"}, "ValidationError", 'State cannot be "Sunk"'),
        ({"year": -1}, "NonNegativeError", "Year"),
        ({"captain": "nobody"}, "InvalidEmailAddressError", "nobody"),
        ({"stops": [{}]}, "MandatoryError", r": port$"),
        ({"stops": [{"port": "Pico", "days": -2}]}, "NonNegativeError", "Row #1: Days"),
    ],
)
def test_what_a_document_may_not_hold(
    voyages: Any, values: dict[str, Any], error: str, says: str
) -> None:
    with pytest.raises(getattr(voyages, error), match=says):
        voyages.get_doc(doctype="Voyage", **values).insert()
    voyage = voyages.get_doc(doctype="Voyage").insert()
    with pytest.raises(getattr(voyages, error), match=says):
        voyage.update(values).save()


def test_a_required_number_must_be_given(voyages: Any) -> None:
    toll = voyages.new_doc("Toll")
    assert (toll.sum, toll.paid, toll.as_dict().sum) == (None, 0, 0.0)
    with pytest.raises(voyages.MandatoryError, match=r": sum$"):
        toll.insert()
    assert toll.update({"sum": 0, "paid": 5}).insert().reload().sum == 0.0
    assert toll.paid == 1


def test_a_row_is_stored_with_its_document(voyages: Any) -> None:
    with pytest.raises(voyages.MandatoryError, match="parent, parenttype"):
        voyages.get_doc(doctype="Stop", port="Pico").insert()


def test_what_a_document_holds_is_made_fit(voyages: Any) -> None:
    voyage = voyages.get_doc(doctype="Voyage", state=" Planned ", liked=3, captain="a@b.io, c@b.io")
    voyage.insert()
    assert (voyage.state, voyage.liked, voyage.captain) == ("Planned", 1, "a@b.io, c@b.io")
    voyage.year = "2026"
    assert (voyage.as_dict().year, voyage.year) == (2026, "2026")


def test_what_may_be_set_once_cannot_be_changed(voyages: Any) -> None:
    voyage = voyages.get_doc(doctype="Voyage", ship="Gull").insert()
    voyages.get_doc(doctype="Ship", label="Tern").insert()
    voyage.ship = "Tern"
    with pytest.raises(voyages.CannotChangeConstantError, match="Ship"):
        voyage.save()


def test_a_submitted_document_changes_only_where_that_is_allowed(voyages: Any) -> None:
    voyage = voyages.get_doc(doctype="Voyage", port="Pico", on="2026-02-01").insert().submit()
    voyage.update({"log": "Fair wind", "on": "2026-02-01"}).save()
    assert voyages.db.get_value("Voyage", voyage.name, "log") == "Fair wind"
    voyage.port = "Faial"
    with pytest.raises(voyages.UpdateAfterSubmitError, match="Port"):
        voyage.save()
    voyage.reload().flags.ignore_validate_update_after_submit = True
    voyage.update({"port": "Faial"}).save()
    voyage.flags.clear()
    voyage.append("stops", {"port": "Pico"})
    with pytest.raises(voyages.UpdateAfterSubmitError, match="Stops"):
        voyage.save()


def test_a_document_that_is_linked_to_stays(voyages: Any) -> None:
    voyage = voyages.get_doc(doctype="Voyage", ship="Gull", stops=[{"port": "Pico"}]).insert()
    voyages.db.set_value("Voyage", voyage.name, "docstatus", 2)
    again = voyages.get_doc(doctype="Voyage", amended_from=voyage.name).insert().submit()
    voyages.db.set_value("Voyage", voyage.name, "docstatus", 0)
    for doctype, name in (("Ship", "Gull"), ("Voyage", voyage.name)):
        with pytest.raises(voyages.LinkExistsError, match=f"Voyage {again.name[:3]}"):
            voyages.delete_doc(doctype, name)
    voyage.reload().submit().cancel()  # what was amended may be
    with pytest.raises(voyages.LinkExistsError, match="submitted"):
        again.delete(force=True)
    again.cancel()
    again.delete()
    voyages.delete_doc("Voyage", voyage.name)
    voyages.delete_doc("Ship", "Gull")
    assert voyages.get_all("Ship") == voyages.get_all("Stop") == []

    voyages.get_doc(doctype="Ship", label="Tern").insert()
    voyages.get_doc(doctype="Voyage", ship="Tern").insert()
    voyages.delete_doc("Ship", "Tern", force=True)


def test_an_app_says_what_keeps_no_document(write: Write, voyages: Any) -> None:
    write("myapp/hooks.py", 'ignore_links_on_delete = ["Voyage"]')
    sys.modules.pop("myapp.hooks", None)
    voyages.get_doc(doctype="Voyage", ship="Gull").insert()
    voyages.delete_doc("Ship", "Gull")


def test_a_submitted_document_keeps_what_it_links_to(voyages: Any, add_doctype: AddDoctype) -> None:
    add_doctype("Pass", field("about_type"), field("about", "Dynamic Link", options="about_type"))
    of_voyage = {"doctype": "Pass", "about_type": "Voyage"}
    one = voyages.get_doc(doctype="Voyage").insert().submit()
    voyages.db.commit()
    held = voyages.get_doc({**of_voyage, "about": one.name}).insert()
    held.db_set("docstatus", 1)
    voyages.db.commit()
    with pytest.raises(voyages.LinkExistsError, match=f"Pass {held.name}"):
        one.cancel()
    voyages.db.rollback()
    held.db_set("docstatus", 2)
    one.reload().cancel()
    one.delete()


def test_what_a_deleted_document_leaves(voyages: Any, add_doctype: AddDoctype) -> None:
    add_doctype("Ticket", autoname="T-.###")
    names = [voyages.get_doc(doctype="Ticket").insert().name for _ in range(2)]
    first, last = (voyages.get_doc("Ticket", name) for name in names)
    last.add_comment("Comment", "lost")
    last.delete()
    assert voyages.db.count("Comment", {"reference_doctype": "Ticket"}) == 0
    assert voyages.get_doc(doctype="Ticket").insert().name == last.name
    first.delete()
    assert voyages.get_doc(doctype="Ticket").insert().name == "T-003"


def test_what_is_asked_of_rows_and_fields(voyages: Any) -> None:
    stops = [{"port": port, "days": days} for days, port in enumerate(("Pico", "Faial", "Flores"))]
    voyage = voyages.get_doc(doctype="Voyage", stops=stops).insert()

    def ports(**filters: Any) -> list[str]:
        return [row.port for row in voyage.get("stops", filters)]

    assert ports(days=[">", 0]) == ports(port="^F") == ports(port=["in", ["Faial", "Flores"]])
    assert ports(days=["!=", 1], port=True) == ["Pico", "Flores"]
    assert ports(port=False) == []
    assert ports(days=["between", [0, 1]]) == []
    with pytest.raises(NeedsFrappeSite, match="Timespan"):
        ports(days=["Timespan", "today"])

    meta = voyages.get_meta("Voyage")
    links = [df.fieldname for df in meta.get("fields", {"fieldtype": ["in", ["Link", "Rating"]]})]
    assert links == ["ship", "amended_from", "liked"]
    assert (meta.get("is_submittable"), meta.get("nothing")) == (1, None)
    assert meta.get_label("name") == "ID"
    assert (meta.get_field("port").parent, meta.get_field("port").idx) == ("Voyage", 2)
    assert str(voyage) == f"Voyage ({voyage.name})"
    assert "doctype" not in voyage.get_valid_dict()
    voyage.set_onload("seen", 1)
    assert (voyage.get_onload("seen"), voyage.get_db_value("year")) == (1, 0)


def test_amounts_are_rounded_as_fields_have_decimals(voyages: Any, add_doctype: AddDoctype) -> None:
    add_doctype("Bill", field("sum", "Currency"), field("share", "Percent", precision="1"))
    bill = voyages.get_doc(doctype="Bill", sum=1.2345, share="33.33")
    bill.round_floats_in(bill)
    assert (bill.sum, bill.share) == (1.23, 33.3)


def test_a_controller_that_reads_its_document_anew_keeps_what_it_knows(
    voyages: Any, add_doctype: AddDoctype
) -> None:
    code = """
    from frappe.model.document import Document


    class Log(Document):
        def __setup__(self):
            self.flags.set_up = True

        def on_update(self):
            assert not self.is_new()
            self.reload()
            self.changed = self.has_value_changed("text")
    """
    add_doctype("Log", field("text"), field("changed"), code=code)
    log = voyages.get_doc(doctype="Log", text="a").insert().reload()
    assert log.flags.set_up
    assert voyages.get_doc("Log", log.name).flags.set_up
    assert log.save().changed is False
    log.text = "b"
    assert log.save().changed is True


def test_documents_are_stored_at_once_without_events(voyages: Any) -> None:
    from frappe.model.document import bulk_insert

    made = [
        voyages.get_doc(doctype="Voyage", name=name, stops=[{"port": name}]) for name in ("A", "B")
    ]
    bulk_insert("Voyage", made)
    assert voyages.flags.seen is None
    with pytest.raises(voyages.DuplicateEntryError):
        bulk_insert("Voyage", [voyages.get_doc(doctype="Voyage", name="A")])
    more = (voyages.get_doc(doctype="Voyage", name=name) for name in ("B", "C"))
    bulk_insert("Voyage", more, ignore_duplicates=True)
    fields = ["name", "owner", "stops.port as port"]
    found = voyages.get_all("Voyage", fields=fields, order_by="name", as_list=True)
    assert [tuple(row) for row in found] == [
        ("A", "Administrator", "A"),
        ("B", "Administrator", "B"),
        ("C", "Administrator", None),
    ]


def test_what_a_copy_leaves_out(voyages: Any, add_doctype: AddDoctype) -> None:
    add_doctype("Leg", field("port", no_copy=1), field("days", "Int"), istable=1)
    fields = (field("port"), field("state", no_copy=1), field("legs", "Table", options="Leg"))
    add_doctype("Route", *fields)
    legs = [{"port": "Pico", "days": 2}]
    route = voyages.get_doc(doctype="Route", port="Pico", state="Open", legs=legs).insert()
    whole, part = voyages.copy_doc(route), voyages.copy_doc(route, ignore_no_copy=False)
    assert (whole.state, whole.legs[0].port, whole.legs[0].name) == ("Open", "Pico", None)
    assert (part.port, part.state, part.legs[0].port, part.legs[0].days) == ("Pico", None, None, 2)
    assert not part.insert().legs[0].is_new()


def test_what_is_not_set_and_what_is_not_there(voyages: Any) -> None:
    voyage = voyages.get_doc(doctype="Voyage", stops=[{"port": "Pico"}]).insert()
    assert (voyage.get("port", "x"), voyage.get("nothing", "x")) == (None, "x")
    voyage.stops = voyage.get("nothing")
    voyage.set("stops", None)
    voyage.save()
    assert (voyage.stops, voyages.get_all("Stop")) == ([], [])
    assert voyages.delete_doc("Voyage", voyage.name) is None
    assert voyages.delete_doc("Voyage", voyage.name) is False


def test_a_new_document_has_days_as_texts(voyages: Any, add_doctype: AddDoctype) -> None:
    fields = (
        field("day", "Date", default="Today"),
        field("fixed", "Date", default="2026-01-05"),
        field("at", "Datetime", default="Now"),
        field("clock", "Time", default="now"),
        field("who", default="__user"),
    )
    add_doctype("Log Line", *fields)
    today = voyages.utils.nowdate()
    line = voyages.new_doc("Log Line")
    assert (line.day, line.fixed, line.who) == (today, "2026-01-05", "Administrator")
    assert (str(line.at)[:10], type(line.clock)) == (today, str)
    line.insert().reload()
    assert (str(line.day), str(line.fixed), str(line.at)[:10]) == (today, "2026-01-05", today)
    assert line.clock.total_seconds() >= 0


def test_administrator_has_every_role(voyages: Any, add_doctype: AddDoctype, write: Write) -> None:
    add_doctype("Chart", field("text"), permissions=[{"role": "Navigator", "read": 1}])
    assert {"Administrator", "System Manager", "All", "Navigator"} <= set(voyages.get_roles())
    voyages.set_user("a@example.com")
    assert "Navigator" not in voyages.get_roles()
    guests = {"doctype": "Role", "name": "Passenger", "role_name": "Passenger", "desk_access": 0}
    write("myapp/fixtures/role.json", json.dumps([guests]))
    voyages.db.commit()  # MariaDB makes tables before anything else is written
    make_all(voyages.local.site)
    named = {"name": ["in", ["Navigator", "Passenger"]]}
    found = voyages.get_all("Role", named, ["role_name", "desk_access"], order_by="name")
    assert [tuple(row.values()) for row in found] == [("Navigator", 1), ("Passenger", 0)]


def test_a_single_has_days_as_texts(voyages: Any, add_doctype: AddDoctype) -> None:
    fields = (field("since", "Date"), field("hours", "Float"), field("on", "Check"))
    add_doctype("Crew Rules", *fields, issingle=1)
    rules = voyages.get_doc("Crew Rules")
    rules.update({"since": voyages.utils.getdate("2026-01-05"), "hours": "7.5"}).save()
    rules = voyages.get_doc("Crew Rules")
    assert (rules.since, rules.hours, rules.on) == ("2026-01-05", 7.5, 0)
    assert voyages.get_cached_value("Crew Rules", "Crew Rules", "since") == "2026-01-05"
    rules.hours = 8
    assert rules.save().has_value_changed("hours")
    assert not rules.save().has_value_changed("since")
    assert str(voyages.db.get_single_value("Crew Rules", "since")) == "2026-01-05"
