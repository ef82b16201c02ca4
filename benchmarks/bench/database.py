"""A copy of a site's MariaDB database that every turn finds in the same state.

Two databases of the harness's own: a template, and the one that jobs work in, of which before each
turn the tables are filled anew that differ from the template's. The site's own is only read.
"""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import click

NAME = f"frappe_celery_bench_{os.getpid()}"
HOSTS = ("localhost", "%")


class DatabaseFailed(click.ClickException):
    """MariaDB's own message."""


@dataclass(frozen=True)
class Server:
    """A MariaDB server and one who may make databases there."""

    host: str
    port: int
    user: str
    password: str

    def ask(self, statements: str, database: str = "") -> list[list[str]]:
        """The rows of what was asked; raises DatabaseFailed."""
        output = _finished(
            self._start("mariadb", "--batch", "--skip-column-names", database), statements
        )
        return [line.split("\t") for line in output.splitlines()]

    def version(self) -> str:
        return f"MariaDB {self.ask('SELECT VERSION()')[0][0]}"

    def copy(self, source: str, target: str) -> None:
        """Everything of one database into another, which is made anew; raises DatabaseFailed."""
        self.ask(f"DROP DATABASE IF EXISTS `{target}`; CREATE DATABASE `{target}`")
        dump = self._start("mariadb-dump", "--single-transaction", source)
        assert dump.stdin
        dump.stdin.close()
        restore = self._start("mariadb", target, stdin=dump.stdout)
        _finished(restore)
        if dump.wait():
            raise DatabaseFailed(f"{source} could not be dumped")

    def _start(
        self, program: str, *arguments: str, stdin: Any = subprocess.PIPE
    ) -> subprocess.Popen[str]:
        where = [f"--host={self.host}", f"--port={self.port}", f"--user={self.user}"]
        return subprocess.Popen(
            [program, "--no-defaults", *where, *filter(None, arguments)],
            env={**os.environ, "MYSQL_PWD": self.password},
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@dataclass
class WorkingCopy:
    """The database that jobs work in."""

    server: Server
    name: str = NAME
    password: str = field(default_factory=lambda: secrets.token_hex(16))

    @property
    def template(self) -> str:
        return f"{self.name}_template"

    @property
    def config(self) -> dict[str, Any]:
        """Of a site on it."""
        return {"db_name": self.name, "db_user": self.name, "db_password": self.password}

    def keep(self) -> None:
        """From here on this is the state that `reset` gives back."""
        self.server.copy(self.name, self.template)

    def reset(self) -> None:
        wanted, there = self._checksums(self.template), self._checksums(self.name)
        statements = ["SET FOREIGN_KEY_CHECKS = 0"]
        statements += [f"DROP TABLE `{table}`" for table in there if table not in wanted]
        for table in wanted:
            if there.get(table) == wanted[table]:
                continue
            if table not in there:
                statements.append(f"CREATE TABLE `{table}` LIKE `{self.template}`.`{table}`")
            statements.append(f"TRUNCATE TABLE `{table}`")
            statements.append(f"INSERT INTO `{table}` SELECT * FROM `{self.template}`.`{table}`")
        self.server.ask("; ".join(statements), self.name)

    def _checksums(self, database: str) -> dict[str, str]:
        tables = self.server.ask("SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'", database)
        names = ", ".join(f"`{name}`" for name, _ in tables)
        rows = self.server.ask(f"CHECKSUM TABLE {names}", database)
        return {table.removeprefix(f"{database}."): checksum for table, checksum in rows}


def root_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options of a command that calls `working_copy`."""
    username = click.option("--db-root-username", default="root", show_default=True)
    password = click.option(
        "--db-root-password",
        envvar="DB_ROOT_PASSWORD",
        required=True,
        help="MariaDB's, to make a copy of the site's database.",
        show_envvar=True,
    )
    return username(password(command))


@contextmanager
def working_copy(
    config: Mapping[str, Any], user: str, password: str, name: str = NAME
) -> Iterator[WorkingCopy]:
    """A copy of the database of a site with this configuration, until the end of the `with`.

    Raises:
        DatabaseFailed: the site is on no MariaDB, or MariaDB refused.
    """
    if config.get("db_type", "mariadb") != "mariadb":
        raise DatabaseFailed(f"the site is on {config['db_type']}; this needs MariaDB")
    host, port = config.get("db_host") or "127.0.0.1", int(config.get("db_port") or 3306)
    server = Server(host, port, user, password)
    copy = WorkingCopy(server, name)
    try:
        server.copy(config["db_name"], copy.name)
        for host in HOSTS:
            owner = f"`{copy.name}`@`{host}`"
            server.ask(
                f"CREATE USER {owner} IDENTIFIED BY '{copy.password}';"
                f" GRANT ALL ON `{copy.name}`.* TO {owner}"
            )
        yield copy
    finally:
        gone = [f"DROP USER IF EXISTS `{copy.name}`@`{host}`" for host in HOSTS]
        gone += [f"DROP DATABASE IF EXISTS `{each}`" for each in (copy.name, copy.template)]
        server.ask("; ".join(gone))


def _finished(process: subprocess.Popen[str], given: str | None = None) -> str:
    output, errors = process.communicate(given)
    if process.returncode:
        raise DatabaseFailed(errors.strip())
    return output
