"""What was last seen of each row, so that a `last_execution` that somebody set back is noticed.

A run only moves it forward. Who sets it back wants a run of a due time that was acted on before:
its claim is dropped (a `last_execution` changed outside wins).

The scheduler that leads asks, under its fence. What one read before it stood still is older than
what its successor has seen: every function raises Deposed then. A fence of 0 is of no lease.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from celery.utils.functional import chunks

from frappe_celery.jobs import get_store
from frappe_celery.jobs.hosts import ScheduleRow
from frappe_celery.jobs.record.due_claim import Deposed

ROWS_A_CALL = 500


def see(site: str, rows: Iterable[ScheduleRow], fence: int) -> set[str]:
    """Note a site's rows; the names of those whose last execution was set back."""
    return _note(site, ((row.name, row.since.timestamp()) for row in rows), fence)


def forget(site: str, names: Iterable[str], fence: int) -> None:
    """Drop the marks of rows that are gone."""
    _note(site, ((name, "") for name in names), fence)


def forget_others(site: str, names: Collection[str], fence: int) -> None:
    """Rows that went while nobody looked: all but these."""
    store = get_store()
    seen = {name.decode() for name in store.client.hkeys(store.keys.seen(site))}
    forget(site, seen.difference(names), fence)


def _note(site: str, rows: Iterable[tuple[str, float | str]], fence: int) -> set[str]:
    store, back = get_store(), set[str]()
    keys = store.keys.seen(site), store.keys.lease
    for some in chunks(iter(rows), ROWS_A_CALL):
        words = [word for name, last in some for word in (store.keys.due(site, name), name, last)]
        found = store.run_script("see_rows", keys, fence, *words)
        if found is None:
            raise Deposed(f"fence {fence}")
        back.update(name.decode() for name in found)
    return back
