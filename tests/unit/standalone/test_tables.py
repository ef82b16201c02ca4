"""Real tables, `tab<DocType>`: what an app describes, and what documents bring."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from frappe_celery import errors
from frappe_celery.cli import main
from frappe_celery.config import settings
from frappe_celery.config.settings import Settings
from frappe_standalone.database import schema
from frappe_standalone.local import local
from frappe_standalone.site.context import visit

Write = Callable[[str, str], Path]
PLACE = "myapp/selling/doctype/invoice/invoice.json"
FIELDS = [
    {"fieldname": "customer", "fieldtype": "Link", "options": "Customer", "search_index": 1},
    {"fieldname": "section", "fieldtype": "Section Break"},
    {"fieldname": "note", "fieldtype": "Small Text"},
    {"fieldname": "paid", "fieldtype": "Check", "default": "1"},
    {"fieldname": "copies", "fieldtype": "Int"},
    {"fieldname": "total", "fieldtype": "Currency"},
    {"fieldname": "posting_date", "fieldtype": "Date"},
    {"fieldname": "sent_at", "fieldtype": "Datetime"},
    {"fieldname": "at", "fieldtype": "Time"},
    {"fieldname": "number", "fieldtype": "Data", "unique": 1},
    {"fieldname": "items", "fieldtype": "Table", "options": "Invoice Item"},
]
ITEM = [{"fieldname": "item", "fieldtype": "Data"}, {"fieldname": "qty", "fieldtype": "Float"}]


def describe(write: Write, fields: list[dict[str, Any]]) -> None:
    """The app has an Invoice with these fields, and its items."""
    write(PLACE, json.dumps({"name": "Invoice", "fields": fields}))
    item = {"name": "Invoice Item", "istable": 1, "fields": ITEM}
    write("myapp/selling/doctype/invoice_item/invoice_item.json", json.dumps(item))


@pytest.fixture
def invoices(frappe: Any, write: Write) -> Any:
    """With the tables of what the app describes."""
    describe(write, FIELDS)
    migrated()
    return frappe


def migrated(*arguments: str) -> str:
    done = CliRunner().invoke(main, ["migrate", *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def columns(doctype: str) -> dict[str, schema.Column]:
    try:
        return schema.columns(local.db._open(), doctype)
    finally:
        local.db.rollback()


def test_migrate_makes_what_an_app_describes(frappe: Any, write: Write) -> None:
    describe(write, FIELDS)
    assert "standalone: Invoice (" in migrated()
    assert migrated() == "standalone: every table is as it shall be\n"
    found = columns("Invoice")
    assert {name: column.kind for name, column in found.items()} == {
        **dict.fromkeys(("name", "owner", "modified_by", "customer", "note", "number"), "text"),
        **dict.fromkeys(("_user_tags", "_comments", "_assign", "_liked_by"), "text"),
        **dict.fromkeys(("docstatus", "idx", "paid", "copies"), "int"),
        **dict.fromkeys(("creation", "modified", "sent_at"), "datetime"),
        "total": "float",
        "posting_date": "date",
        "at": "time",
    }
    assert not found["total"].null
    assert found["customer"].size == 140
    assert set(frappe.get_meta("Invoice").get_valid_columns()) == set(found)
    assert {"parent", "parenttype", "parentfield", "qty"} <= columns("Invoice Item").keys()
    connection = local.db._open()
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, "tabInvoice")
    indexed: dict[tuple[str, ...], bool] = {}
    for each in constraints.values():
        indexed[tuple(each["columns"])] = (
            each["unique"] or each["primary_key"] or indexed.get(tuple(each["columns"]), False)
        )
    assert indexed == {
        ("name",): True, ("modified",): False, ("customer",): False, ("number",): True
    }  # fmt: skip


def test_a_field_that_the_app_adds_comes_with_the_next_migrate(invoices: Any, write: Write) -> None:
    invoices.get_doc({"doctype": "Invoice", "name": "i"}).insert()
    invoices.db.commit()
    describe(write, [*FIELDS, {"fieldname": "colour", "fieldtype": "Data"}])
    assert "standalone: Invoice (colour)" in migrated()
    assert invoices.db.get_value("Invoice", "i", "colour") is None
    invoices.db.set_value("Invoice", "i", "colour", "red")
    assert invoices.db.sql("select colour from tabInvoice") == (("red",),)


def test_a_doctype_that_lists_its_name_as_a_field_is_made(frappe: Any, write: Write) -> None:
    describe(write, [{"fieldname": "name", "fieldtype": "Small Text"}, *FIELDS])
    migrated()
    assert migrated() == "standalone: every table is as it shall be\n"
    frappe.get_doc({"doctype": "Invoice", "name": "i", "note": "n"}).insert()
    assert frappe.get_all("Invoice", fields=["name", "note"]) == [{"name": "i", "note": "n"}]


def test_a_later_apps_folder_without_a_description_hides_none(
    root: Path, frappe: Any, write: Write
) -> None:
    describe(write, FIELDS)
    write("myapp/selling/doctype/invoice/invoice.py", """
        from frappe.model.document import Document
        class Invoice(Document): pass
    """)  # fmt: skip
    write("myapp_other/hooks.py", "")
    write("myapp_other/extras/doctype/invoice/invoice.py", "def of_its_own(): ...\n")
    settings.use(
        Settings.load(root=root, environ={"FRAPPE_CELERY_APPS": '["myapp", "myapp_other"]'})
    )
    migrated()
    assert frappe.get_meta("Invoice").has_field("customer")
    assert type(frappe.new_doc("Invoice")).__module__.startswith("myapp.")
    with pytest.raises(errors.NeedsFrappeSite, match="nonsense"):
        frappe.get_all("Invoice", fields=["nonsense"])


def test_what_the_database_refuses_is_said_with_the_table(frappe: Any, write: Write) -> None:
    if frappe.db.db_type == "postgres":
        pytest.skip("PostgreSQL has columns that differ by case only")
    frappe.db.rollback()
    describe(write, [*FIELDS, {"fieldname": "Copies", "fieldtype": "Int"}])
    refused = CliRunner().invoke(main, ["migrate"])
    assert refused.exit_code == 1
    assert "tabinvoice: duplicate column name" in refused.output.lower()


def custom(fieldname: str, fieldtype: str = "Data", **more: Any) -> dict[str, Any]:
    """A Custom Field of Invoice as an app's files have it."""
    return {"doctype": "Custom Field", "dt": "Invoice", "fieldname": fieldname} | {
        "fieldtype": fieldtype, **more
    }  # fmt: skip


def test_custom_fields_that_apps_bring_as_files_are_fields(invoices: Any, write: Write) -> None:
    fixtures = [custom("custom_rank", "Int", default="3"), custom("note", "Int"), custom("")]
    write("myapp/fixtures/custom_field.json", json.dumps(fixtures))
    write("myapp/fixtures/later_custom_field.json", json.dumps([custom("custom_until", "Date")]))
    fields = [custom("custom_code")]
    exported = {"doctype": "Invoice", "custom_fields": fields, "sync_on_migrate": 1}
    write("myapp/selling/custom/invoice.json", json.dumps(exported))
    write("myapp/selling/custom/unfit.json", "[]")
    assert "Invoice (custom_rank, custom_until, custom_code)" in migrated()
    document = invoices.get_doc(
        {"doctype": "Invoice", "name": "i", "custom_code": "c", "note": "n"}
    )
    document.insert()
    document.custom_until = "2026-01-02"
    document.save()
    fields = ["custom_rank", "custom_until", "custom_code", "note"]
    assert invoices.db.get_value("Invoice", "i", fields) == (3, date(2026, 1, 2), "c", "n")
    assert invoices.get_meta("Invoice").has_field("custom_code")


def setter(field_name: str, property: str, value: str, kind: str = "Check") -> dict[str, Any]:
    """A Property Setter of Invoice as an app's files have it; of no field the doctype's."""
    found = {"doc_type": "Invoice", "property": property, "value": value, "property_type": kind}
    where = {"doctype_or_field": "DocField" if field_name else "DocType"}
    return {"doctype": "Property Setter", **found, **where, "field_name": field_name or None}


def test_property_setters_that_apps_bring_as_files_count(invoices: Any, write: Write) -> None:
    write("myapp/fixtures/custom_field.json", json.dumps([custom("custom_rank", "Int")]))
    fixtures = [
        *(setter("customer", "reqd", "1"), setter("custom_rank", "default", "7", "Text")),
        *(setter("nothing", "reqd", "1"), setter("", "title_field", "customer", "Data")),
    ]
    write("myapp/fixtures/property_setter.json", json.dumps(fixtures))
    exported = {"sync_on_migrate": 1, "property_setters": [setter("copies", "no_copy", "1")]}
    write("myapp/selling/custom/invoice.json", json.dumps(exported))
    with pytest.raises(invoices.MandatoryError, match="customer"):
        invoices.get_doc({"doctype": "Invoice", "name": "i"}).insert()
    document = invoices.get_doc({"doctype": "Invoice", "name": "i", "customer": "c"}).insert()
    assert (document.custom_rank, document.get_title()) == (7, "c")
    assert invoices.get_meta("Invoice").get_field("copies").no_copy == 1


MORE = {"copies": "Float", "posting_date": "Datetime", "customer": "Small Text", "paid": "Int"}
BEFORE = {"copies": 2, "posting_date": date(2026, 1, 2), "customer": "c", "paid": 1}


def changed(write: Write, fieldtypes: dict[str, str]) -> None:
    """The app says otherwise of these fields."""
    fields = [
        {**df, "fieldtype": fieldtypes.get(df["fieldname"], df["fieldtype"])} for df in FIELDS
    ]
    describe(write, fields)


def test_a_field_that_may_hold_more_has_its_column_widened_and_nothing_lost(
    invoices: Any, write: Write
) -> None:
    invoices.get_doc({"doctype": "Invoice", "name": "old", **BEFORE}).insert()
    invoices.get_doc({"doctype": "Invoice", "name": "empty", "number": "n"}).insert()
    invoices.db.commit()
    changed(write, MORE)
    output = migrated()
    assert "copies: int is now float" in output
    assert "posting_date: date is now datetime" in output
    assert "customer: text of 140 characters is now text" in output
    assert migrated() == "standalone: every table is as it shall be\n"
    found = invoices.db.get_value("Invoice", "old", list(BEFORE), as_dict=True)
    assert found == {**BEFORE, "posting_date": datetime(2026, 1, 2)}
    assert invoices.db.get_value("Invoice", "empty", list(BEFORE)) == (0, None, None, 1)
    more = {"copies": 2.75, "posting_date": "2026-01-01 10:30", "customer": "x" * 500, "paid": 300}
    invoices.get_doc({"doctype": "Invoice", "name": "new", **more}).insert()
    found = invoices.db.get_value("Invoice", "new", list(more), as_dict=True)
    assert found == {**more, "posting_date": datetime(2026, 1, 1, 10, 30)}
    assert invoices.get_all("Invoice", {"posting_date": "2026-01-02"}, pluck="name") == ["old"]
    with pytest.raises(invoices.UniqueValidationError):
        invoices.get_doc({"doctype": "Invoice", "number": "n"}).insert()


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("copies", 2.75, "'copies' of 'Invoice' holds int, not all of 2.75"),
        ("copies", "2.75", "holds int"),
        ("posting_date", "2026-01-01 10:30", "'posting_date' of 'Invoice' holds date"),
        ("posting_date", datetime(2026, 1, 1, 10, 30), "to datetime, which the app describes"),
        ("customer", "x" * 141, "'customer' of 'Invoice' holds text of 140 characters"),
    ],
)
def test_before_that_migrate_no_value_is_cut(
    invoices: Any, write: Write, field: str, value: Any, says: str
) -> None:
    changed(write, MORE)
    fits = {"copies": 3.0, "posting_date": "2026-01-01 00:00", "customer": "x" * 140}
    doc = invoices.get_doc({"doctype": "Invoice", "name": "i", **fits}).insert()
    with pytest.raises(invoices.ValidationError, match=says) as caught:
        doc.db_set(field, value)
    assert "`frappe-celery migrate`" in str(caught.value)
    with pytest.raises(invoices.ValidationError, match=says):
        invoices.get_doc({"doctype": "Invoice", field: value}).insert()
    invoices.db.rollback()
    migrated()
    invoices.get_doc({"doctype": "Invoice", field: value}).insert()


def test_a_kind_that_a_column_cannot_become_is_refused(invoices: Any, write: Write) -> None:
    invoices.get_doc({"doctype": "Invoice", "name": "i", "note": "five"}).insert()
    invoices.db.commit()
    changed(write, {"note": "Int", "copies": "Float"})
    done = CliRunner().invoke(main, ["migrate"])
    assert done.exit_code == 1
    says = "the column 'note' of 'Invoice' holds text, and int is wanted"
    assert says in done.output
    assert columns("Invoice")["copies"].kind == "int"
    with pytest.raises(invoices.ValidationError, match=says):
        invoices.db.set_value("Invoice", "i", "note", 5)
    assert invoices.db.get_value("Invoice", "i", "note") == "five"


def test_a_field_that_shall_hold_less_keeps_its_column(invoices: Any, write: Write) -> None:
    changed(write, {"note": "Data", "copies": "Check"})
    assert migrated() == "standalone: every table is as it shall be\n"
    invoices.get_doc({"doctype": "Invoice", "name": "i", "note": "x"}).insert()


def test_a_days_column_that_documents_brought_refuses_a_time(frappe: Any) -> None:
    frappe.get_doc({"doctype": "Box", "name": "a", "day": date(2026, 1, 2)}).insert()
    frappe.db.commit()
    given = {"doctype": "Box", "name": "b", "day": datetime(2026, 1, 1, 10, 30)}
    with pytest.raises(frappe.ValidationError, match="migrate --doctype 'Box' day=datetime`"):
        frappe.get_doc(given).insert()
    frappe.db.rollback()
    assert "day: date is now datetime" in migrated("--doctype", "Box", "day=datetime")
    frappe.get_doc(given).insert()
    assert frappe.get_all("Box", order_by="name", pluck="day") == [
        datetime(2026, 1, 2), datetime(2026, 1, 1, 10, 30)
    ]  # fmt: skip


def test_a_table_that_migrate_has_not_made_is_made_with_the_first_document(
    frappe: Any, write: Write
) -> None:
    describe(write, FIELDS)
    assert frappe.get_all("Invoice") == []
    assert frappe.db.sql("select name from tabInvoice") == ()
    frappe.get_doc({"doctype": "Invoice", "name": "i", "items": [{"item": "a"}]}).insert()
    assert frappe.db.sql("select parent, item, idx from `tabInvoice Item`") == (("i", "a", 1),)


def test_values_become_what_the_field_is(invoices: Any) -> None:
    given = {"copies": "2", "total": "1,234.5", "posting_date": "2026-01-02", "paid": True}
    given |= {"sent_at": "2026-01-02 03:04:05", "at": "10:11:12", "number": ""}
    doc = invoices.get_doc({"doctype": "Invoice", "name": "i", **given}).insert()
    invoices.get_doc({"doctype": "Invoice", "name": "j", "number": ""}).insert()
    stored = invoices.db.get_value("Invoice", "i", list(given), as_dict=True)
    assert stored == {
        "copies": 2,
        "total": 1234.5,
        "posting_date": date(2026, 1, 2),
        "paid": 1,
        "sent_at": datetime(2026, 1, 2, 3, 4, 5),
        "at": timedelta(hours=10, minutes=11, seconds=12),
        "number": None,
    }
    assert invoices.db.get_value("Invoice", "j", ["copies", "total", "paid"]) == (0, 0, 1)
    with pytest.raises(invoices.CharacterLengthExceededError, match="customer has 141"):
        doc.db_set("customer", "x" * 141)


def test_json_that_comes_as_text_is_kept_as_it_is(frappe: Any, write: Write) -> None:
    describe(write, [*FIELDS, {"fieldname": "options", "fieldtype": "JSON"}])
    text = '{"n": 1}'
    document = frappe.get_doc({"doctype": "Invoice", "name": "i", "options": text}).insert()
    document.save()
    document.db_set("options", document.options)
    assert frappe.get_doc("Invoice", "i").options == text
    assert frappe.db.get_value("Invoice", "i", "options") == text
    frappe.get_doc({"doctype": "Invoice", "name": "j", "options": {"n": 1}}).insert()
    assert frappe.get_doc("Invoice", "j").options == text


def test_a_number_is_there_once(invoices: Any) -> None:
    invoices.get_doc({"doctype": "Invoice", "number": "1"}).insert()
    with pytest.raises(invoices.UniqueValidationError):
        invoices.get_doc({"doctype": "Invoice", "number": "1"}).insert()


def test_child_rows_follow_their_document(invoices: Any) -> None:
    rows = [{"item": "a", "qty": 1}, {"item": "b", "qty": 2}]
    doc = invoices.get_doc({"doctype": "Invoice", "name": "i", "items": rows}).insert()
    back = invoices.get_doc("Invoice", "i")
    assert [(row.idx, row.item, row.qty, row.parenttype) for row in back.items] == [
        (1, "a", 1.0, "Invoice"),
        (2, "b", 2.0, "Invoice"),
    ]
    kept = back.items[1].name
    back.remove(back.items[0])
    back.append("items", {"item": "c"})
    back.items[0].qty = 5
    back.save()
    found = invoices.get_all("Invoice Item", {"parent": "i"}, ["name", "item", "qty", "idx"])
    assert sorted((row.item, row.qty, row.idx) for row in found) == [("b", 5, 1), ("c", 0, 2)]
    assert kept in {row.name for row in found}
    doc.reload().delete()
    assert invoices.db.count("Invoice Item") == 0


def test_another_kind_of_value_is_refused_and_the_field_named(frappe: Any) -> None:
    frappe.get_doc({"doctype": "Box", "name": "a", "size": 1, "word": "x"}).insert()
    with pytest.raises(frappe.ValidationError, match=r"'size' holds int.*'big' is text"):
        frappe.get_doc({"doctype": "Box", "size": "big"}).insert()
    with pytest.raises(frappe.ValidationError, match=r"'word' holds text.*5 is int"):
        frappe.db.set_value("Box", "a", "word", 5)
    assert frappe.get_all("Box", pluck="size") == [1]


def test_a_table_made_in_a_transaction_goes_with_it(frappe: Any) -> None:
    if frappe.db.db_type == "mariadb":
        pytest.skip("a CREATE TABLE of MariaDB's commits")
    frappe.get_doc({"doctype": "Box", "name": "a", "size": 1}).insert()
    frappe.db.rollback()
    assert not frappe.db.table_exists("Box")
    frappe.get_doc({"doctype": "Box", "name": "b", "size": "big"}).insert()
    frappe.db.savepoint("here")
    frappe.db.set_value("Box", "b", "colour", "red")
    frappe.db.rollback(save_point="here")
    assert frappe.get_all("Box", {"colour": "red"}) == []
    frappe.db.set_value("Box", "b", "colour", "blue")
    frappe.db.commit()
    assert frappe.get_all("Box", fields=["name", "size", "colour"]) == [
        {"name": "b", "size": "big", "colour": "blue"}
    ]


def test_a_column_by_command(frappe: Any) -> None:
    assert "Box (" in migrated("--doctype", "Box", "size=int", "word=text")
    assert columns("Box")["size"].kind == "int"
    assert "standalone: Box (when)" in migrated("--doctype", "Box", "when=datetime")
    assert "every table is as it shall be" in migrated("--doctype", "Box", "Size=int")
    wrong = CliRunner().invoke(main, ["migrate", "--doctype", "Box", "size=number"])
    assert "'size=number' is not FIELD=KIND" in wrong.output


def test_what_the_database_has_can_be_asked(invoices: Any) -> None:
    assert invoices.db.table_exists("Invoice")
    assert invoices.db.has_column("Invoice", "name")
    assert invoices.db.has_column("Invoice", "copies")
    assert not invoices.db.has_column("Invoice", "colour")
    assert not invoices.db.has_column("Invoice", "items")
    assert not invoices.db.table_exists("Nothing", cached=False)


def test_a_singles_field_is_what_the_app_says(frappe: Any, write: Write) -> None:
    place = "myapp/selling/doctype/shop_settings/shop_settings.json"
    write(place, json.dumps({"name": "Shop Settings", "issingle": 1, "fields": FIELDS}))
    found = frappe.db.get_single_value
    assert (found("Shop Settings", "copies"), found("Shop Settings", "note")) == (0, "")
    frappe.db.set_single_value("Shop Settings", {"copies": "5", "number": 7, "total": "1.5"})
    frappe.db.set_single_value("Shop Settings", "posting_date", "2026-01-02")
    assert [found("Shop Settings", name) for name in ("copies", "number", "total")] == [5, "7", 1.5]
    assert found("Shop Settings", "posting_date") == date(2026, 1, 2)
    with pytest.raises(frappe.InvalidColumnName, match="Shop Settings has no field 'nonsense'"):
        found("Shop Settings", "nonsense")


def test_doctypes_are_documents_too(invoices: Any, write: Write) -> None:
    box = {"name": "Box", "module": "Selling", "track_changes": 1, "fields": ITEM}
    write("myapp/selling/doctype/box/box.json", json.dumps(box))
    assert invoices.db.exists("DocType", "Box") == "Box"
    assert invoices.db.exists("DocType", {"name": "Box", "issingle": 0})
    assert not invoices.db.exists("DocType", "Nothing")
    assert invoices.db.get_value("DocType", "Box", ["module", "istable"]) == ("Selling", 0)
    assert invoices.get_cached_value("DocType", "Invoice Item", "istable") == 1
    assert invoices.get_meta("Box").module == "Selling"
    assert {"Box", "Invoice", "Error Log"} <= set(invoices.get_all("DocType", pluck="name"))
    of_rows = invoices.get_all("DocType", {"istable": 1}, pluck="name")
    assert "Invoice Item" in of_rows
    assert "Box" not in of_rows
    assert invoices.get_doc("DocType", "Box").fields[1].fieldname == "qty"
    wanted = {"parent": "Invoice", "fieldtype": "Date", "hidden": 0}
    assert invoices.get_all("DocField", wanted, pluck="fieldname") == ["posting_date"]
    invoices.get_doc({"doctype": "Of Nobody", "n": 1}).insert()
    assert invoices.db.exists("DocType", "Of Nobody")
    with pytest.raises(errors.NeedsFrappeSite, match="writing documents of 'DocType'"):
        invoices.db.set_value("DocType", "Box", "module", "Other")


def test_own_doctypes_have_frappes_tables(frappe: Any) -> None:
    frappe.get_doc({"doctype": "Box", "naming_series": "B-.##"}).insert()
    assert frappe.db.sql("select name, current from tabSeries") == (("B-", 1),)
    frappe.log_error("broken", "why")
    assert frappe.db.sql("select method, error from `tabError Log`") == (("broken", "why"),)
    frappe.db.set_single_value("Shop Settings", "open", 1)
    assert frappe.db.sql(
        "select value from tabSingles where doctype = 'Shop Settings' and field = 'open'"
    ) == (("1",),)
    frappe.db.set_default("company", "c")
    assert frappe.db.sql("select defvalue from tabDefaultValue where defkey = 'company'") == (
        ("c",),
    )


# -- sites


def test_each_site_has_a_database_of_its_own(frappe: Any) -> None:
    frappe.get_doc({"doctype": "Box", "name": "a", "size": 1}).insert()
    frappe.db.commit()
    with visit("other.localhost", "Administrator"):
        assert not frappe.db.table_exists("Box")
        frappe.get_doc({"doctype": "Box", "name": "b", "size": "another kind"}).insert()
        frappe.db.commit()
        assert frappe.db.sql("select name from tabBox") == (("b",),)
        frappe.db.sql("delete from tabBox where name = 'a'")
        frappe.db.commit()
    assert frappe.db.sql("select name, size from tabBox") == (("a", 1),)
    with visit("other.localhost", "Administrator"):
        assert frappe.db.sql("select name from tabBox") == (("b",),)


def test_a_day_and_a_time_are_a_time(frappe: Any) -> None:
    if frappe.db.db_type == "postgres":
        pytest.skip("TIMESTAMP of two is not carried to PostgreSQL yet")
    at = {"day": date(2026, 1, 2), "at": timedelta(hours=10, seconds=1)}
    frappe.get_doc({"doctype": "Thing", "name": "late", **at}).insert()
    frappe.get_doc({"doctype": "Thing", "name": "early", **at, "at": timedelta(hours=9)}).insert()
    found = frappe.get_all("Thing", order_by="timestamp(day, at) asc", pluck="name")
    assert found == ["early", "late"]
    text = "select name from tabThing where timestamp(day, at) > '2026-01-02 10:00:00'"
    assert frappe.db.sql(text) == (("late",),)


def test_a_site_keeps_its_database_when_another_becomes_the_default(
    frappe: Any, root: Path
) -> None:
    frappe.get_doc({"doctype": "Box", "name": "a"}).insert()
    frappe.db.commit()
    from frappe_celery.config import settings

    frappe.destroy()
    environ = {"FRAPPE_CELERY_DEFAULT_SITE": "second"}
    if settings.current().database_url:
        environ["DATABASE_URL"] = settings.current().database_url
    settings.use(settings.Settings.load(root=root, environ=environ))
    with visit("second", "Administrator"):
        assert not frappe.db.table_exists("Box")
    with visit("standalone", "Administrator"):
        assert frappe.get_all("Box", pluck="name") == ["a"]


def test_a_new_row_holds_what_its_doctype_says(frappe: Any, write: Write) -> None:
    centre = {"fieldname": "cost_center", "fieldtype": "Data"}
    company = {"name": "Company", "fields": [centre]}
    write("myapp/selling/doctype/company/company.json", json.dumps(company))
    links = [{"fieldname": "company", "fieldtype": "Link", "options": "Company"}]
    describe(write, [*links, {**centre, "default": ":Company"}, *FIELDS])
    fields = [
        {**centre, "default": ":Company"},
        {"fieldname": "billed", "fieldtype": "Check", "default": "1"},
        {"fieldname": "state", "fieldtype": "Select", "options": "Open\nClosed"},
        {"fieldname": "qty", "fieldtype": "Float"},
    ]
    item = {"name": "Invoice Item", "istable": 1, "fields": fields}
    write("myapp/selling/doctype/invoice_item/invoice_item.json", json.dumps(item))
    migrated()
    for name in ("one", "two"):
        frappe.get_doc({"doctype": "Company", "name": name, "cost_center": f"of {name}"}).insert()
    frappe.db.set_default("company", "two")
    rows = [{}, {"billed": 0, "state": "Closed", "cost_center": "own"}]
    invoice = frappe.get_doc({"doctype": "Invoice", "company": "one", "items": rows}).insert()
    assert invoice.cost_center == "of two"
    invoice.append("items", {})
    invoice.save()
    stored = frappe.get_all(
        "Invoice Item", fields=["billed", "state", "cost_center"], order_by="idx", as_list=True
    )
    new = (1, "Open", "of one")
    assert stored == (new, (0, "Closed", "own"), new)


def test_names_that_are_numbers(frappe: Any, write: Write) -> None:
    rows = [{"fieldname": "steps", "fieldtype": "Table", "options": "Step"}]
    of = {"fieldname": "of", "fieldtype": "Link", "options": "Job"}
    text = {"fieldname": "text", "fieldtype": "Data"}
    for name, more in (
        ("job", {"autoname": "autoincrement", "fields": [*rows, text]}),
        ("step", {"istable": 1, "fields": [text, of]}),
    ):
        path = f"myapp/main/doctype/{name}/{name}.json"
        write(path, json.dumps({"name": name.title(), **more}))
    for doctype in ("Job", "Step"):
        frappe.get_doc({"doctype": doctype, "name": 1}).db_insert()
        frappe.db.rollback()
    for name in (10, 2):
        frappe.get_doc({"doctype": "Job", "name": name, "text": "x"}).db_insert()
        step = {"doctype": "Step", "name": f"s{name}", "text": f"of {name}", "of": name}
        frappe.get_doc({**step, "parent": name, "parenttype": "Job"}).db_insert()
    assert frappe.get_all("Job", pluck="name", order_by="name") == [2, 10]
    for name in (2, "2"):
        assert frappe.db.exists("Job", name) == 2
        assert frappe.get_doc("Job", name).name == 2
        assert frappe.db.get_value("Job", {"name": ["in", [name]]}) == 2
    assert frappe.get_all("Job", [["Step", "text", "=", "of 10"]], pluck="name") == [10]
    linked = frappe.get_all("Step", {"of.text": "x"}, ["of", "of.name"], order_by="of.name")
    assert linked == [{"of": "2", "name": 2}, {"of": "10", "name": 10}]
    assert frappe.db.sql("select name from tabJob order by name") == ((2,), (10,))


def test_many_rows_are_inserted_at_once(frappe: Any, write: Write) -> None:
    describe(write, FIELDS)
    rows = [(f"i{number}", number, "2026-01-02") for number in range(2500)]
    fields = ["name", "copies", "posting_date"]
    frappe.db.bulk_insert("Invoice", fields, iter(rows))
    assert frappe.db.count("Invoice") == 2500
    last = frappe.db.get_value("Invoice", "i2499", [*fields, "owner", "docstatus"])
    assert last == ("i2499", 2499, date(2026, 1, 2), None, 0)
    with pytest.raises(frappe.DuplicateEntryError):
        frappe.db.bulk_insert("Invoice", fields, [("new", 1, None), rows[0]])
    assert not frappe.db.exists("Invoice", "new")
    more = [("i0", 7, None), ("new", 1, None)]
    frappe.db.bulk_insert("Invoice", fields, more, ignore_duplicates=True, chunk_size=1)
    both = {"name": ["in", ["i0", "new"]]}
    assert frappe.get_all("Invoice", both, pluck="copies", order_by="name") == [0, 1]
    frappe.db.bulk_insert("Invoice", fields, [])


def test_what_a_single_holds_is_of_its_fields_types(frappe: Any, write: Write) -> None:
    place = "myapp/selling/doctype/shop_settings/shop_settings.json"
    write(place, json.dumps({"name": "Shop Settings", "issingle": 1, "fields": FIELDS}))
    single, db = "Shop Settings", frappe.db
    assert db.get_value(single, None, "copies") is None
    assert db.get_value(single, None, ["copies", "note"], as_dict=True) is None
    set_before = {"posting_date": "2026-01-02", "copies": 5, "total": 2.5, "paid": True}
    db.set_single_value(single, set_before)
    assert db.get_value(single, None, ["posting_date", "copies"]) == ["2026-01-02", "5"]  # in 15
    settings.use(replace(settings.current(), frappe_version=16))
    for filters in (None, single):
        assert db.get_value(single, filters, "posting_date") == date(2026, 1, 2)
        assert db.get_value(single, filters, ["copies", "note"]) == [5, None]
        assert db.get_value(single, filters, ["copies", "note"], as_dict=True) == {"copies": 5}
        assert db.get_value(single, filters, "*", as_dict=True).items() >= {"total": 2.5}.items()
    texts = {"posting_date": "2026-01-02", "copies": "5", "total": "2.5", "paid": "1"}
    assert db.get_singles_dict(single).items() >= texts.items()
    found = {"posting_date": date(2026, 1, 2), "copies": 5, "total": 2.5, "paid": 1}
    assert db.get_singles_dict(single, cast=True).items() >= found.items()


def test_a_field_that_is_not_there_is_not_set_in_silence(invoices: Any) -> None:
    invoices.get_doc({"doctype": "Invoice", "name": "i"}).insert()
    for ask in (
        lambda: invoices.db.set_value("Invoice", "i", "notes", 1),
        lambda: invoices.db.set_value("Invoice", {"name": "i"}, "notes", 1),
        lambda: invoices.get_doc("Invoice", "i").db_set("notes", 1),
        lambda: invoices.db.get_value("Invoice", "i", "notes"),
        lambda: invoices.get_all("Invoice", {"notes": 1}),
    ):
        with pytest.raises(errors.NeedsFrappeSite, match=r"'notes'.*it has note") as raised:
            ask()
        assert invoices.db.is_missing_column(raised.value)
        assert not isinstance(raised.value, invoices.ValidationError)  # apps answer for that one
    assert invoices.db.exists("Invoice", {"notes": 1}) is None


def test_a_day_that_does_not_begin_with_its_year_is_refused(invoices: Any) -> None:
    for text in ("05-01-2026", "5 January 2026", "01/05/2026"):
        for field in ("posting_date", "sent_at"):
            with pytest.raises(invoices.ValidationError, match=f"{field}: '{text}' cannot be"):
                invoices.get_doc({"doctype": "Invoice", "name": "i", field: text}).insert()
    invoices.get_doc({"doctype": "Invoice", "name": "i"}).insert()
    with pytest.raises(invoices.ValidationError, match="posting_date"):
        invoices.db.set_value("Invoice", "i", "posting_date", "05-01-2026")
    for text in ("2026-1-5", "2026-01-05 10:00:00", "2026/01/05", "20260105"):
        invoices.db.set_value("Invoice", "i", {"posting_date": text[:10], "sent_at": text})
        assert invoices.db.get_value("Invoice", "i", "posting_date") == date(2026, 1, 5)
