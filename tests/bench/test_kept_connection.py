"""A worker's connection to MariaDB is kept for the next job, whichever driver the bench has.

tests/integration/hosts/bench/test_kept_connection.py looks at PyMySQL's more closely.
"""

from __future__ import annotations

import pytest

from tests.bench.bench import Bench

pytestmark = pytest.mark.usefixtures("on_mariadb")

BEGIN = """
import os
from contextlib import suppress
from frappe_celery.hosts.bench import seam

frappe.destroy()
seam.install_in_worker()

def job_begins():
    frappe.init(site=sys.argv[1])
    frappe.connect()
    return frappe.db.sql("select connection_id()")[0][0]

def session():
    of_now = ("timestamp", "rand_seed1", "rand_seed2", "pseudo_thread_id")
    variables = dict(frappe.db.sql("show session variables"))
    return {name: value for name, value in variables.items() if name not in of_now}

def refuses(ask):
    try:
        ask()
    except Exception as error:
        return type(error).__name__ in ("OperationalError", "InterfaceError")
    return False

first = job_begins()
"""
END = """
job_begins()
"""


def ask(bench: Bench, code: str) -> object:
    return bench.ask(BEGIN + code + END)


def test_the_next_job_has_the_connection_and_nothing_of_the_one_before(bench: Bench) -> None:
    answer = ask(
        bench,
        """
as_new = session()
for statement in (
    "insert into tabToDo (name) values ('lost in a kept connection')",
    "set autocommit = 0, max_statement_time = 7, sql_mode = '', foreign_key_checks = 0",
    "set session transaction isolation level read uncommitted",
    "set @left = 1",
    "create temporary table left_behind (a int)",
    "select get_lock('left', 1), last_insert_id(7)",
):
    frappe.db._cursor.execute(statement)
    frappe.db._cursor.fetchall()
frappe.destroy()
second = job_begins()
changed = {name: value for name, value in session().items() if as_new[name] != value}
left = frappe.db.sql("select @left, last_insert_id(), is_free_lock('left')")
tables = frappe.db.sql("show tables like 'left_behind'")
rows = frappe.db.count("ToDo", {"name": "lost in a kept connection"})
answer = [first == second, left, tables, rows, changed]
frappe.destroy()
""",
    )
    assert answer == [True, [[None, 0, 1]], [], 0, {}]


@pytest.mark.parametrize("statement", ["use information_schema", "set names latin1"])
def test_the_next_job_has_its_database_and_character_set(bench: Bench, statement: str) -> None:
    """Kept or not: that depends on the driver."""
    answer = ask(
        bench,
        f"""
as_new = session()
frappe.db._cursor.execute("{statement}")
frappe.destroy()
job_begins()
answer = [session() == as_new, frappe.db.sql("select database()")[0][0] == frappe.conf.db_name]
frappe.destroy()
""",
    )
    assert answer == [True, True]


def test_who_still_has_the_connection_of_a_job_before_has_a_closed_one(bench: Bench) -> None:
    answer = ask(
        bench,
        """
connection, cursor = frappe.db._conn, frappe.db._cursor
frappe.destroy()
second = job_begins()
answer = [
    first == second,
    refuses(lambda: cursor.execute("select 1")),
    refuses(lambda: connection.cursor().execute("select 1")),
    frappe.db.sql("select 'mine'")[0][0],
]
frappe.destroy()
""",
    )
    assert answer == [True, True, True, "mine"]


@pytest.mark.parametrize(
    "left",
    [
        "frappe.db._conn.set_character_set('latin1')",
        "rows = frappe.db._conn.cursor(unbuffered); rows.execute('select seq from seq_1_to_9999')",
        "with suppress(Exception): frappe.db._cursor.execute('kill connection_id()')",
    ],
)
def test_where_something_of_a_job_would_be_left_it_is_not_kept(bench: Bench, left: str) -> None:
    answer = ask(
        bench,
        f"""
unbuffered = sys.modules[type(frappe.db._cursor).__module__].SSCursor
{left}
frappe.destroy()
answer = [job_begins() != first, frappe.db.sql("select 'mine'")[0][0]]
frappe.destroy()
""",
    )
    assert answer == [True, "mine"]


def test_one_that_the_server_closed_meanwhile_is_replaced(bench: Bench) -> None:
    answer = ask(
        bench,
        """
killer = frappe.db._cursor
database = frappe.local.db
second = job_begins()
frappe.destroy()
killer.execute(f"kill {second}")
until(
    lambda: not killer.execute(f"select 1 from information_schema.processlist where id = {second}")
)
answer = job_begins() not in (first, second)
frappe.destroy()
""",
    )
    assert answer is True


def test_a_forked_process_leaves_it_to_its_parent(bench: Bench) -> None:
    answer = ask(
        bench,
        """
frappe.destroy()
child = os.fork()
if child == 0:
    os._exit(0 if job_begins() != first else 1)
answer = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), job_begins() == first]
frappe.destroy()
""",
    )
    assert answer == [0, True]
