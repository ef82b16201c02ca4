"""What was last seen of each row, so that a `last_execution` that somebody set back is noticed.

A run only moves it forward. Who sets it back wants a run of a due time that was acted on before:
its claim is dropped (a `last_execution` changed outside wins).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from celery.utils.functional import chunks

from frappe_celery.jobs import JobStore
from frappe_celery.jobs.hosts import ScheduleRow
from frappe_celery.jobs.record.claim import Deposed

ROWS_A_CALL = 500


class Marks:
    """The marks of one bench, as the scheduler that leads under a fence sees them.

    What a scheduler read before it stood still is older than what its successor has seen: every
    method raises Deposed then. A fence of 0 is of no lease.
    """

    def __init__(self, store: JobStore) -> None:
        self.store = store

    def see(self, site: str, rows: Iterable[ScheduleRow], fence: int = 0) -> set[str]:
        """Note a site's rows; the names of those whose last execution was set back."""
        back: set[str] = set()
        for some in chunks(iter(rows), ROWS_A_CALL):
            words: list[Any] = []
            for row in some:
                words += self.store.keys.due(site, row.name), row.name, row.since.timestamp()
            back.update(name.decode() for name in self._led("see_rows", site, fence, words))
        return back

    def forget(self, site: str, names: Iterable[str], fence: int = 0) -> None:
        """Drop the marks of rows that are gone."""
        for some in chunks(iter(names), ROWS_A_CALL):
            words = [word for name in some for word in (self.store.keys.due(site, name), name)]
            self._led("forget_rows", site, fence, words)

    def forget_others(self, site: str, names: Collection[str], fence: int = 0) -> None:
        """Rows that went while nobody looked: all but these."""
        seen = {name.decode() for name in self.store.client.hkeys(self.store.keys.seen(site))}
        self.forget(site, seen.difference(names), fence)

    def _led(self, script: str, site: str, fence: int, words: list[Any]) -> Any:
        keys = self.store.keys.seen(site), self.store.keys.lease
        answer = self.store.run_script(script, keys, fence, *words)
        if answer is None:
            raise Deposed(f"fence {fence}")
        return answer
