"""Statements of MariaDB's, run in the visit's transaction on whatever its database is."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from frappe_standalone.database import dialect, errors, guarded, schema, values
from frappe_standalone.local import local
from frappe_standalone.missing import not_carried

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


def columns(doctype: str, anew: bool = False) -> schema.Columns:
    """What a doctype's table has; nothing where there is none."""
    with errors.translated():
        connection = local.db._open(write=False)
        if anew:
            schema.forget(connection, doctype)
        return schema.columns(connection, doctype)


def vendor() -> str:
    """Which database it is, by Django's name."""
    return str(local.db.vendor)


def run(text: str, arguments: Any, write: bool, is_plain: bool = True) -> Any:
    """Run a statement of MariaDB's; the cursor's rows with their names, and how many changed.

    Args:
        is_plain: no more than the quotes of names must change for another database.

    Raises:
        NeedsFrappeSite: it cannot be carried to this database; shows the statement.
        UnreadableStatement: it cannot be read; shows it and where.
    """
    with errors.translated():
        connection = local.db._open(write)
        if not write:
            return _run(connection, text, arguments, is_plain)
        if guarded.is_possible(connection):
            return _run(connection, text, arguments, is_plain, is_guarded=True)
        with local.db._writing():
            return _run(connection, text, arguments, is_plain)


def _run(
    connection: BaseDatabaseWrapper,
    text: str,
    arguments: Any,
    is_plain: bool,
    is_guarded: bool = False,
) -> Any:
    vendor, has_values = connection.vendor, arguments is not None
    found: dialect.Parts
    if vendor == "mysql" or is_plain:
        spelled = dialect.double_quoted(text) if vendor == "postgresql" else text
        found = dialect.apart(spelled, has_values)
    else:
        from frappe_standalone.database import translating

        columns_of = partial(schema.columns, connection)
        numbers = dialect.numbers(text, arguments)
        found = translating.carried(text, has_values, vendor, columns_of, numbers)
    try:
        statement, filled = dialect.filled(found, arguments, vendor)
    except values.NotOfKind as error:
        raise not_carried(text, vendor, str(error)) from error
    with connection.cursor() as cursor:
        if is_guarded:
            guarded.execute(cursor, statement, filled)
        else:
            cursor.execute(statement, filled)
        description = cursor.description  # psycopg makes it anew at each look
        if description is None:
            return [], (), cursor.rowcount
        rows = dialect.rows_of(cursor.fetchall(), description, vendor, found[2])
        return [column[0] for column in description], rows, cursor.rowcount


def locking(doctype: str) -> str:
    """What a SELECT ends with whose rows nobody else changes until the transaction ends.

    SQLite locks the whole database, and only for a statement that writes: one that changes nothing
    does. Reading first would make the later write fail where another process wrote in between.
    """
    if vendor() != "sqlite":
        return " for update"
    if columns(doctype):
        table = schema.table_name(doctype)
        run(f"update `{table}` set `name` = `name` where 1 = 0", (), write=True)
    return ""
