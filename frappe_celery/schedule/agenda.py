"""`Agenda`: the entries of all sites in the order in which they are due."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from datetime import datetime
from itertools import count

from frappe_celery.jobs.hosts import ScheduleRow
from frappe_celery.schedule.cron import CronError
from frappe_celery.schedule.timing import Timing


@dataclass(eq=False)
class Entry:
    row: ScheduleRow
    timing: Timing
    due: datetime
    """When it is next due, in UTC; may be past."""
    acted: datetime | None = None
    """The last due time that was acted on, which a run's `last_execution` follows later."""


class Agenda:
    """A heap; each change costs O(log n), looking at the first entry O(1)."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], Entry] = {}
        self._heap: list[tuple[datetime, int, Entry]] = []
        """Also of entries that were removed or changed since, which `_has` tells."""
        self._numbers = count()

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, row: ScheduleRow, timing: Timing, *, set_back: bool = False) -> Entry:
        """Add or change a row; `set_back` forgets what was acted on.

        Raises:
            CronError: its expression cannot be read; it is then not on the agenda.
        """
        known = self._entries.get((row.site, row.name))
        acted = None if known is None or set_back else known.acted
        try:
            due = timing.next_start(row, max(row.since, acted) if acted else row.since)
        except CronError:
            self.remove(row.site, row.name)
            raise
        entry = Entry(row, timing, due, acted)
        self._entries[row.site, row.name] = entry
        self.push_back(entry)
        return entry

    def remove(self, site: str, name: str) -> None:
        """Take a row off, if it is on the agenda."""
        self._entries.pop((site, name), None)

    def first(self) -> Entry | None:
        """The entry that is due next."""
        while self._heap and not self._has(self._heap[0][2]):
            heapq.heappop(self._heap)
        return self._heap[0][2] if self._heap else None

    def take(self) -> Entry:
        """Take the first entry out of the order until `done` or `push_back` puts it back.

        Raises:
            IndexError: there is none.
        """
        entry = self.first()
        if entry is None:
            raise IndexError("the agenda is empty")
        heapq.heappop(self._heap)
        return entry

    def done(self, entry: Entry, acted: datetime) -> None:
        """An entry's due times up to `acted` were acted on; put it at its next one.

        Raises:
            CronError: it has none any more; it is then not on the agenda.
        """
        if self._has(entry):
            entry.acted = acted
            self.put(entry.row, entry.timing)

    def push_back(self, entry: Entry) -> None:
        """Put a taken entry back with its time, unless its row was changed or removed."""
        if not self._has(entry):
            return
        heapq.heappush(self._heap, (entry.due, next(self._numbers), entry))
        if len(self._heap) > 2 * len(self._entries) + 64:  # mostly places that no longer count
            self._heap = [place for place in self._heap if self._has(place[2])]
            heapq.heapify(self._heap)

    def _has(self, entry: Entry) -> bool:
        return self._entries.get((entry.row.site, entry.row.name)) is entry
