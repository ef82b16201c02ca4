"""`python -m benchmarks.document_work --beside COMMIT`: two trees take turns; then the table."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import click

from benchmarks import machine
from benchmarks.beside import table, trees
from benchmarks.beside.options import enough
from benchmarks.beside.rounds import Enough, Turn, take_turns
from benchmarks.beside.trees import Tree
from benchmarks.document_work.turn import A_COMMIT
from benchmarks.measurements import Measurement, Row
from benchmarks.runner import FOREIGN_SETTINGS, printed_by

DATABASES = ("SQLite", "PostgreSQL", "MariaDB")
KINDS = {"plain": 0, "with 3 rows": 3}
"""How many rows each kind of order has."""
COUNTED = ("get_meta", "connection", "files")


def measurement(kind: str, database: str) -> Measurement:
    """get_doc and save of one kind of order on one database."""
    title = f"{database}, {kind}"
    rows = [Row("own", f"{title}: get_doc and save", "µs", False)]
    rows.append(Row("driver", f"{title}: within the driver", "µs", False))
    rows += [Row(name, f"{title}: {name}", "times", False) for name in COUNTED]
    return Measurement("document_work", tuple(rows))


@click.command()
@click.option("--beside", "commit", required=True, help="A commit, a tag or a branch.")
@click.option("--documents", "count", type=click.IntRange(A_COMMIT + 1), required=True)
@enough
def main(commit: str, count: int, enough: Enough) -> None:
    """What get_doc and save take of the processor in this tree and in a commit's, by turns."""
    asked = {f"{database}, {kind}": (kind, database) for kind in KINDS for database in DATABASES}
    measurements = {name: measurement(*of) for name, of in asked.items()}
    machine.warn_where_busy()
    found = machine.describe()
    with machine.shared() as others, trees.beside(commit) as both, servers() as url_of:
        table.show_facts(both, found)

        def take(tree: Tree, name: str) -> Turn:
            kind, database = asked[name]
            return turn(tree, KINDS[kind], count, url_of(database))

        pairs = take_turns(measurements, both, take, enough)
    table.show(both, measurements, pairs)
    click.echo(others.told())


@contextmanager
def servers() -> Iterator[Callable[[str], str]]:
    """Servers of our own; gives the URL of an empty database; '' for SQLite."""
    started = import_module("tests.servers")
    with tempfile.TemporaryDirectory() as folder:
        by_name = {
            "MariaDB": started.MariaDBServer(Path(folder, "mariadb")),
            "PostgreSQL": started.PostgresServer(),
        }
        numbers = iter(range(10**6))

        def url_of(database: str) -> str:
            if database not in by_name:
                return ""
            name = f"documents{next(numbers)}"
            by_name[database].sql(f"create database {name}")
            return str(by_name[database].url(name))

        try:
            for server in by_name.values():
                server.start()
            yield url_of
        finally:
            for server in by_name.values():
                server.stop()


def turn(tree: Tree, rows: int, count: int, url: str) -> Turn:
    """A turn in a process of its own; raises TurnFailed."""
    others = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN_SETTINGS)}
    path = os.pathsep.join(map(str, (tree.packages, trees.SOURCES)))
    environment = {**others, "PYTHONPATH": path, "FRAPPE_CELERY_APPS": '["benchapp"]'}
    environment |= {"DATABASE_URL": url} if url else {}
    command = [tree.python, "-m", "benchmarks.document_work.turn", str(rows), str(count)]
    with tempfile.TemporaryDirectory() as folder:
        return printed_by(command, f"a turn of {tree.name}", Path(folder), environment)


if __name__ == "__main__":
    main()
