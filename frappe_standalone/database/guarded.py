"""A statement in a savepoint of its own: on PostgreSQL one that fails would spoil the transaction.

Savepoint, statement and release are sent together, where the driver can do that: one round trip to
the server instead of three.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

BEFORE = "savepoint frappe_statement;\n"
_AFTER = "\n;release savepoint frappe_statement"
_UNDO = "rollback to savepoint frappe_statement; release savepoint frappe_statement"


def is_possible(connection: BaseDatabaseWrapper) -> bool:
    """Whether it is needed, and can be sent so: by psycopg 3 unless the server binds the values."""
    if connection.vendor != "postgresql" or not connection.in_atomic_block:
        return False
    from django.db.backends.postgresql.psycopg_any import is_psycopg3

    return is_psycopg3 and not connection.settings_dict["OPTIONS"].get("server_side_binding")


def execute(cursor: Any, statement: str, values: Any) -> None:
    """Run it, so that what it gives is the cursor's; where it raises, the transaction goes on."""
    from django.db import DatabaseError

    try:
        cursor.execute(f"{BEFORE}{statement}{_AFTER}", values)
    except BaseException:
        if cursor.connection.info.transaction_status.name == "INTRANS":
            raise  # a value that no text of PostgreSQL's can be: nothing was sent
        try:
            cursor.execute(_UNDO)
        except DatabaseError:  # it was spoilt before
            cursor.db.set_rollback(True)
        raise
    cursor.nextset()
