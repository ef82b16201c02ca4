"""What was last seen of each row, so that a `last_execution` that somebody set back is noticed.

A run only moves it forward. Who sets it back wants a run of a due time that was acted on before:
its claim is dropped (DESIGN.md, invariant 6: a `last_execution` changed outside wins).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from frappe_celery.hosts.base import ScheduleRow
from frappe_celery.jobs import JobStore
from frappe_celery.jobs.connection import naming_the_server

ROWS_A_CALL = 500

_SEE = """
-- KEYS: the site's marks. ARGV: claim, entry, its last execution … Returns entries that moved back.
local back = {}
for i = 1, #ARGV, 3 do
  local seen = redis.call('HGET', KEYS[1], ARGV[i + 1])
  if seen and tonumber(ARGV[i + 2]) < tonumber(seen) then
    redis.call('DEL', ARGV[i])
    back[#back + 1] = ARGV[i + 1]
  end
  redis.call('HSET', KEYS[1], ARGV[i + 1], ARGV[i + 2])
end
return back
"""


class Marks:
    """The marks of one bench; any number of schedulers may see the same rows."""

    def __init__(self, store: JobStore) -> None:
        self.store = store
        self._see = store.client.register_script(_SEE)

    def see(self, site: str, rows: Iterable[ScheduleRow]) -> set[str]:
        """Note a site's rows; the names of those whose last execution was set back."""
        back: set[str] = set()
        with naming_the_server(self.store.url):
            for some in _chunks(rows):
                moved = self._see([self._key(site)], [w for row in some for w in self._words(row)])
                back.update(name.decode() for name in moved)
        return back

    def forget(self, site: str, names: Iterable[str]) -> None:
        """Rows that are gone."""
        names = list(names)
        if names:
            with naming_the_server(self.store.url):
                self.store.client.hdel(self._key(site), *names)
                self.store.client.delete(*(self.store.keys.due(site, name) for name in names))

    def _words(self, row: ScheduleRow) -> tuple[str, str, float]:
        executed = row.last_execution or row.creation
        return self.store.keys.due(row.site, row.name), row.name, executed.timestamp()

    def _key(self, site: str) -> str:
        return f"{self.store.keys.prefix}beat:seen:{site}"


def _chunks(rows: Iterable[ScheduleRow]) -> Iterator[list[ScheduleRow]]:
    remaining: Any = iter(rows)
    while some := list(islice(remaining, ROWS_A_CALL)):
        yield some
