"""Whether a site's database lets a job in, and whether it was lost, as its driver's errors say."""

from __future__ import annotations

import frappe

LOST_ON_MARIADB = frozenset((0, 1053, 1927, 2006, 2013, 2055))
"""A connection that the server, or somebody on the way, has ended."""
LOST_ON_POSTGRES = ("08", "57P")
"""How its codes begin; without a code it is the driver's own."""
DRIVERS = ("pymysql", "MySQLdb", "psycopg2", "sqlite3")


def keeps_out(error: BaseException) -> bool:
    """It came of connecting, or of a connection that is lost: the database is away, full, starting,
    or refuses the site's user."""
    connected = getattr(getattr(frappe.local, "db", None), "_conn", None)
    return is_lost(error) or (_is_operational(error) and not connected)


def is_lost(error: BaseException) -> bool:
    """There was a connection, and it is gone."""
    if not _is_operational(error):
        return False
    if hasattr(error, "pgcode"):
        return error.pgcode is None or error.pgcode.startswith(LOST_ON_POSTGRES)
    return bool(error.args) and error.args[0] in LOST_ON_MARIADB


def _is_operational(error: BaseException) -> bool:
    """Or a kind of that: psycopg2 has one for each code."""
    return any(
        kind.__module__.partition(".")[0] in DRIVERS
        and kind.__name__ in ("OperationalError", "InterfaceError")
        for kind in type(error).__mro__
    )


def connect() -> None:
    """Open the site's connection; Frappe does at the first statement, and a method that finds the
    database away by its own statement has begun."""
    if frappe.db is not None and getattr(frappe.db, "_conn", frappe.db) is None:
        frappe.db.connect()
