"""`each` and `step`: what a resumable job does item by item, and once.

Their iterator is a generator, which sees no difference between `break`, `return` and an error of
the loop's body: in each of them the item counts as done in the transaction that it wrote in. An
error has that rolled back, and so the item is not done; `break` has it committed, and it is.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from frappe_celery.config.numbers import is_number, is_whole, require
from frappe_celery.errors import ConfigError, ItemInDoubt, ItemsFailed, ItemUndone
from frappe_celery.jobs import hosts
from frappe_celery.jobs.job import current_job
from frappe_celery.jobs.resumable import memory
from frappe_celery.jobs.resumable.memory import Cursor, Key, Memory, State
from frappe_celery.jobs.resumable.state import Resuming, resuming

T = TypeVar("T")
MOST_UNDONE = 5
"""How often items are done again that were rolled back, without a commit between."""


def each(
    rows: Iterable[T],
    *,
    key: Callable[[T], str | int] | None = None,
    name: str = "",
    commit_every: int | None = None,
    commit_seconds: float | None = None,
    ordered: bool = False,
    on_doubt: Literal["raise", "again", "skip"] = "raise",
    on_error: Literal["raise", "continue"] = "raise",
) -> Iterator[T]:
    """Go through rows, each of which is done once, whichever run of the job does it.

    In a job whose method is `@options(resumable=True)`; what is written before the loop is
    committed as it begins. Outside of a job it is a loop with commits, which remembers nothing.

    Args:
        rows: made anew by each run; may have changed, and need not hold what is done.
        key: what tells a row from all others, a text or a whole number, compared sign by sign;
            None: the row itself.
        name: tells the loops of a job apart.
        commit_every, commit_seconds: after so many items, or seconds, whichever comes first;
            neither: after each item.
        ordered: rows come with growing keys: one row remembers them all.
        on_doubt: what becomes of an item that had committed by itself when its run ended.
        on_error: "continue": an item that raises is noted, the method is called again for the
            others, and the job fails at the end.

    Raises:
        ConfigError: as said there, or the job is not resumable, or code around has the transaction.
        ItemInDoubt, ItemUndone, ItemsFailed: from the loop.
    """
    require(on_doubt in ("raise", "again", "skip"), "on_doubt", on_doubt, "raise, again or skip")
    require(on_error in ("raise", "continue"), "on_error", on_error, "raise or continue")
    is_right = commit_every is None or (is_whole(commit_every) and commit_every > 0)
    require(is_right, "commit_every", commit_every, "a whole number above 0")
    is_right = commit_seconds is None or (is_number(commit_seconds) and commit_seconds >= 0)
    require(is_right, "commit_seconds", commit_seconds, "a number of seconds")
    if ordered and on_error == "continue":
        raise ConfigError('ordered=True remembers no item by itself: without on_error="continue"')
    if not hosts.current().may_commit():
        raise ConfigError(
            "each commits, and code around it holds the transaction open: call it outside of"
            " `with django.db.transaction.atomic():`"
        )
    pace, of_row = _Pace(commit_every, commit_seconds), key or _itself
    state = resuming()
    if state is None:
        return _outside_a_job(rows, of_row, pace)
    if name in state.loops:
        raise ConfigError(f"a second loop of the job is called {name!r}: give each its name=…")
    state.loops.add(name)
    remembered = (Cursor if ordered else Memory)(state.line, name, state.job.run_id)
    return _Loop(state, name, remembered, pace, on_doubt, on_error == "continue").over(rows, of_row)


def step(name: str) -> Iterator[None]:
    """A part of a job that is done once: `for _ in step("collect"):` runs its body, or not at all
    where it is done. An item of `each`, with all that is said of those.

    Raises:
        As `each`.
    """
    return each((None,), key=lambda _: name, name=f"step {name}")


def _itself(row: Any) -> Any:
    return row


@dataclass
class _Pace:
    """When to commit."""

    items: int | None
    seconds: float | None
    since: float = 0.0

    def is_due(self, pending: int) -> bool:
        if self.items is None and self.seconds is None:
            return True
        late = self.seconds is not None and time.monotonic() >= self.since + self.seconds
        return late or (self.items is not None and pending >= self.items)


def _outside_a_job(rows: Iterable[T], of_row: Callable[[T], Any], pace: _Pace) -> Iterator[T]:
    host, keys, pending = hosts.current(), Memory("", "", ""), 0
    for row in rows:
        keys.meet(memory.checked(of_row(row)))
        if not pending:
            pace.since = time.monotonic()
        yield row
        pending += 1
        if pace.is_due(pending):
            host.commit()
            pending = 0
    host.commit()


class _Loop:
    def __init__(
        self, state: Resuming, name: str, remembered: Memory, pace: _Pace, on_doubt: str,
        goes_on: bool,
    ) -> None:  # fmt: skip
        self._state, self._name, self._memory, self._pace = state, name, remembered, pace
        self._on_doubt, self._goes_on, self._host = on_doubt, goes_on, hosts.current()
        self._pending: list[tuple[Key, Any]] = []
        """Done since the last commit."""
        self._done, self._undone, self._longest = 0, 0, 0.0
        self._left: int | None = None
        """Rows that are not done, as far as they can be counted."""

    def over(self, rows: Iterable[T], of_row: Callable[[T], Any]) -> Iterator[T]:
        if self._state.is_inside:
            raise ConfigError("each within an item of another each, which its commits would end")
        self._host.commit()  # what is rolled back from now on is the items' alone
        memory.make(self._state.job.site)
        self._memory.read()
        self._done = self._memory.done
        self._left = len(rows) if isinstance(rows, Sized) else None
        for row in rows:
            key = memory.checked(of_row(row))
            self._memory.meet(key)
            self._note()
            yield from self._until_done(key, row)
        self._commit()
        self._raise_doubts()
        if failures := self._memory.failures():
            raise ItemsFailed(failures)

    def _raise_doubts(self, key: Key | None = None) -> None:
        for doubt in self._memory.doubts(key) if self._on_doubt == "raise" else ():
            raise ItemInDoubt(self._name, doubt)

    def _until_done(self, key: Key, row: T) -> Iterator[T]:
        todo, state = deque([(key, row)]), self._state
        while todo:
            key, row = todo.popleft()
            self._raise_doubts(key)
            known = self._memory.state_of(key)
            self._count(-1)
            if known is not None and not (known == State.BEGUN and self._on_doubt == "again"):
                continue
            if not self._pending:
                self._pace.since = time.monotonic()
            self._memory.begin(key)
            transaction, began = self._host.outbox_rows(), time.monotonic()
            state.open_item, state.is_inside = (self._name, key) if self._goes_on else None, True
            try:
                yield row
            except GeneratorExit:
                self._share_its_fate(key, transaction)
                raise
            finally:
                state.is_inside = False
            state.open_item = None
            self._longest = max(self._longest, time.monotonic() - began)
            if self._memory.end(key):
                self._pending.append((key, row))
                leaves = state.look(self._longest)
                if leaves or self._pace.is_due(len(self._pending)):
                    self._commit()
                if leaves:
                    raise leaves
            else:
                self._undo(key, row, todo)

    def _undo(self, key: Key, row: T, todo: deque[tuple[Key, T]]) -> None:
        """Do again what was rolled back: all since the last commit, which may be the item's own."""
        self._undone += 1
        if self._undone > MOST_UNDONE:
            raise ItemUndone(
                f"item {key!r} was rolled back {self._undone} times: undo a part of an item"
                " to a savepoint, or let it raise"
            )
        self._memory.read()
        todo.extendleft([(key, row), *reversed(self._pending)])
        self._count(len(self._pending) + 1)
        self._done, self._pending = self._memory.done, []

    def _share_its_fate(self, key: Key, transaction: object) -> None:
        """Where the item's transaction is the one that is open still."""
        with suppress(Exception):  # which it has failed
            if current_job() is self._state.job and self._host.outbox_rows() is transaction:
                self._memory.end(key)

    def _count(self, more: int) -> None:
        if self._left is not None:
            self._left += more

    def _commit(self) -> None:
        if self._pending:
            self._host.commit()
            self._done += len(self._pending)
            self._state.rows += len(self._pending)
            self._pending, self._undone = [], 0
            self._state.has_committed = self._state.some_done = True
        self._note()

    def _note(self) -> None:
        so_far = self._done + len(self._pending)
        total = None if self._left is None else so_far + self._left
        if leaves := self._state.note(self._done, total):
            if self._pending:
                self._host.commit()
            raise leaves
