"""What PostgreSQL alone does: statements that fail within a transaction, and its indexes."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from django.db import connections
from django.db.utils import InternalError, OperationalError, ProgrammingError
from django.test.utils import CaptureQueriesContext

from frappe_celery.config import settings
from frappe_celery.errors import NeedsFrappeSite
from frappe_standalone.database import open_transaction, schema
from tests.servers import PostgresServer
from tests.unit.standalone.test_document_work import bills, change

__all__ = ["bills"]


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


def test_a_document_is_read_and_stored_in_three_round_trips(bills: Any) -> None:
    bills.db.sql("select 1")
    with CaptureQueriesContext(connections["default"]) as sent:
        change(bills, "Order", "a")
    assert len(sent) == 3, [each["sql"] for each in sent]


def test_a_statement_that_fails_leaves_the_transaction_as_it_was(bills: Any) -> None:
    def fails(statement: str) -> None:
        with pytest.raises(NeedsFrappeSite, match="no_such"):
            bills.db.sql(statement, {"name": "a"})

    bills.db.set_value("Order", "a", "text_1", "100 %")
    fails("select no_such(%(name)s) -- 100 %% of it")
    fails("update tabOrder set name = no_such(%(name)s)")
    assert bills.db.sql("select text_1 from tabOrder where name = %s; -- it", "a") == (("100 %",),)
    bills.db.commit()
    assert bills.get_doc("Order", "a").text_1 == "100 %"


@pytest.mark.parametrize("text", ["A\x00B", "caf\udce9"])
def test_a_value_that_cannot_be_sent_leaves_the_transaction_as_it_was(
    bills: Any, text: str
) -> None:
    bills.db.set_value("Order", "a", "text_1", "kept")
    for _ in range(2):
        with pytest.raises(Exception, match=r"NUL|surrogates"):
            bills.db.set_value("Order", "a", "text_1", text)
    bills.db.commit()
    assert bills.get_doc("Order", "a").text_1 == "kept"


def test_what_is_sent_with_its_savepoint_is_seen_as_written(bills: Any) -> None:
    bills.db.rollback()
    bills.db.sql("select name from tabOrder")
    assert open_transaction.current("standalone") is None
    bills.db.sql("update tabOrder set text_1 = 'x'")
    assert open_transaction.current("standalone") is not None


def test_a_transaction_that_another_statement_spoilt_is_not_committed(bills: Any) -> None:
    bills.db.begin()
    with pytest.raises(ProgrammingError), connections["default"].cursor() as cursor:
        cursor.execute("select no_such()")
    with pytest.raises(InternalError):
        bills.db.set_value("Order", "a", "text_1", "lost")
    with pytest.raises(Exception, match="caught and ignored"):
        bills.db.commit()
    assert bills.db.get_value("Order", "a", "text_1") is None


# -- what a template's SELECT can do

LARGE_OBJECTS = "select count(*) from pg_largeobject_metadata"


def test_a_text_that_a_function_runs_writes_nothing(bills: Any) -> None:
    inner = "select to_tsvector(lo_from_bytea(0, ''x'')::text)"
    template = f"""{{{{ frappe.db.sql("select * from ts_stat('{inner}')") }}}}"""
    with pytest.raises(bills.PermissionError, match="ts_stat"):
        bills.render_template(template)
    assert bills.db.sql(LARGE_OBJECTS) == ((0,),)


def test_what_a_template_calls_writes_nothing_even_where_the_project_admits_it(bills: Any) -> None:
    bills.db.set_value("Order", "a", "text_1", "kept")
    bills.db._run_as_it_is("create sequence numbers", ())
    functions = ["lo_from_bytea", "nextval"]
    settings.use(replace(settings.current(), frappe_celery_sql_functions=functions))
    with pytest.raises(NeedsFrappeSite, match="read-only transaction"):
        bills.render_template("""{{ frappe.db.sql("select nextval('numbers')") }}""")
    with suppress(NeedsFrappeSite):  # from PostgreSQL 16 on
        bills.render_template("""{{ frappe.db.sql("select lo_from_bytea(0, 'x')") }}""")
    query = """{{ frappe.qb.from_('Order').select('text_1').where(frappe.qb.Field('name') == 'a')"""
    assert bills.render_template(query + ".run() }}") == "(('kept',),)"
    assert bills.db.sql(LARGE_OBJECTS) == ((0,),)
    bills.db.commit()
    assert bills.db.get_value("Order", "a", "text_1") == "kept"
    assert bills.db.sql("select nextval('numbers')") == ((1,),)


def test_columns_that_a_team_made_itself_are_what_they_are(frappe: Any) -> None:
    with frappe.db._open().cursor() as cursor:
        cursor.execute(
            "create domain label as varchar(12) not null; create type size as enum ('S');"
            'create table "tabBox" (gone int, name varchar(140) primary key, label label,'
            ' size size, sizes int[], seen timestamptz, "Note" text collate "C", rate numeric(9,2))'
        )
        cursor.execute('alter table "tabBox" drop column gone')
    found = schema.columns(frappe.db._open(), "Box")
    assert list(found.values()) == [
        schema.Column("name", "text", 140, null=False),
        schema.Column("label", "text", 12, null=False),
        schema.Column("size", "text", None),
        schema.Column("sizes", "text", None),
        schema.Column("seen", "datetime", None),
        schema.Column("Note", "json", None),
        schema.Column("rate", "decimal", None),
    ]
    assert schema.columns(frappe.db._open(), 'B"x') == {}
