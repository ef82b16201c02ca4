"""A doctype that nothing describes and no document has made: each call answers what Frappe's does.

The answers are those of Frappe 16.9 and 17 on MariaDB, which were the same, call by call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from frappe_celery.errors import NeedsFrappeSite

NAME = "Nonsense"
NOT_FOUND, NO_TABLE, NO_CONTROLLER = "not found", "no table", "no controller"
CALLS: list[tuple[Callable[[Any], Any], Any]] = [
    (lambda f: f.get_all(NAME), NOT_FOUND),
    (lambda f: f.get_all(NAME, {"a": 1}), NOT_FOUND),
    (lambda f: f.get_list(NAME), NOT_FOUND),
    (lambda f: f.get_last_doc(NAME), NOT_FOUND),
    (lambda f: f.get_meta(NAME), NOT_FOUND),
    (lambda f: f.delete_doc(NAME, "x"), NOT_FOUND),
    (lambda f: f.delete_doc_if_exists(NAME, "x"), NOT_FOUND),
    (lambda f: f.rename_doc(NAME, "x", "y"), NOT_FOUND),
    (lambda f: f.db.get_all(NAME), NOT_FOUND),
    (lambda f: f.db.get_value(NAME, None, "a"), NOT_FOUND),
    (lambda f: f.db.get_single_value(NAME, "a"), NOT_FOUND),
    (lambda f: f.db.a_row_exists(NAME), NOT_FOUND),
    (lambda f: f.get_doc(NAME, "x"), NO_CONTROLLER),
    (lambda f: f.get_doc(NAME, {"a": 1}), NO_CONTROLLER),
    (lambda f: f.get_single(NAME), NO_CONTROLLER),
    (lambda f: f.get_cached_doc(NAME, "x"), NO_CONTROLLER),
    (lambda f: f.get_cached_value(NAME, "x", "name"), NO_CONTROLLER),
    (lambda f: f.db.get_value(NAME, "x", "a"), NO_TABLE),
    (lambda f: f.db.get_value(NAME, {"a": 1}), NO_TABLE),
    (lambda f: f.db.get_values(NAME, {"a": 1}), NO_TABLE),
    (lambda f: f.db.count(NAME), NO_TABLE),
    (lambda f: f.db.count(NAME, {"a": 1}), NO_TABLE),
    (lambda f: f.db.set_value(NAME, "x", "a", 1), NO_TABLE),
    (lambda f: f.db.bulk_update(NAME, {"x": {"a": 1}}), NO_TABLE),
    (lambda f: f.db.delete(NAME, {"name": "x"}), NO_TABLE),
    (lambda f: f.db.has_column(NAME, "a"), NO_TABLE),
    (lambda f: f.db.sql("select name from `tabNonsense`"), NO_TABLE),
    (lambda f: f.qb.from_(NAME).select("name").run(), NO_TABLE),
    (lambda f: f.qb.get_query(NAME, fields=["name"]).run(), NO_TABLE),
    (lambda f: f.db.exists(NAME, "x"), None),
    (lambda f: f.db.exists(NAME, {"a": 1}), None),
    (lambda f: f.db.exists({"doctype": NAME, "a": 1}), None),
    (lambda f: f.db.exists(NAME, NAME), NAME),
    (lambda f: f.db.exists("DocType", NAME), None),
    (lambda f: f.db.get_singles_dict(NAME), {}),
    (lambda f: f.db.table_exists(NAME), False),
]


def answer(frappe: Any, call: Callable[[Any], Any]) -> Any:
    try:
        return call(frappe)
    except NeedsFrappeSite as error:
        return NO_TABLE if frappe.db.is_table_missing(error) else error
    except ImportError:
        return NO_CONTROLLER
    except frappe.DoesNotExistError:
        return NOT_FOUND


def test_each_call_answers_as_frappe_s_does(frappe: Any) -> None:
    found = [(number, answer(frappe, call)) for number, (call, _) in enumerate(CALLS)]
    wanted = [(number, wanted) for number, (_, wanted) in enumerate(CALLS)]
    assert found == wanted


def test_a_document_makes_it(frappe: Any) -> None:
    with pytest.raises(frappe.DoesNotExistError, match="inserting one makes it"):
        frappe.get_doc(NAME, "x")
    frappe.new_doc(NAME, size=1).insert()
    assert frappe.get_all(NAME, pluck="size") == [1]
    frappe.db.delete(NAME)
    assert (frappe.get_all(NAME), frappe.db.get_value(NAME, "x")) == ([], None)
    frappe.db.set_single_value("Bare Settings", "size", 2)
    assert frappe.get_single("Bare Settings").size == 2


FRAPPES: list[Callable[[Any], Any]] = [
    lambda f: f.get_all("Email Account"),
    lambda f: f.get_doc("Email Account", "x"),
    lambda f: f.get_meta("Email Account"),
    lambda f: f.new_doc("Email Account").insert(),
    lambda f: f.new_doc("Email Account").db_insert(),
    lambda f: f.get_single("Email Account"),
    lambda f: f.db.exists("Email Account", "x"),
    lambda f: f.db.get_value("Email Account", "x", "enable_incoming"),
    lambda f: f.db.count("Email Account"),
    lambda f: f.db.sql("select name from `tabEmail Account`"),
    lambda f: f.db.get_single_value("Email Account", "x"),
    lambda f: f.db.set_single_value("Email Account", "x", 1),
]


REFUSED_UNASKED = pytest.param(len(FRAPPES) - 1, marks=pytest.mark.no_database)


@pytest.mark.parametrize("number", [*range(len(FRAPPES) - 1), REFUSED_UNASKED])
def test_frappe_s_own_doctype_that_is_not_described_raises_by_its_name(
    frappe: Any, number: int
) -> None:
    with pytest.raises(NeedsFrappeSite, match=r"Email Account.*an app that describes"):
        FRAPPES[number](frappe)


@pytest.mark.parametrize("doctype", ["Activity Log", "Currency", "Note", "Reminder"])
def test_so_does_one_that_has_a_team_s_plain_name(frappe: Any, doctype: str) -> None:
    with pytest.raises(NeedsFrappeSite, match=f"{doctype}, a doctype of Frappe's own"):
        frappe.get_doc({"doctype": doctype, "title": "x"}).insert()


def test_a_table_that_is_not_there_is_caught_by_name(frappe: Any) -> None:
    for ask in (
        lambda: frappe.db.get_value(NAME, "x", "size"),
        lambda: frappe.db.sql("select 1 from `tabNothing`"),
    ):
        with pytest.raises(frappe.db.TableMissingError):
            ask()


def test_what_system_settings_do_not_say_is_not_made_up(frappe: Any) -> None:
    assert frappe.db.get_single_value("System Settings", "enable_scheduler") == 1
    with pytest.raises(NeedsFrappeSite, match="country of System Settings"):
        frappe.get_system_settings("country")
    frappe.db.set_single_value("System Settings", "country", "India")
    assert frappe.get_system_settings("country") == "India"
