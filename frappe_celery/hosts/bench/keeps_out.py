"""Whether a database lets nobody in, as its driver's errors say."""

from __future__ import annotations

MARIADB = frozenset((1040, 1044, 1045, 1049, 1053, 1129, 1130, 1203, 1226, 1927))
"""Too many connections, no such user or database, a server that stops, a host that is blocked."""
MARIADB_CLIENT = range(2000, 2100)
"""The driver's own: no connection, or one that was lost."""
POSTGRES = ("08", "28", "3D", "53", "57P")
"""How its codes begin: connections, passwords, no such database, too many, a server that stops."""
SQLITE = "unable to open database file"
DRIVERS = ("pymysql", "MySQLdb", "psycopg2", "sqlite3")


def keeps_out(error: BaseException) -> bool:
    """The database of the connected site is away, full, starting, or refuses its password."""
    if type(error).__name__ not in ("OperationalError", "InterfaceError"):
        return False
    driver = type(error).__module__.partition(".")[0]
    if driver not in DRIVERS:
        return False
    if driver == "psycopg2":
        code = getattr(error, "pgcode", None)
        return code is None or code.startswith(POSTGRES)
    first = error.args[0] if error.args else None
    if driver == "sqlite3":
        return first == SQLITE
    return first in MARIADB or first in MARIADB_CLIENT or first == 0
