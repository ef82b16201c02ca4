"""In a bench a worker's connection to MariaDB is kept for the next job, who finds a new session."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from pymysql.cursors import SSCursor
from pymysql.err import InterfaceError, OperationalError, ProgrammingError

from frappe_celery.hosts.bench import kept_connection, kept_pymysql
from frappe_celery.hosts.bench.kept_pymysql import KeptConnection
from tests.servers import LOOPBACK, MariaDBServer
from tests.waiting import wait_until

USER, PASSWORD = "site", "secret"


class TimeIsUp(Exception):
    """What interrupts a job; no OSError, which the client takes for the connection's."""


def not_to_be_called(*_: Any) -> None:
    raise AssertionError


OPENED: list[KeptConnection] = []


@pytest.fixture
def settings(mariadb_server: MariaDBServer) -> Iterator[dict[str, Any]]:
    """What Frappe connects to a site's database with; nothing is kept."""
    for statement in (
        "create database if not exists kept",
        "create database if not exists other",
        "create or replace table kept.note (text varchar(9))",
        f"create or replace user {USER}@'%' identified by '{PASSWORD}'",
        "create or replace role clerk",
        *(f"grant all on {name}.* to {USER}@'%'" for name in ("kept", "other")),
        f"grant clerk to {USER}@'%'",
    ):
        mariadb_server.sql(statement)
    yield {
        "user": USER,
        "password": PASSWORD,
        "host": LOOPBACK,
        "port": mariadb_server.port,
        "database": "kept",
        "charset": "utf8mb4",
        "use_unicode": True,
    }
    for connection in (*OPENED, *(kept for _, kept in kept_connection._kept)):
        connection._force_close()
    OPENED.clear()
    kept_connection._kept.clear()


def connect(settings: dict[str, Any]) -> KeptConnection:
    OPENED.append(kept_pymysql.connect(dict(settings)))
    return OPENED[-1]


def ask(connection: KeptConnection, statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def session(connection: KeptConnection) -> dict[str, str]:
    """All that a job can have changed for the next one."""
    variables = dict(ask(connection, "show session variables"))
    of_now = {"timestamp", "rand_seed1", "rand_seed2"}
    return {name: value for name, value in variables.items() if name not in of_now}


@pytest.mark.parametrize("collation", [{}, {"collation": "utf8mb4_unicode_ci"}])
def test_the_next_job_has_the_connection_and_nothing_of_the_one_before(
    settings: dict[str, Any], mariadb_server: MariaDBServer, collation: dict[str, str]
) -> None:
    """Frappe names a collation from 15.101 on."""
    settings.update(collation)
    first = connect(settings)
    as_new, thread = session(first), first.thread_id()
    for statement in (
        "insert into note values ('lost')",
        "set session transaction isolation level read uncommitted",
        "set autocommit = 0, max_statement_time = 7, sql_mode = '', foreign_key_checks = 0",
        "set names latin1",
        "set @left = 1",
        "create temporary table left_behind (a int)",
        "select get_lock('left', 1), last_insert_id(7)",
    ):
        ask(first, statement)
    first.close()
    is_free = "select is_free_lock('left')"
    wait_until(lambda: mariadb_server.sql(is_free) == "1\n", what="at the end, not at the next")
    assert mariadb_server.sql("select count(*) from kept.note") == "0\n"

    second = connect(settings)
    assert second.thread_id() == thread
    assert session(second) == as_new
    assert ask(second, "select @left, last_insert_id()") == ((None, 0),)
    with pytest.raises(ProgrammingError):
        ask(second, "select * from left_behind")
    ask(second, "insert into note values ('lost')")
    second.rollback()
    assert mariadb_server.sql("select count(*) from kept.note") == "0\n", "autocommit is off"


def test_who_still_has_the_connection_of_a_job_before_has_a_closed_one(
    settings: dict[str, Any],
) -> None:
    first = connect(settings)
    cursor = first.cursor()
    first.close()
    second = connect(settings)
    assert second.thread_id() == first.thread_id()
    assert not first.open
    with pytest.raises(InterfaceError):
        cursor.execute("select 1")
    assert ask(second, "select 1") == ((1,),)


def test_after_an_error_of_the_servers_it_is_kept(settings: dict[str, Any]) -> None:
    first = connect(settings)
    with pytest.raises(ProgrammingError):
        ask(first, "select * from no_such_table")
    first.close()
    assert connect(settings).thread_id() == first.thread_id()


@pytest.mark.parametrize("statement", ["use other", "set role clerk", "kill connection_id()"])
def test_after_what_outlives_a_reset_it_is_not_kept(
    settings: dict[str, Any], statement: str
) -> None:
    first = connect(settings)
    with suppress(OperationalError):
        ask(first, statement)
    first.close()
    second = connect(settings)
    assert second.thread_id() != first.thread_id()
    assert ask(second, "select database(), current_role()") == (("kept", None),)


@pytest.mark.parametrize("change", ["autocommit", "character set"])
def test_with_other_settings_of_the_clients_it_is_not_kept(
    settings: dict[str, Any], change: str
) -> None:
    first = connect(settings)
    if change == "autocommit":
        first.autocommit(True)
    else:
        first.set_character_set("latin1")
    first.close()
    assert connect(settings).thread_id() != first.thread_id()


def test_where_the_server_prepares_each_new_session_none_is_kept(
    settings: dict[str, Any], mariadb_server: MariaDBServer
) -> None:
    mariadb_server.sql("set global init_connect = 'set @prepared = 1'")
    try:
        for _ in range(2):
            connection = connect(settings)
            assert ask(connection, "select @prepared") == ((1,),)
            connection.close()
    finally:
        mariadb_server.sql("set global init_connect = ''")


@pytest.mark.parametrize("autocommit", [0, 1])
@pytest.mark.parametrize("times", [1, 2])
def test_after_an_interrupted_command_it_is_not_kept(
    settings: dict[str, Any], times: int, autocommit: int
) -> None:
    """What is still to be read answers the job before, even one that caught its timeout."""
    first = connect(settings)
    ask(first, f"set autocommit = {autocommit}")
    read = first._read_query_result

    def time_is_up(*_: Any, **__: Any) -> None:
        raise TimeIsUp

    for _ in range(times):
        first._read_query_result = time_is_up
        with pytest.raises(TimeIsUp):
            ask(first, "insert into note values ('a')")
        first._read_query_result = read
        ask(first, "update note set text = 'b'")  # has the answer to an insert
    first.close()
    second = connect(settings)
    assert second.thread_id() != first.thread_id()
    assert ask(second, "select 'mine'") == (("mine",),)


def test_with_rows_to_be_read_it_is_not_kept(settings: dict[str, Any]) -> None:
    first = connect(settings)
    cursor = first.cursor(SSCursor)
    cursor.execute("select seq from seq_1_to_1000")
    cursor.fetchone()
    first.close()
    cursor._result.unbuffered_active = False  # else it would still be read when it is forgotten
    assert connect(settings).thread_id() != first.thread_id()


def test_a_timeout_while_it_waits_for_rows_closes_it(settings: dict[str, Any]) -> None:
    def time_is_up(*_: Any, **__: Any) -> None:
        raise TimeIsUp

    first = connect(settings)
    before = signal.signal(signal.SIGALRM, time_is_up)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(TimeIsUp):
            ask(first, "select sleep(3)")
    finally:
        signal.signal(signal.SIGALRM, before)
    first.close()
    assert connect(settings).thread_id() != first.thread_id()


def test_one_that_the_server_closed_meanwhile_is_replaced(
    settings: dict[str, Any], mariadb_server: MariaDBServer
) -> None:
    first = connect(settings)
    first.close()
    mariadb_server.sql(f"kill {first.thread_id()}")
    second = connect(settings)
    assert second.thread_id() != first.thread_id()
    assert ask(second, "select 1") == ((1,),)


def test_after_a_long_time_it_is_replaced(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_connection, "MOST_IDLE_SECONDS", -1)
    first = connect(settings)
    first.close()
    assert connect(settings).thread_id() != first.thread_id()


def test_changed_credentials_are_asked_for(
    settings: dict[str, Any], mariadb_server: MariaDBServer
) -> None:
    connect(settings).close()
    with pytest.raises(OperationalError, match="Access denied"):
        connect({**settings, "password": "wrong"})


def test_one_is_kept_the_last_and_only_for_the_same_site(
    settings: dict[str, Any], mariadb_server: MariaDBServer
) -> None:
    mine, other = connect(settings), connect({**settings, "database": "other"})
    mine.close()
    other.close()
    connections = f"select count(*) from information_schema.processlist where user = '{USER}'"
    wait_until(lambda: mariadb_server.sql(connections) == "1\n")
    again = connect(settings)
    assert again.thread_id() not in (mine.thread_id(), other.thread_id())
    assert ask(again, "select database()") == (("kept",),)


@pytest.mark.parametrize("when", ["kept", "in use"])
def test_a_forked_process_leaves_it_to_its_parent(settings: dict[str, Any], when: str) -> None:
    first = connect(settings)
    if when == "kept":
        first.close()
    child = os.fork()
    if child == 0:
        try:
            if when == "in use":
                first._write_bytes = lambda _: None  # PyMySQL's farewell would end the parent's too
                first._execute_command = not_to_be_called
                first.close()
            os._exit(0 if connect(settings).thread_id() != first.thread_id() else 1)
        except BaseException:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    second = connect(settings) if when == "kept" else first
    assert second.thread_id() == first.thread_id()
    assert ask(second, "select 1") == ((1,),)
