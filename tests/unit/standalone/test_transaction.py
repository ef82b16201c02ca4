"""`frappe.db`: all in one transaction till commit or rollback, Django's own blocks respected."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from django.db import DatabaseError


def make(frappe: Any, name: str) -> Any:
    return frappe.get_doc({"doctype": "Memo", "name": name}).insert()


def stored(frappe: Any) -> list[str]:
    """What is committed: what a connection of another thread sees."""
    import threading

    from django.db import connections

    found: list[str] = []

    def look() -> None:
        connection = connections["default"]
        with connection.cursor() as cursor, suppress(DatabaseError):  # there is no table yet
            cursor.execute(f"select name from {connection.ops.quote_name('tabMemo')}")
            found.extend(name for (name,) in cursor.fetchall())
        connections.close_all()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    return sorted(found)


def test_nothing_is_stored_before_the_commit(frappe: Any) -> None:
    make(frappe, "a")
    assert frappe.db.exists("Memo", "a")
    assert stored(frappe) == []
    frappe.db.commit()
    assert stored(frappe) == ["a"]


def test_a_rollback_undoes_what_came_since_the_commit(frappe: Any) -> None:
    make(frappe, "a")
    frappe.db.commit()
    make(frappe, "b")
    frappe.db.rollback()
    make(frappe, "c")
    frappe.db.commit()
    assert stored(frappe) == ["a", "c"]


def test_leaving_the_site_rolls_back(frappe: Any) -> None:
    make(frappe, "a")
    frappe.destroy()
    frappe.init("standalone")
    frappe.connect()
    assert not frappe.db.exists("Memo", "a")


def test_savepoints_undo_a_part(frappe: Any) -> None:
    make(frappe, "a")
    frappe.db.savepoint("here")
    make(frappe, "b")
    frappe.db.rollback(save_point="here")
    frappe.db.commit()
    assert stored(frappe) == ["a"]
    with pytest.raises(ValueError, match="'here'"):
        frappe.db.rollback(save_point="here")


def test_the_savepoint_block_goes_on_after_the_error(frappe: Any) -> None:
    from frappe.database.database import savepoint

    with savepoint(catch=ValueError):
        make(frappe, "a")
        raise ValueError
    make(frappe, "b")
    frappe.db.commit()
    assert stored(frappe) == ["b"]


def test_a_duplicate_does_not_spoil_the_transaction(frappe: Any) -> None:
    make(frappe, "a")
    with pytest.raises(frappe.DuplicateEntryError):
        make(frappe, "a")
    make(frappe, "b")
    frappe.db.commit()
    assert stored(frappe) == ["a", "b"]


def test_after_commit_comes_after_the_commit_and_in_order(frappe: Any) -> None:
    seen: list[Any] = []
    make(frappe, "a")
    frappe.db.after_commit.add(lambda: seen.append(stored(frappe)))
    frappe.db.after_commit.add(lambda: seen.append("second"))
    assert seen == []
    frappe.db.commit()
    assert seen == [["a"], "second"]
    frappe.db.commit()
    assert len(seen) == 2


@pytest.mark.no_database
def test_a_rollback_drops_what_waits_for_the_commit(frappe: Any) -> None:
    seen: list[str] = []
    frappe.db.after_commit.add(lambda: seen.append("commit"))
    frappe.db.after_rollback.add(lambda: seen.append("rollback"))
    frappe.db.rollback()
    frappe.db.commit()
    assert seen == ["rollback"]


@pytest.mark.no_database
def test_a_commit_without_any_database_use_still_calls_back(frappe: Any) -> None:
    seen: list[str] = []
    frappe.db.after_commit.add(lambda: seen.append("commit"))
    frappe.db.commit()
    assert seen == ["commit"]


def test_inside_a_block_of_the_callers_own_that_block_decides(frappe: Any) -> None:
    from django.db import transaction

    from frappe_standalone.database import django_setup

    django_setup.connection("standalone")
    seen: list[str] = []
    with transaction.atomic():
        make(frappe, "a")
        frappe.db.after_commit.add(lambda: seen.append("committed"))
        frappe.db.commit()
        assert seen == []
        assert stored(frappe) == []
    assert seen == ["committed"]
    assert stored(frappe) == ["a"]

    with transaction.atomic():
        make(frappe, "b")
        frappe.db.after_commit.add(lambda: seen.append("never"))
        frappe.db.rollback()
    assert seen == ["committed"]
    assert stored(frappe) == ["a"]


def test_a_nested_block_that_fails_takes_its_callbacks_along(frappe: Any) -> None:
    from django.db import transaction

    seen: list[str] = []

    def failing() -> None:
        with transaction.atomic():
            make(frappe, "b")
            frappe.db.after_commit.add(lambda: seen.append("b"))
            raise LookupError

    make(frappe, "a")
    with pytest.raises(LookupError):
        failing()
    frappe.db.after_commit.add(lambda: seen.append("a"))
    frappe.db.commit()
    assert seen == ["a"]
    assert stored(frappe) == ["a"]


def test_a_swallowed_database_error_is_not_committed_over_in_silence(frappe: Any) -> None:
    from django.db import IntegrityError, transaction

    from frappe_standalone.models import SchedulerEvent

    make(frappe, "a")
    now = frappe.utils.now_datetime()
    SchedulerEvent.objects.create(name="a", creation=now, modified=now)
    with pytest.raises(IntegrityError):
        SchedulerEvent.objects.create(name="a", creation=now, modified=now)
    with pytest.raises(transaction.TransactionManagementError, match="rollback"):
        frappe.db.commit()
    assert stored(frappe) == []
    make(frappe, "b")
    frappe.db.commit()
    assert stored(frappe) == ["b"]


def test_sql_reads_writes_and_names_what_a_site_would_have(frappe: Any) -> None:
    make(frappe, "a")
    assert frappe.db.sql("select name from `tabMemo` where name = %s", "a") == (("a",),)
    rows = frappe.db.sql(
        "select name, docstatus from tabMemo where name = %(n)s", {"n": "a"}, as_dict=True
    )
    assert rows == [{"name": "a", "docstatus": 0}]
    assert rows[0].name == "a"
    frappe.db.sql("update `tabMemo` set owner = %s where name in %s", ("x", ["a", "b"]))
    assert frappe.db.sql_list("select owner from `tabMemo`") == ["x"]
    with pytest.raises(Exception, match=r"`tabSales Invoice`.*needs a Frappe site"):
        frappe.db.sql("select name from `tabSales Invoice`")
    frappe.db.commit()
    assert stored(frappe) == ["a"]
