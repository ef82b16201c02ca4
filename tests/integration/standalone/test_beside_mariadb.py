"""Generated statements on SQLite and PostgreSQL: the rows that MariaDB gives.

Left out is what is known to differ (docs/documents.md): accents and the order of punctuation on
SQLite, the places of a quotient, and halves of a DOUBLE, which MariaDB alone rounds to even.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Any

import pymysql
import pytest

from frappe_standalone.database.dialect import rows_of
from tests.integration.standalone.databases.conftest import root
from tests.servers import MariaDBServer

__all__ = ["root"]

FIELDS = ("name", "colour", "code", "size", "paid", "due", "at")
ROWS = (
    ("a", "Red", "5", 1, 1.3, date(2026, 1, 1), datetime(2026, 1, 1, 10)),
    ("b", "RED", "x%y", 2, 2.0, date(2026, 1, 2), datetime(2026, 1, 2)),
    ("c", "blue", "10", 5, 0.0, date(2026, 1, 31), datetime(2026, 1, 31, 23, 59, 59)),
    ("d", "", "5x", 0, -2.7, date(2024, 2, 29), datetime(2024, 2, 29, 12)),
    ("e", "ex", "red", -1, 10.2, date(2027, 2, 28), datetime(2026, 1, 2, 10)),
    ("f", None, None, None, None, None, None),
)

# -- statements

FORMS = {
    "number": (
        "ifnull({n}, 0)", "({n} + {n})", "({n} - {n})", "({n} * {n})", "({n} / 4)", "({n} % {n})",
        "({n} div {n})", "-{n}", "abs({n})", "floor({n})", "ceil({n})", "round({n}, 1)", "({c})",
        "truncate({n}, 1)", "sign({n})", "pow({n}, 2)", "sqrt(abs({n}))", "mod({n}, 3)",
        "greatest({n}, {n})", "least({n}, {n})", "coalesce({n}, {n})", "nullif({n}, {n})",
        "if({c}, {n}, {n})", "case when {c} then {n} else {n} end", "length({t})",
        "char_length({t})", "locate({t}, {t})", "instr({t}, {t})", "field({t}, {t}, {t})",
        "find_in_set({t}, 'a,red,5')", "cast({n} as decimal(20, 2))", "cast({t} as signed)",
        "year({d})", "month({w})", "day({d})", "hour({w})", "quarter({d})", "weekday({d})",
        "to_days({d})", "datediff({d}, {d})", "timestampdiff(day, {w}, {d})",
        "timestampdiff(month, {d}, {w})",
    ),
    "text": (
        "concat({t}, {t})", "concat({t}, size)", "concat_ws('-', {t}, {t})", "lower({t})",
        "upper({t})", "left({t}, 2)", "right({t}, 2)", "substring({t}, 0)", "substring({t}, 2)",
        "substring({t}, -2, 1)", "substring_index({t}, 'e', 1)", "trim({t})", "reverse({t})",
        "replace({t}, 'e', 'E')", "repeat({t}, 2)", "lpad({t}, 4, '0')", "greatest({t}, {t})",
        "ifnull({t}, {t})", "ifnull(size, {t})", "ifnull(due, {t})", "nullif({t}, {t})",
        "if({c}, {t}, {t})", "cast(size as char)", "cast({t} as char(2))", "dayname({d})",
        "monthname({d})", "date_format({w}, '%Y-%m-%d')", "date_format({d}, '%M %e')",
    ),
    "day": (
        "date({w})", "cast({w} as date)", "({d} + interval 1 day)", "({d} - interval 2 month)",
        "date_sub({d}, interval 1 year)", "last_day({d})", "if({c}, {d}, {d})", "ifnull({d}, {d})",
        "greatest({d}, {d})",
    ),
    "time": (
        "date_add({w}, interval 90 minute)", "({d} + interval 3 hour)", "timestamp({d})",
        "timestamp({d}, '10:00:00')", "cast({d} as datetime)", "ifnull({w}, {d})",
        "greatest({w}, {d})",
    ),
    "condition": (
        "{n} {o} {n}", "{t} {o} {t}", "{d} {o} {d}", "{w} {o} {d}", "{d} {o} {D}", "{w} {o} {D}",
        "{n} {o} {T}", "{t} {o} {N}", "{n} {o} {t}", "{n} in ({n}, {T})", "{t} in ({t}, {T})",
        "{t} not in ({N}, {N})", "{d} in ({d}, {D})", "{n} in (select size from tabDeal)",
        "{t} not in ({T}, {T})", "{n} between {n} and {n}", "{n} not between {n} and {n}",
        "{d} between {D} and {D}", "{t} like '%e%'", "{t} like 'R_d'", r"{t} like 'x\%y'",
        "{t} not like '%E%'", "{t} regexp 'r.d'", "{n} is null", "{t} is not null", "not {c}",
        "({c} and {c})", "({c} or {c})", "{n} <=> {n}", "{t} <=> {t}", "{n}",
        "case {n} when {T} then 1 else 0 end", "case {t} when {t} then 1 else 0 end",
        "exists(select 1 from tabDeal d where d.size = {n})",
    ),
}  # fmt: skip
LEAVES = {
    "N": ("0", "1", "2", "5", "-1", "2.4", "10"),
    "T": ("'Red'", "'RED'", "''", "'5'", "'5x'", "'10'", "'x%y'", "'Thursday'", "'Z'"),
    "D": ("'2026-01-02'", "'2026-01-02 00:00:00'", "'2026-01-02 10:00:00'"),
    "o": ("=", "!=", "<", "<=", ">", ">="),
    "n": ("size", "paid", "size", "paid", "{N}"),
    "t": ("colour", "code", "colour", "code", "{T}"),
    "d": ("due",),
    "w": ("at",),
    "c": ("size > 1", "colour = 'RED'", "due < '2026-01-02'", "paid"),
}
KINDS = {kind[0]: kind for kind in ("number", "text", "day", "condition")} | {"w": "time"}
STATEMENTS = (
    "select name, ({x}) from tabDeal order by name",
    "select name from tabDeal where {x} order by name",
    "select name from tabDeal order by {x}, name",
    "select distinct ({x}) as x from tabDeal",
    "select count(*) from tabDeal group by {x}",
    "select min({x}), max({x}), count(distinct {x}) from tabDeal",
)


def filled(form: str, chance: Random, depth: int) -> str:
    """The form with its `{…}` filled in, by other forms down to that depth."""

    def one(found: re.Match[str]) -> str:
        kind = found[1]
        is_deep = depth > 0 and kind in KINDS and chance.random() < 0.6
        forms = FORMS[KINDS[kind]] if is_deep else LEAVES[kind]
        return filled(chance.choice(forms), chance, depth - 1)

    return re.sub(r"{(\w)}", one, form)


def statements() -> Iterator[str]:
    """Every form some times, around others and alone; the same ones in every run."""
    chance = Random(2026)
    for kind, forms in FORMS.items():
        for form in forms:
            for depth in (0, 0, 0, 1, 1, 1, 2, 2, 3):
                expression = filled(form, chance, depth)
                as_they_are = STATEMENTS[1:2] if kind == "condition" else STATEMENTS[:1]
                statement = chance.choice(STATEMENTS if depth else as_they_are)
                yield statement.replace("{x}", expression)


UNITS = ("second", "minute", "hour", "day", "week", "month", "quarter", "year")

# -- beside one another


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The database that is compared with MariaDB."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'database'}"
        return
    server = request.getfixturevalue("postgres_server")
    name = tmp_path.name.lower()  # what is known of a database's tables is kept by its name
    server.sql(f'create database "{name}"')
    yield server.url(name)
    server.sql(f'drop database "{name}" with (force)')


@pytest.fixture
def mariadb(mariadb_server: MariaDBServer) -> Iterator[Any]:
    """A cursor on MariaDB with the same rows."""
    mariadb_server.sql("create database beside collate utf8mb4_unicode_ci")
    connection = pymysql.connect(
        host="127.0.0.1", port=mariadb_server.port, user="root", database="beside", autocommit=True
    )
    cursor = connection.cursor()
    cursor.execute(
        "create table tabDeal (name varchar(140) primary key, colour longtext, code longtext,"
        " size bigint, paid double, due date, at datetime(6))"
    )
    cursor.executemany("insert into tabDeal values (%s, %s, %s, %s, %s, %s, %s)", ROWS)
    yield cursor
    connection.close()
    mariadb_server.sql("drop database beside")


def alike(rows: Any, is_sorted: bool) -> Any:
    """Rows to be compared: numbers by nine digits, where nothing sorts them in any order and
    whichever of the texts that are equal."""
    found = [
        tuple(float(f"{v:.9g}") + 0.0 if isinstance(v, (int, float)) else v for v in row)
        for row in rows
    ]
    return found if is_sorted else sorted([str(value).lower() for value in row] for row in found)


@pytest.fixture
def deals(frappe: Any) -> Any:
    """`frappe.db` with the same rows."""
    for row in ROWS:
        fields = dict(zip(FIELDS, row, strict=True))
        frappe.get_doc({"doctype": "Deal", **fields}).insert()
    frappe.db.commit()
    return frappe.db


def test_rows_are_those_of_mariadb(deals: Any, mariadb: Any) -> None:
    for statement in statements():
        try:
            mariadb.execute(statement)
        except pymysql.MySQLError:
            continue
        is_sorted, ours = "order by" in statement, deals.sql(statement)
        theirs = rows_of(mariadb.fetchall(), mariadb.description or (), "mysql")
        assert alike(ours, is_sorted) == alike(theirs, is_sorted), statement


def test_spans_of_time_are_those_of_mariadb(deals: Any, mariadb: Any) -> None:
    spans: list[tuple[str, tuple[Any, ...]]] = [
        *[(f"interval 2 {unit}", ()) for unit in UNITS],
        *[(f"interval %s {unit}", (given,)) for unit in UNITS for given in (3, "3", -1, 1.5, 0.4)],
        *[(f"interval {count} day", ()) for count in ("-1", "1.5", "size", "(size + 1)", "-size")],
        ("interval paid hour", ()),
        ("interval ifnull(size, %s) week", (4,)),
    ]
    for span, values in spans:
        for form in ("{at} + {span}", "{at} - {span}", "date_add({at}, {span})", "{span} + {at}"):
            for at in ("at", "due"):
                statement = f"select {form.format(at=at, span=span)} from tabDeal order by name"
                mariadb.execute(statement, values)
                assert deals.sql(statement, values) == mariadb.fetchall(), (statement, values)


@pytest.mark.parametrize(
    "statement",
    [
        "delete from tabDeal where size > %s order by due desc limit 2",
        "delete from tabDeal where size > %s order by name",
        "delete from `tabDeal` where size > %s or size is null order by ifnull(size, 0) limit 1",
        "update tabDeal set code = 'late' where size >= %s order by due desc limit 1",
        "update tabDeal d set d.code = concat(d.code, 'x') where d.size >= %s order by d.name desc",
    ],
)
def test_as_many_rows_as_are_asked_for_change(deals: Any, mariadb: Any, statement: str) -> None:
    mariadb.execute(statement, (0,))
    mariadb.execute("select name, code from tabDeal order by name")
    deals.sql(statement, (0,))
    assert deals.sql("select name, code from tabDeal order by name") == mariadb.fetchall()
