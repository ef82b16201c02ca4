"""Which items of a loop are done: rows of the site's database, in the items' own transactions."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from enum import IntEnum
from typing import Any

from frappe_celery.config import settings
from frappe_celery.config.numbers import shown
from frappe_celery.errors import ConfigError
from frappe_celery.jobs import codec, hosts
from frappe_celery.jobs.hosts import ADMINISTRATOR

NAME = "frappe_celery_each"
STEPS = "0123456789abcdef"
"""What the items' names begin with: many rows go in as many steps."""
MANY = 10_000
CURSOR = "cursor"
Key = str | int
_OF_ONE = "line = %s AND of_loop = %s AND item = %s"
_made: set[str] = set()
"""Sites whose table this process has seen made."""


class State(IntEnum):
    BEGUN = 0
    DONE = 1
    FAILED = 2


def make(site: str) -> None:
    """The site's table where it is not there yet, and its leftovers deleted: on a connection of
    its own, since it commits on MariaDB, and fails a transaction on PostgreSQL."""
    if site in _made:
        return
    errors: list[Exception] = []
    if hosts.current().database_kind() == "sqlite":  # which lets one write, and no DDL commits
        _make_table()
        _made.add(site)
        return
    thread = threading.Thread(target=_make, args=(site, errors))
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    _made.add(site)


def _make(site: str, errors: list[Exception]) -> None:
    try:
        with hosts.current().in_site(site, ADMINISTRATOR):
            _make_table()
    except Exception as exc:
        errors.append(exc)


def _make_table() -> None:
    host = hosts.current()
    host.sql(
        f"CREATE TABLE IF NOT EXISTS {NAME} (line VARCHAR(64) NOT NULL, of_loop VARCHAR(16)"
        " NOT NULL, item VARCHAR(64) NOT NULL, state INTEGER NOT NULL, run VARCHAR(64) NOT"
        " NULL, at DOUBLE PRECISION NOT NULL, said TEXT, PRIMARY KEY (line, of_loop, item))"
    )
    host.commit()
    oldest = time.time() - settings.current().rq_job_failure_ttl
    host.sql(f"DELETE FROM {NAME} WHERE at < %s", oldest)
    host.commit()


def forget(site: str, line: str, rows: int) -> None:
    """The rows of a job that has finished."""
    host = hosts.current()
    with host.in_site(site, ADMINISTRATOR):
        for begins in STEPS if rows > MANY else [""]:
            host.sql(f"DELETE FROM {NAME} WHERE line = %s AND item LIKE %s", line, f"{begins}%")
            host.commit()
        host.sql(f"DELETE FROM {NAME} WHERE line = %s", line)
        host.commit()


def checked(key: Any) -> Key:
    """Raises ConfigError: it is no key."""
    if isinstance(key, bool) or not isinstance(key, (str, int)):
        raise ConfigError(f"{shown(key)} is no key of an item: key=… gives a text or a number")
    return str(key) if isinstance(key, str) else int(key)


class Memory:
    """Of one loop, by key: a row each."""

    def __init__(self, line: str, name: str, run: str) -> None:
        self._host, self._line, self._run = hosts.current(), line, run
        self._loop = _hash(name)[:16]
        self._rows: dict[str, tuple[State, str, str]] = {}
        """What was committed when the loop began: state, run, and what was said."""
        self.met: set[str] = set()

    def read(self) -> None:
        found = self._sql(
            f"SELECT item, state, run, said FROM {NAME} WHERE line = %s AND of_loop = %s"
        )
        self._rows = {item: (State(state), run, said) for item, state, run, said in found}

    @property
    def done(self) -> int:
        """How many were done when the loop began."""
        return sum(state == State.DONE for state, *_ in self._rows.values())

    def state_of(self, key: Key) -> State | None:
        """What became of it; None: nothing yet. One that failed in a run before is done again.

        Raises:
            ConfigError: it came before.
        """
        item = _item(key)
        if item in self.met:
            raise ConfigError(f"two items have the key {key!r}, and only one of them would be done")
        self.met.add(item)
        state, run, _ = self._rows.get(item, (None, "", ""))
        return None if state == State.FAILED and run != self._run else state

    def doubts(self) -> Iterator[Key]:
        """Keys that were begun, and came no more."""
        for item, (state, _, said) in self._rows.items():
            if state == State.BEGUN and item not in self.met:
                yield json.loads(said)

    def failures(self) -> list[tuple[Key, str]]:
        """Of this run: keys, and what they raised."""
        rows = (json.loads(said) for state, run, said in self._rows.values()
                if state == State.FAILED and run == self._run)  # fmt: skip
        return [(key, error) for key, error in rows]

    def begin(self, key: Key) -> None:
        self._put(key, State.BEGUN, codec.dumps(key))

    def fail(self, key: Key, error: str) -> None:
        self._put(key, State.FAILED, codec.dumps([key, error[-1000:]]))

    def _put(self, key: Key, state: State, said: str) -> None:
        item = _item(key)
        about = (int(state), self._run, time.time(), said)
        if item in self._rows:
            self._sql(f"UPDATE {NAME} SET state = %s, run = %s, at = %s, said = %s WHERE {_OF_ONE}",
                      item, before=about)  # fmt: skip
        else:
            self._host.sql(
                f"INSERT INTO {NAME} (line, of_loop, item, state, run, at, said)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s)",
                *(self._line, self._loop, item, *about),
            )

    def end(self, key: Key) -> bool:
        """It is done; False: what it wrote was undone, and so is all since the last commit."""
        item = _item(key)
        if not self._sql(f"SELECT 1 FROM {NAME} WHERE {_OF_ONE} AND state = 0", item):
            return False
        self._sql(f"UPDATE {NAME} SET state = 1 WHERE {_OF_ONE}", item)
        return True

    def undone(self) -> None:
        """All since the last commit is."""

    def _sql(self, statement: str, *values: Any, before: tuple[Any, ...] = ()) -> list[Any]:
        return self._host.sql(statement, *before, self._line, self._loop, *values)


class Cursor(Memory):
    """Of one loop whose keys grow: one row, the greatest key that is done and the one begun."""

    _done: Any = None
    _begun: Any = None
    _before: Any = None
    """The key that came last."""

    def read(self) -> None:
        found = self._sql(f"SELECT said FROM {NAME} WHERE {_OF_ONE}", CURSOR)
        self._done, self._begun = json.loads(found[0][0]) if found else (None, None)
        self._is_there, self._last = bool(found), self._done

    @property
    def done(self) -> int:
        return 0

    def state_of(self, key: Key) -> State | None:
        """Raises ConfigError: it is not above the one before."""
        try:
            if self.met and not key > self._before:
                raise ConfigError(f"ordered=True, and after the key {self._before!r} came {key!r}")
            self._before = key
            self.met.add("some")
            if self._done is not None and not key > self._done:
                return State.DONE
        except TypeError as exc:
            raise ConfigError(f"ordered=True, and keys of two kinds: {exc}") from exc
        return State.BEGUN if key == self._begun else None

    def doubts(self) -> Iterator[Key]:
        if self._begun is not None and not (self.met and self._before >= self._begun):
            yield self._begun

    def failures(self) -> list[tuple[Key, str]]:
        return []

    def begin(self, key: Key) -> None:
        said, at = codec.dumps([self._last, key]), time.time()
        if self._is_there:
            self._sql(f"UPDATE {NAME} SET said = %s, at = %s WHERE {_OF_ONE}", CURSOR,
                      before=(said, at))  # fmt: skip
        else:
            self._host.sql(
                f"INSERT INTO {NAME} (line, of_loop, item, state, run, at, said)"
                " VALUES (%s, %s, %s, 0, %s, %s, %s)",
                *(self._line, self._loop, CURSOR, self._run, at, said),
            )
            self._is_there = True

    def end(self, key: Key) -> bool:
        expected, done = codec.dumps([self._last, key]), codec.dumps([key, None])
        if self._sql(f"SELECT said FROM {NAME} WHERE {_OF_ONE}", CURSOR) not in ([(expected,)],):
            return False
        self._sql(f"UPDATE {NAME} SET said = %s WHERE {_OF_ONE}", CURSOR, before=(done,))
        self._last = key
        return True

    def undone(self) -> None:
        self.read()


def _item(key: Key) -> str:
    return _hash(codec.dumps(key))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
