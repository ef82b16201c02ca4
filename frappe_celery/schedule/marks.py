"""What was last seen of each row, so that a `last_execution` that somebody set back is noticed.

A run only moves it forward. Who sets it back wants a run of a due time that was acted on before:
its claim is dropped (a `last_execution` changed outside wins).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from frappe_celery.jobs import JobStore
from frappe_celery.jobs.claim import Deposed
from frappe_celery.jobs.connection import naming_the_server
from frappe_celery.jobs.hosts import ScheduleRow

T = TypeVar("T")
ROWS_A_CALL = 500

_SEE = """
-- KEYS: the site's marks, the schedulers' lease.
-- ARGV: fence ('0' : none), then for each row: claim, entry, its last execution.
-- Returns the entries that moved back; false where the lease is another's.
if ARGV[1] ~= '0' and redis.call('GET', KEYS[2]) ~= ARGV[1] then return false end
local back = {}
for i = 2, #ARGV, 3 do
  local seen = redis.call('HGET', KEYS[1], ARGV[i + 1])
  if seen and tonumber(ARGV[i + 2]) < tonumber(seen) then
    redis.call('DEL', ARGV[i])
    back[#back + 1] = ARGV[i + 1]
  end
  redis.call('HSET', KEYS[1], ARGV[i + 1], ARGV[i + 2])
end
return back
"""


_FORGET = """
-- KEYS: the site's marks, the schedulers' lease.
-- ARGV: fence ('0' : none), then for each row: claim, entry. Returns false where the lease is
-- another's.
if ARGV[1] ~= '0' and redis.call('GET', KEYS[2]) ~= ARGV[1] then return false end
for i = 2, #ARGV, 2 do
  redis.call('DEL', ARGV[i])
  redis.call('HDEL', KEYS[1], ARGV[i + 1])
end
return 1
"""


class Marks:
    """The marks of one bench, as the scheduler that leads under a fence (see `lease`) sees them.

    What a scheduler read before it stood still is older than what its successor has seen: every
    method raises Deposed then. A fence of 0 is of no lease.
    """

    def __init__(self, store: JobStore) -> None:
        self.store = store
        self._see = store.client.register_script(_SEE)
        self._forget = store.client.register_script(_FORGET)

    def see(self, site: str, rows: Iterable[ScheduleRow], fence: int = 0) -> set[str]:
        """Note a site's rows; the names of those whose last execution was set back."""
        back: set[str] = set()
        with naming_the_server(self.store.url):
            for some in _chunks(rows):
                words = [word for row in some for word in self._words(row)]
                back.update(name.decode() for name in self._led(self._see, site, fence, words))
        return back

    def forget(self, site: str, names: Iterable[str], fence: int = 0) -> None:
        """Rows that are gone."""
        with naming_the_server(self.store.url):
            for some in _chunks(names):
                words = [word for name in some for word in (self.store.keys.due(site, name), name)]
                self._led(self._forget, site, fence, words)

    def forget_others(self, site: str, names: Collection[str], fence: int = 0) -> None:
        """Rows that went while nobody looked: all but these."""
        with naming_the_server(self.store.url):
            seen = {name.decode() for name in self.store.client.hkeys(self._key(site))}
        self.forget(site, seen.difference(names), fence)

    def _led(self, script: Any, site: str, fence: int, words: list[Any]) -> Any:
        lease = f"{self.store.keys.prefix}beat:lease"
        answer = script([self._key(site), lease], [fence, *words])
        if answer is None:
            raise Deposed(f"fence {fence}")
        return answer

    def _words(self, row: ScheduleRow) -> tuple[str, str, float]:
        executed = row.last_execution or row.creation
        return self.store.keys.due(row.site, row.name), row.name, executed.timestamp()

    def _key(self, site: str) -> str:
        return f"{self.store.keys.prefix}beat:seen:{site}"


def _chunks(items: Iterable[T]) -> Iterator[list[T]]:
    remaining = iter(items)
    while some := list(islice(remaining, ROWS_A_CALL)):
        yield some
