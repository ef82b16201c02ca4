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
        " NULL, at BIGINT NOT NULL, said TEXT, PRIMARY KEY (line, of_loop, item))"
    )
    host.commit()
    oldest = time.time_ns() - settings.current().rq_job_failure_ttl * 10**9
    old = host.sql(f"SELECT line FROM {NAME} GROUP BY line HAVING MAX(at) < %s", oldest)
    for (line,) in old:  # line by line, which locks nobody else's
        _forget(line, MANY + 1)


def forget(site: str, line: str, rows: int) -> None:
    """The rows of a job that has finished."""
    with hosts.current().in_site(site, ADMINISTRATOR):
        _forget(line, rows)


def _forget(line: str, rows: int) -> None:
    host = hosts.current()
    for begins in STEPS if rows > MANY else "":
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
        self._line, self._run, self._loop = line, run, _hash(name)[:16]
        self._rows: dict[str, tuple[State, str, str]] = {}
        """What was committed when it was read: state, run, and what was said."""
        self._met: set[Key] = set()
        self._at = 0
        """When the item that is open was begun, in nanoseconds: no other beginning has that."""

    def read(self) -> None:
        found = self._sql(
            f"SELECT item, state, run, CASE WHEN state <> {State.DONE} OR item = '{CURSOR}'"
            f" THEN said END FROM {NAME} WHERE line = %s AND of_loop = %s"
        )
        self._rows = {item: (State(state), run, said) for item, state, run, said in found}

    @property
    def done(self) -> int:
        """How many were done when it was read."""
        return sum(state == State.DONE for state, *_ in self._rows.values())

    def meet(self, key: Key) -> None:
        """Raises ConfigError: it came before."""
        if key in self._met:
            raise ConfigError(f"two items have the key {key!r}, and only one of them would be done")
        self._met.add(key)

    def state_of(self, key: Key) -> State | None:
        """What became of it; None: nothing yet. One that failed in a run before is done again."""
        state, run, _ = self._rows.get(_item(key), (None, "", ""))
        return None if state == State.FAILED and run != self._run else state

    def doubts(self, key: Key | None = None) -> Iterator[Key]:
        """Whether the key is in doubt, as itself; None: which ones are that came no more."""
        if key is not None:
            return iter([key] if self.state_of(key) == State.BEGUN else [])
        begun = (json.loads(said) for state, _, said in self._rows.values() if not state)
        return (key for key in begun if key not in self._met)

    def failures(self) -> list[tuple[Key, str]]:
        """Of this run: keys, and what they raised."""
        rows = (json.loads(said) for state, run, said in self._rows.values()
                if state == State.FAILED and run == self._run)  # fmt: skip
        return [(key, error) for key, error in rows]

    def begin(self, key: Key) -> None:
        self._put(_item(key), State.BEGUN, codec.dumps(key))

    def fail(self, key: Key, error: str) -> None:
        self._put(_item(key), State.FAILED, codec.dumps([key, error[-1000:]]))

    def end(self, key: Key) -> bool:
        """It is done; False: what it wrote was undone, and so is all since the last commit."""
        return self._end(_item(key), codec.dumps(key))

    def _put(self, item: str, state: State, said: str) -> None:
        self._at = time.time_ns()
        about = (int(state), self._run, self._at, said)
        if item in self._rows:
            self._sql(f"UPDATE {NAME} SET state = %s, run = %s, at = %s, said = %s WHERE {_OF_ONE}",
                      item, before=about)  # fmt: skip
        else:
            hosts.current().sql(
                f"INSERT INTO {NAME} (line, of_loop, item, state, run, at, said)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s)",
                *(self._line, self._loop, item, *about),
            )

    def _end(self, item: str, said: str) -> bool:
        if not self._sql(f"SELECT 1 FROM {NAME} WHERE {_OF_ONE} AND at = %s", item, self._at):
            return False
        done = (int(State.DONE), said)
        self._sql(f"UPDATE {NAME} SET state = %s, said = %s WHERE {_OF_ONE}", item, before=done)
        return True

    def _sql(self, statement: str, *values: Any, before: tuple[Any, ...] = ()) -> list[Any]:
        return hosts.current().sql(statement, *before, self._line, self._loop, *values)


class Cursor(Memory):
    """Of one loop whose keys grow: one row, the greatest key that is done and the one begun."""

    done = 0
    _done: Any = None
    _begun: Any = None
    _newest: Any = None
    """The key that came last."""

    def read(self) -> None:
        super().read()
        row = self._rows.get(CURSOR)
        self._done, self._begun = json.loads(row[2]) if row else (None, None)

    def meet(self, key: Key) -> None:
        """Raises ConfigError: it is not above the one before."""
        try:
            if self._newest is not None and not key > self._newest:
                raise ConfigError(f"ordered=True, and after the key {self._newest!r} came {key!r}")
            self._newest = key
            _ = self._done is None or key > self._done
        except TypeError as exc:
            raise ConfigError(f"ordered=True, and keys of two kinds: {exc}") from exc

    def state_of(self, key: Any) -> State | None:
        if self._done is not None and not key > self._done:
            return State.DONE
        return State.BEGUN if key == self._begun else None

    def doubts(self, key: Any = None) -> Iterator[Key]:
        if self._begun is not None and (key is None or key >= self._begun):
            yield self._begun

    def failures(self) -> list[tuple[Key, str]]:
        return []

    def begin(self, key: Key) -> None:
        self._put(CURSOR, State.BEGUN, codec.dumps([self._done, key]))
        self._rows[CURSOR] = (State.BEGUN, "", "")

    def end(self, key: Key) -> bool:
        is_done = self._end(CURSOR, codec.dumps([key, None]))
        if is_done:
            self._done = key
        return is_done


def _item(key: Key) -> str:
    return _hash(codec.dumps(key))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
