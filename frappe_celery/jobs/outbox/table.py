"""The table in a site's database, and the statements on it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from frappe_celery.jobs.hosts import Host

NAME = "frappe_celery_outbox"
_NUMBER = {
    "mariadb": "BIGINT AUTO_INCREMENT PRIMARY KEY",
    "postgres": "BIGSERIAL PRIMARY KEY",
    "sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT",
}
_TEXT = {"mariadb": "LONGTEXT"}
_SKIPPING = " FOR UPDATE SKIP LOCKED"
"""What another relay has in hand; SQLite has one writer at a time."""
OF_A_TASK = '{"task": true}'
"""The options of a row that holds a team's own Celery task."""
_COLUMNS = "run, created, bench, queue, message, options, error"


@dataclass(frozen=True)
class Row:
    """A job that was enqueued in a transaction which was committed."""

    run: str
    created: float
    """Seconds since the epoch, by its caller's clock."""
    bench: str
    queue: str
    message: str
    """Sealed."""
    options: str
    """Of `JobStore.enqueue`, as JSON."""
    error: str | None = None
    """Why it is not published: it waits for somebody who decides."""


class Table:
    """In the database of the site that the calling code is in."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def make(self) -> None:
        """Where it is not there yet; on MariaDB that commits."""
        kind = self._host.database_kind()
        text = _TEXT.get(kind, "TEXT")
        self._host.sql(
            f"CREATE TABLE IF NOT EXISTS {NAME} (number {_NUMBER[kind]},"
            " run VARCHAR(64) NOT NULL UNIQUE, created DOUBLE PRECISION NOT NULL,"
            f" bench VARCHAR(255) NOT NULL, queue VARCHAR(255) NOT NULL, message {text} NOT NULL,"
            f" options {text} NOT NULL, error {text})"
        )

    def add(self, rows: Sequence[Row]) -> None:
        values = [(r.run, r.created, r.bench, r.queue, r.message, r.options) for r in rows]
        self._host.sql(
            f"INSERT INTO {NAME} (run, created, bench, queue, message, options)"
            f" VALUES {', '.join(['(%s, %s, %s, %s, %s, %s)'] * len(rows))}",
            *chain.from_iterable(values),
        )

    def some_wait(self, before: float) -> bool:
        """Whether there are rows from before, whatever became of them."""
        return bool(
            self._host.sql(
                f"SELECT 1 FROM {NAME} WHERE created < %s AND error IS NULL LIMIT 1", before
            )
        )

    def take(self, before: float, most: int) -> list[Row]:
        """Rows from before, the first ones first, which no other relay has until this transaction
        ends."""
        locked = "" if self._host.database_kind() == "sqlite" else _SKIPPING
        return self._rows(
            f"WHERE error IS NULL AND created < %s ORDER BY number LIMIT {most}{locked}", before
        )

    def all(self, most: int) -> list[Row]:
        return self._rows(f"ORDER BY number LIMIT {most}")

    def _rows(self, which: str, *values: Any) -> list[Row]:
        found = self._host.sql(f"SELECT {_COLUMNS} FROM {NAME} {which}", *values)
        return [Row(*values) for values in found]

    def set_aside(self, run: str, error: str) -> None:
        self._host.sql(f"UPDATE {NAME} SET error = %s WHERE run = %s", error, run)

    def take_up(self, runs: Collection[str], now: float, bench: str) -> None:
        """Have them published after all, as if they were written now by this bench."""
        self._host.sql(
            f"UPDATE {NAME} SET error = NULL, created = %s, bench = %s"
            f" WHERE run IN ({_marks(runs)})",
            *(now, bench, *runs),
        )

    def delete(self, runs: Collection[str]) -> None:
        if runs:
            self._host.sql(f"DELETE FROM {NAME} WHERE run IN ({_marks(runs)})", *runs)

    def counts(self) -> tuple[int, float | None, int]:
        """Rows that wait, when the oldest of them was written, and rows that were set aside."""
        ((waiting, oldest, aside),) = self._host.sql(
            f"SELECT COUNT(*) - COUNT(error), MIN(CASE WHEN error IS NULL THEN created END),"
            f" COUNT(error) FROM {NAME}"
        )
        return int(waiting), oldest, int(aside)


def _marks(values: Collection[Any]) -> str:
    return ", ".join(["%s"] * len(values))
