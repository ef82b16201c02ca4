"""SQL of templates and expressions: one SELECT of known functions, run where it cannot write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from frappe_standalone.database import called, rows, translating
from frappe_standalone.exceptions import PermissionError as NotPermitted
from frappe_standalone.local import local
from frappe_standalone.missing import ANY, lacks


@lacks(debug=ANY, explain=ANY, ignore_ddl=ANY, auto_commit=False, update=None, run=True)
def sql(
    query: Any, values: Any, *, as_dict: bool = False, as_list: bool = False, pluck: bool = False
) -> Any:
    """`frappe.db.sql` of one SELECT.

    Raises:
        PermissionError: it is something else, or calls what may do something else.
    """
    query = str(query).strip()
    if not translating.only_reads(query, values not in (None, ()), called.added()):
        raise NotPermitted(
            "a template runs one SELECT, which opens no file, locks nothing and has no placeholder"
            f" in quotes, not: {query}. Run it in the code that renders, and give the template what"
            " it gives"
        )
    rows.make_described(query)
    with _nothing_written():
        return local.db.sql(query, values, as_dict=as_dict, as_list=as_list, pluck=pluck)


@contextmanager
def _nothing_written() -> Iterator[None]:
    """Whatever is called meanwhile, SQLite and PostgreSQL refuse what writes."""
    connection = local.db._open(write=False)
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        connection.connection.execute("pragma query_only = on")
        try:
            yield
        finally:
            connection.connection.execute("pragma query_only = off")
    elif connection.vendor == "postgresql":
        from django.db import transaction

        with transaction.atomic(using=connection.alias):
            with connection.cursor() as cursor:
                cursor.execute("set local transaction_read_only = on")
            yield
            transaction.set_rollback(True, using=connection.alias)
    else:
        yield
