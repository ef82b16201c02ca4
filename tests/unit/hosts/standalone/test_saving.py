"""What storing a document checks, and what it sets, as its doctype's description says."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.hosts.standalone.conftest import AddDoctype, field

CONTROLLER = """
import frappe
from frappe.model.document import Document


class Voyage(Document):
    def validate(self):
        frappe.flags.seen = [
            (bool(row.name), row.is_new(), row.parent_doc is self) for row in self.stops
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

    voyage = voyages.get_doc(doctype="Voyage", name="V-7", stops=[{"port": "Pico"}]).insert()
    copied = voyages.get_doc({**voyage.as_dict(), "name": None}).insert()
    assert (voyage.name, len(voyages.get_all("Stop"))) == ("V-7", 2)
    for amended in ("V-7-1", "V-7-2"):
        copied = voyages.get_doc(doctype="Voyage", amended_from=voyage.name).insert()
        assert copied.name == amended
        voyage = copied


def test_a_link_is_written_as_the_document_is_called(voyages: Any) -> None:
    voyage = voyages.get_doc(doctype="Voyage", ship="gull").insert()
    assert voyages.db.get_value("Voyage", voyage.name, "ship") == "Gull"


@pytest.mark.parametrize(
    ("values", "error", "says"),
    [
        ({"state": "Sunk"}, "ValidationError", 'State cannot be "Sunk"'),
        ({"year": -1}, "NonNegativeError", "Year"),
        ({"captain": "nobody"}, "InvalidEmailAddressError", "nobody"),
        ({"stops": [{}]}, "MandatoryError", "port"),
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


def test_what_a_document_holds_is_made_fit(voyages: Any) -> None:
    voyage = voyages.get_doc(doctype="Voyage", state=" Planned ", liked=3, captain="a@b.io, c@b.io")
    voyage.insert()
    assert (voyage.state, voyage.liked, voyage.captain) == ("Planned", 1, "a@b.io, c@b.io")


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
