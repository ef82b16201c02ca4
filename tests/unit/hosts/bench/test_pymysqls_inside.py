"""What `kept_pymysql` uses of PyMySQL's inside is there.

What it means is seen on a server: tests/integration/hosts/bench/test_kept_connection.py.
"""

from __future__ import annotations

import inspect
import re
from importlib.metadata import version

from pymysql.connections import Connection

from frappe_celery.hosts.bench import kept_pymysql
from frappe_celery.hosts.bench.kept_pymysql import KeptConnection

CHANGED = (
    f"PyMySQL {version('PyMySQL')} is another one inside than hosts/bench/kept_pymysql.py knows:"
    " follow it there, or leave that PyMySQL out in pyproject.toml"
)


def test_every_name_that_is_used_is_pymysqls() -> None:
    ours = vars(KeptConnection).keys() - {"__annotations__"}
    used = set(re.findall(r"self\.(_\w+)", inspect.getsource(kept_pymysql))) - ours
    theirs = inspect.getsource(Connection)
    assert len(used) >= 6
    missing = [name for name in sorted(used) if not re.search(rf"(self\.|def ){name}\b", theirs)]
    assert missing == [], CHANGED


def test_one_that_is_not_connected_has_no_socket_and_no_answer() -> None:
    connection = Connection(defer_connect=True)
    assert (connection._sock, connection._rfile, connection._result) == (None, None, None), CHANGED
