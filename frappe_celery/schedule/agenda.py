"""`Agenda`: the entries of all sites in the order in which they are due."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any, Generic, TypeVar

from frappe_celery.jobs.hosts import ScheduleRow
from frappe_celery.schedule.cron import CronError
from frappe_celery.schedule.timing import Timing


@dataclass(eq=False)
class Place:
    """What has its turn at a time."""

    key: tuple[Any, ...]
    """Another one of the same key takes its place."""
    due: Any


P = TypeVar("P", bound=Place)


class Order(Generic[P]):
    """A heap; each change costs O(log n), looking at the first entry O(1)."""

    def __init__(self) -> None:
        self._entries: dict[tuple[Any, ...], P] = {}
        self._heap: list[tuple[Any, int, P]] = []
        """Also of entries that were removed or changed since, which `_has` tells."""
        self._numbers = count()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, *key: Any) -> P | None:
        """The entry of that key."""
        return self._entries.get(key)

    def add(self, entry: P) -> None:
        """Put an entry in its place, and one of its key that was there out of it."""
        self._entries[entry.key] = entry
        self.push_back(entry)

    def remove(self, *key: Any) -> None:
        """Take an entry off, if it is there."""
        self._entries.pop(key, None)

    def first(self) -> P | None:
        """The entry that is due next."""
        while self._heap and not self._has(self._heap[0][2]):
            heapq.heappop(self._heap)
        return self._heap[0][2] if self._heap else None

    def take(self) -> P:
        """Take the first entry out of the order until `add` or `push_back` puts it back.

        Raises:
            IndexError: there is none.
        """
        self.first()
        return heapq.heappop(self._heap)[2]

    def push_back(self, entry: P) -> None:
        """Put a taken entry back with its time, unless it was changed or removed."""
        if not self._has(entry):
            return
        heapq.heappush(self._heap, (entry.due, next(self._numbers), entry))
        if len(self._heap) > 2 * len(self._entries) + 64:  # mostly places that no longer count
            self._heap = [place for place in self._heap if self._has(place[2])]
            heapq.heapify(self._heap)

    def _has(self, entry: P) -> bool:
        return self._entries.get(entry.key) is entry


@dataclass(eq=False)
class Entry(Place):
    """A row, by its site and name."""

    due: datetime
    """In UTC; may be past."""
    row: ScheduleRow
    timing: Timing
    acted: datetime | None = None
    """The last due time that was acted on, which a run's `last_execution` follows later."""


class Agenda(Order[Entry]):
    """Of sites' rows, by site and name."""

    def put(self, row: ScheduleRow, timing: Timing, *, set_back: bool = False) -> Entry:
        """Add or change a row; `set_back` forgets what was acted on.

        Raises:
            CronError: its expression cannot be read; it is then not on the agenda.
        """
        known = self.get(row.site, row.name)
        acted = None if known is None or set_back else known.acted
        try:
            due = timing.next_start(row, max(row.since, acted) if acted else row.since)
        except CronError:
            self.remove(row.site, row.name)
            raise
        entry = Entry((row.site, row.name), due, row, timing, acted)
        self.add(entry)
        return entry

    def done(self, entry: Entry, acted: datetime) -> None:
        """An entry's due times up to `acted` were acted on; put it at its next one.

        Raises:
            CronError: it has none any more; it is then not on the agenda.
        """
        if self._has(entry):
            entry.acted = acted
            self.put(entry.row, entry.timing)
