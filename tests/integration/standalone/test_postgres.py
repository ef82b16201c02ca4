"""The unit tests of documents, filters, transactions, jobs and schedule rows, on PostgreSQL."""
# ruff: noqa: F403 (the tests themselves)

from typing import Any

import pytest
from django.db.utils import OperationalError

from tests.servers import PostgresServer
from tests.unit.standalone.test_as_real_apps_call import *
from tests.unit.standalone.test_documents import *
from tests.unit.standalone.test_error_log import *
from tests.unit.standalone.test_filters import *
from tests.unit.standalone.test_frappes_doctypes import *
from tests.unit.standalone.test_queries import *
from tests.unit.standalone.test_run import *
from tests.unit.standalone.test_saving import *
from tests.unit.standalone.test_schedule_rows import *
from tests.unit.standalone.test_tables import *
from tests.unit.standalone.test_templates import *
from tests.unit.standalone.test_texts import *
from tests.unit.standalone.test_transaction import *
from tests.unit.standalone.test_trees import *
from tests.unit.standalone.test_unknown_doctypes import *

SERVER = "postgres_server"


def test_it_is_postgresql(frappe: Any) -> None:
    assert frappe.db.db_type == "postgres"


def test_a_connection_that_broke_is_told_as_what_it_is(
    frappe: Any, postgres_server: PostgresServer
) -> None:
    ((backend,),) = frappe.db.sql("select pg_backend_pid()")
    postgres_server.sql(f"select pg_terminate_backend({backend})")
    for _ in range(2):
        with pytest.raises(OperationalError, match="does not answer") as raised:
            frappe.db.sql("select 1")
        assert str(raised.value).count("does not answer") == 1
        assert frappe.db.is_interface_error(raised.value)
    frappe.db.rollback()
    assert frappe.db.sql("select 1") == ((1,),)


def test_the_newest_are_found_by_the_index(frappe: Any) -> None:
    frappe.get_doc({"doctype": "Memo", "name": "a"}).insert()
    asked: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, values: Any, *rest: Any) -> Any:
        asked.append((sql, values))
        return execute(sql, values, *rest)

    connection = frappe.db._open()
    with connection.execute_wrapper(note):
        frappe.db.get_value("Memo", {"docstatus": 0}, "name")
        frappe.get_all("Memo", {"docstatus": 0}, order_by="modified", limit=20)
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
        for sql, values in asked:
            cursor.execute(f"explain {sql}", values)
            assert "Sort" not in str(cursor.fetchall())
