"""What a statement does to the transaction that it stands in."""

from __future__ import annotations

import pytest

from frappe_celery.hosts.transactions import Transaction


@pytest.mark.parametrize(
    "statement",
    [
        "insert into t values (1)",
        "  UPDATE t SET a = 1",
        "delete from t",
        "REPLACE INTO t VALUES (1)",
        "/* by hand */ insert into t values (1)",
        "-- a line\n# another\n update t set a = 1",
        "with a as (select 1) insert into t select * from a",
        "load data infile 'x' into table t",
        "call p()",
    ],
)
def test_it_writes(statement: str) -> None:
    transaction = Transaction()
    transaction.sees(statement, True)
    assert (transaction.has_written, transaction.ends) == (True, False)


@pytest.mark.parametrize(
    "statement",
    [
        "select * from t",
        "(select 1) union (select 2)",
        "with a as (select 1) select * from a",
        "SHOW TABLES",
        "set session transaction read only",
        "savepoint a",
        "release savepoint a",
        "pragma journal_mode=WAL",
        "kill 7",
        "",
    ],
)
def test_it_only_reads(statement: str) -> None:
    transaction = Transaction()
    transaction.sees(statement, True)
    assert (transaction.has_written, transaction.ends) == (False, False)


@pytest.mark.parametrize(
    ("statement", "ends"),
    [
        ("commit", True),
        ("COMMIT AND CHAIN", True),
        ("rollback", True),
        ("rollback and chain", True),
        ("rollback to savepoint a", False),
        ("ROLLBACK TO a", False),
        ("start transaction", True),
        ("BEGIN", True),
    ],
)
def test_it_ends_it(statement: str, ends: bool) -> None:
    transaction = Transaction()
    transaction.sees(statement, False)
    assert (transaction.has_written, transaction.ends) == (False, ends)


def test_a_change_of_tables_commits_on_mariadb_alone() -> None:
    on_mariadb, elsewhere = Transaction(), Transaction()
    on_mariadb.sees("alter table t add b int", True)
    elsewhere.sees("alter table t add b int", False)
    assert (on_mariadb.ends, on_mariadb.has_written) == (True, False)
    assert (elsewhere.ends, elsewhere.has_written) == (False, True)
