"""Every literal SQL text of apps on SQLite, MariaDB and PostgreSQL: the same rows, or an error.

    python -m tests.apps.corpus APP_FOLDER…

Each is the folder with an app's hooks.py; give those whose doctypes they use, too. The apps' tables
are made by `frappe-celery migrate` and given a few rows, the first of which is made to be what a
statement's literals ask for. MariaDB gets every statement as it stands.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from frappe_celery.errors import NeedsFrappeSite
from frappe_standalone.database.values import number_of
from tests.apps.literals import Statement, statements
from tests.servers import MariaDBServer, PostgresServer

_PLACEHOLDER = re.compile(r"%s|%\((\w+)\)s")
_TABLE = re.compile(r"`tab([^`]+)`|\btab([A-Z]\w*)")
_CHANGES = re.compile(
    r"\s*(?:update|delete\s+from|(?:insert|replace)\s+(?:ignore\s+)?into)\s+(`tab[^`]+`|tab\w+)",
    re.I,
)
_WITHOUT_NAMES = ("tabSingles", "tabSeries")
_FIRST = date(2026, 1, 1)
ROWS = 6
VENDORS = ("mariadb", "sqlite", "postgres")
Answer = tuple[str, Any]
"""`rows` and the rows; or `named`, by our own error, or `raw` with its text."""

# -- the rows, and the values that find them


def value_of(kind: str, row: int = 1) -> Any:
    """What a column holds in a row."""
    day = _FIRST + timedelta(row - 1)
    return {
        "text": "R2" if row == 2 else f"r{row}",  # a name is r2
        "int": row,
        "float": row * 1.5,
        "date": day,
        "datetime": datetime.combine(day, datetime.min.time()) + timedelta(hours=10),
        "time": timedelta(hours=row),
        "json": "[]",
    }[kind]


def columns(doctype: str) -> Mapping[str, Any]:
    """What a doctype's table has."""
    found: Mapping[str, Any] = import_module("frappe_standalone.database.statements").columns(
        doctype
    )
    return found


def fill(frappe: Any, doctype: str) -> None:
    """Give a table its rows: what links to something links to the row of its number."""
    there = columns(doctype)
    for row in range(1, ROWS):
        given = {name: value_of(column.kind, row) for name, column in there.items()}
        _insert(frappe, doctype, {**given, "name": _name(there, row), "docstatus": row % 3})
    empty = {name: None for name, column in there.items() if column.null}
    _insert(frappe, doctype, {**empty, "name": _name(there, ROWS)})


def _name(there: Mapping[str, Any], row: int) -> Any:
    return row if there["name"].kind == "int" else f"r{row}"


def _insert(frappe: Any, doctype: str, row: Mapping[str, Any]) -> None:
    names = ", ".join(f"`{name}`" for name in row)
    marks = ", ".join(["%s"] * len(row))
    frappe.db.sql(f"insert into `tab{doctype}` ({names}) values ({marks})", list(row.values()))


class Directed:
    """Values for a statement's placeholders, and changes by which it finds the first rows."""

    def __init__(self, statement: Statement) -> None:
        self.names = _PLACEHOLDER.findall(statement.text) if statement.has_values else []
        self.values: list[Any] = [value_of("text")] * len(self.names)
        self.changes: dict[str, dict[str, Any]] = {}
        numbers = iter(range(len(self.names)))
        text = statement.text
        if statement.has_values:
            text = _PLACEHOLDER.sub(lambda _: f":f{next(numbers)}", text).replace("%%", "%")
        try:
            self.tree = sqlglot.parse_one(text, dialect="mysql")
        except SqlglotError:
            return
        self.tables = {
            table.alias_or_name: table.name.removeprefix("tab")
            for table in self.tree.find_all(exp.Table)
            if table.name.startswith("tab") and table.name not in _WITHOUT_NAMES
        }
        for node in self.tree.find_all(exp.Placeholder):
            self.values[int(node.name[1:])] = self._value(node)
        for node in self.tree.find_all(exp.EQ, exp.In, exp.Like, exp.Is):
            self._find(node)

    def given(self) -> Any:
        """What `frappe.db.sql` takes beside the text."""
        if any(self.names):
            return dict(zip(self.names, self.values, strict=True))
        return tuple(self.values)

    def _column(self, node: Any) -> tuple[str, str, str] | None:
        """Doctype, name and kind of the column that stands there, by itself or in `ifnull`."""
        if isinstance(node, (exp.Coalesce, exp.Paren, exp.Date, exp.TsOrDsToDate, exp.Lower)):
            return self._column(node.this)
        if isinstance(node, exp.Subquery):
            return self._column(node.selects[0])
        if not isinstance(node, exp.Column):
            return None
        for alias, doctype in self.tables.items():
            if node.table in ("", alias) and node.name in columns(doctype):
                return doctype, node.name, columns(doctype)[node.name].kind
        return None

    def _value(self, node: exp.Expr) -> Any:
        parent = node.parent
        while isinstance(parent, (exp.Paren, exp.Tuple, exp.Date, exp.TsOrDsToDate)):
            parent = parent.parent
        if isinstance(parent, (exp.Limit, exp.Offset, exp.Interval)):
            return 3
        if isinstance(parent, exp.Like):
            return "%R%"
        if isinstance(parent, exp.Timestamp):
            return "10:00:00" if node.arg_key == "zone" else str(_FIRST)
        sides = [parent.args.get(key) for key in ("this", "expression", "low")] if parent else []
        column = next(filter(None, map(self._column, sides)), None)
        made = value_of(column[2] if column else "text")
        if isinstance(made, datetime) and any(isinstance(side, exp.Date) for side in sides):
            made = made.date()
        is_high = isinstance(parent, (exp.LT, exp.LTE)) or node.arg_key == "high"
        if isinstance(made, date):
            made = str(made + timedelta(30 if is_high else 0))
        if not isinstance(parent, exp.In):
            return made
        listed = [made, value_of(column[2], 3) if column else "r3"]
        is_of_tuples = isinstance(parent.this, exp.Tuple)
        return (
            [(each,) * len(parent.this.expressions) for each in listed] if is_of_tuples else listed
        )

    def _find(self, node: Any) -> None:
        """Have the first row be what a literal asks for."""
        column = self._column(node.this)
        other = (
            node.expressions[0]
            if isinstance(node, exp.In) and node.expressions
            else node.args.get("expression")
        )
        if column is None or not isinstance(other, (exp.Literal, exp.Null)):
            return
        doctype, name, kind = column
        made: Any = other.name.replace("%", "").swapcase()
        if isinstance(other, exp.Null):
            made = None if columns(doctype)[name].null else 0
        elif kind in ("int", "float"):
            made = number_of(other.name)
        elif kind != "text":
            return
        self.changes.setdefault(doctype, {})[name] = made


# -- on one database


def run(frappe: Any, statement: Statement) -> Answer:
    """What it answers, or leaves in the table that it changes; or the error."""
    asked = Directed(statement)
    try:
        for doctype, change in asked.changes.items():
            changes = ", ".join(f"`{name}` = %s" for name in change)
            update = f"update `tab{doctype}` set {changes} where name = %s"
            frappe.db.sql(update, [*change.values(), _name(columns(doctype), 1)])
        answer = frappe.db.sql(statement.text, *([asked.given()] if statement.has_values else []))
        if (changed := _CHANGES.match(statement.text)) is not None:
            answer = frappe.db.sql(f"select * from {changed[1]} order by 1, 2")
        return "rows", [[_settled(value) for value in row] for row in answer]
    except Exception as error:
        is_named = isinstance(error, NeedsFrappeSite) or "; the statement is: " in str(error)
        return ("named" if is_named else "raw"), f"{type(error).__name__}: {error}"
    finally:
        frappe.db.rollback()


def _settled(value: Any) -> Any:
    """A value, the present time without its second."""
    if isinstance(value, datetime) and abs(value - datetime.now()) < timedelta(hours=3):
        return "now"
    return round(value, 6) if isinstance(value, float) else value


def here(asked: list[Statement]) -> list[Answer]:
    """All of them on the database of this process."""
    import_module("frappe_celery")
    frappe = import_module("frappe")
    frappe.init(site="standalone")
    frappe.connect()
    used = {a or b for each in asked for a, b in _TABLE.findall(each.text)}
    for doctype in sorted(used):
        if columns(doctype) and f"tab{doctype}" not in _WITHOUT_NAMES:
            frappe.db.sql(f"delete from `tab{doctype}`")
            fill(frappe, doctype)
    frappe.db.commit()
    return [run(frappe, each) for each in asked]


# -- beside one another


def answers(asked: list[Statement], apps: list[Path], url: str, folder: Path) -> list[Answer]:
    """As `here`, in a process of its own, with the apps' tables made first."""
    (folder / "statements").write_bytes(pickle.dumps(asked))
    environ = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([os.getcwd(), *(str(app.parent) for app in apps)]),
        "FRAPPE_CELERY_APPS": json.dumps([app.name for app in apps]),
        "DATABASE_URL": url,
    }
    for command in ("frappe_celery.cli", "migrate"), ("tests.apps.corpus", "--here"):
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=folder,
            env=environ,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            sys.exit(done.stderr)
    found: list[Answer] = pickle.loads((folder / "answers").read_bytes())
    return found


def compared(theirs: Answer, ours: Answer) -> str:
    """How an answer is beside MariaDB's."""
    if ours[0] != "rows":
        return ours[0]
    if theirs[0] != "rows":
        return "rows where MariaDB raises"
    if theirs[1] == ours[1]:
        return "same"
    is_in_order = sorted(map(repr, theirs[1])) != sorted(map(repr, ours[1]))
    return "other" if is_in_order else "other order"


def report(asked: list[Statement], found: dict[str, list[Answer]]) -> None:
    """Counts by app and database, then each that is not the same."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    lines = set()
    for number, statement in enumerate(asked):
        theirs = found["mariadb"][number]
        for name, each in found.items():
            ours = each[number]
            how = compared(theirs, ours) if name != "mariadb" else ours[0]
            counts.setdefault((statement.app, name), Counter())[how] += 1
            if how not in ("same", "rows"):
                mark = ", a job's" if statement.is_a_tasks else ""
                lines.add(f"{how}, {name}: {statement.where}{mark}: {str(ours[1])[:300]}")
    for (app, name), kinds in counts.items():
        print(f"{app:24}{name:10}" + ", ".join(f"{n} {kind}" for kind, n in kinds.most_common()))
    print(*sorted(lines), sep="\n")


def main() -> None:
    """Collect, run and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("apps", nargs="*", type=Path, metavar="APP_FOLDER")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.here:
        asked = pickle.loads(Path("statements").read_bytes())
        Path("answers").write_bytes(pickle.dumps(here(asked)))
        return
    apps = [app.absolute() for app in given.apps]
    all_of_them = [each for app in apps for each in statements(app)]
    asked = [each for each in all_of_them if each]
    print(f"{len(asked)} literal statements, {len({each.text for each in asked})} texts,"
          f" {len(all_of_them) - len(asked)} are made by code")  # fmt: skip
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        urls = {"sqlite": f"sqlite:///{folder / 'database'}"}
        for server in (MariaDBServer(folder / "server"), PostgresServer()):
            server.start()
            stack.callback(server.stop)
            server.sql("create database corpus")
            urls["postgres" if isinstance(server, PostgresServer) else "mariadb"] = server.url(
                "corpus"
            )
        report(asked, {name: answers(asked, apps, urls[name], folder) for name in VENDORS})


if __name__ == "__main__":
    main()
