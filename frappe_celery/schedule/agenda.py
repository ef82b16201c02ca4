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
    number: int = 0
    """Of its valid place in the heap."""


class Agenda:
    """A heap; each change costs O(log n), looking at the first entry O(1)."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], Entry] = {}
        self._heap: list[tuple[datetime, int, Entry]] = []
        self._numbers = count(1)

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, row: ScheduleRow, timing: Timing, *, set_back: bool = False) -> Entry:
        """Add or change a row; `set_back` forgets what was acted on.

        Raises:
            CronError: its expression cannot be read; it is then not on the agenda.
        """
        known = self._entries.get((row.site, row.name))
        acted = None if known is None or set_back else known.acted
        due = self._due(row, timing, acted)
        entry = known or Entry(row, timing, due)
        entry.row, entry.timing, entry.acted = row, timing, acted
        self._entries[row.site, row.name] = entry
        if known is None or known.due != due:
            entry.due = due
            self._push(entry)
        return entry

    def remove(self, site: str, name: str) -> None:
        """Take a row off, if it is on the agenda."""
        entry = self._entries.pop((site, name), None)
        if entry is not None:
            entry.number = 0

    def first(self) -> Entry | None:
        """The entry that is due next."""
        while self._heap:
            _, number, entry = self._heap[0]
            if entry.number == number:
                return entry
            heapq.heappop(self._heap)
        return None

    def take(self) -> Entry:
        """Take the first entry out of the order until `done`, `push_back` or `put` puts it back.

        Raises:
            IndexError: there is none.
        """
        entry = self.first()
        if entry is None:
            raise IndexError("the agenda is empty")
        heapq.heappop(self._heap)
        entry.number = 0
        return entry

    def done(self, entry: Entry, acted: datetime) -> None:
        """A taken entry's due times up to `acted` were acted on; put it at its next one.

        Raises:
            CronError: it has none any more; it is then not on the agenda.
        """
        entry.acted = acted
        entry.due = self._due(entry.row, entry.timing, acted)
        self.push_back(entry)

    def push_back(self, entry: Entry) -> None:
        """Put a taken entry back with the time that it had."""
        if self._entries.get((entry.row.site, entry.row.name)) is entry:
            self._push(entry)

    def _push(self, entry: Entry) -> None:
        entry.number = next(self._numbers)
        heapq.heappush(self._heap, (entry.due, entry.number, entry))
        if len(self._heap) > 2 * len(self._entries) + 64:  # mostly places that no longer count
            self._heap = [item for item in self._heap if item[2].number == item[1]]
            heapq.heapify(self._heap)

    def _due(self, row: ScheduleRow, timing: Timing, acted: datetime | None) -> datetime:
        """The next time after its last execution and `acted`.

        Where there is none, which it raises, the row is taken off.
        """
        try:
            return timing.next_start(row, max(row.since, acted) if acted else row.since)
        except CronError:
            self.remove(row.site, row.name)
            raise
