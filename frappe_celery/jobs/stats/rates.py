"""How many runs ended in each of the last minutes, however short their records are kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from frappe_celery.jobs.job import JobStatus
from frappe_celery.jobs.record.store import JobStore

LOOK_BACK = 60
"""Minutes for which what ended is counted."""
FAILURES = (JobStatus.FAILED, JobStatus.STOPPED)

Ended = Counter[tuple[str, str, JobStatus]]
"""How many runs ended, by site, queue and how."""


def by_minute(store: JobStore, minutes: Sequence[int]) -> dict[int, Ended]:
    """What ended in each of these minutes (since the epoch) of the last hour.

    Raises:
        BrokerUnreachable.
    """
    answers = store.client.each("hgetall", map(store.keys.ended, minutes))
    return dict(zip(minutes, map(_read, answers), strict=True))


def ended_lately(store: JobStore, minutes: int) -> Ended:
    """What ended in the last minutes.

    Raises:
        BrokerUnreachable.
    """
    now = int(store.now()) // 60
    found = by_minute(store, range(now - minutes + 1, now + 1))
    return sum(found.values(), Ended())


def _read(counts: dict[bytes, bytes]) -> Ended:
    found = Ended()
    for name, number in counts.items():
        site, queue, status = name.decode().split("|")
        found[site, queue, JobStatus(status)] = int(number)
    return found
