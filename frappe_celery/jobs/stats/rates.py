"""How many runs ended in each of the last minutes, however short their records are kept."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from frappe_celery.jobs.job import JobStatus
from frappe_celery.jobs.record.store import JobStore

LOOK_BACK = 60
"""Minutes for which what ended is counted."""
FAILURES = (JobStatus.FAILED, JobStatus.STOPPED)

Ended = dict[str, Counter[JobStatus]]
"""How many runs of each site ended in each status."""


def by_minute(store: JobStore, minutes: Sequence[int]) -> dict[int, Ended]:
    """What ended in each of these minutes (since the epoch) of the last hour.

    Raises:
        BrokerUnreachable.
    """
    answers = store.client.each("hgetall", map(store.keys.ended, minutes))
    return dict(zip(minutes, map(_by_site, answers), strict=True))


def ended_lately(store: JobStore, minutes: int) -> Counter[tuple[str, str, JobStatus]]:
    """How many ended in the last minutes, by site, queue and how.

    Raises:
        BrokerUnreachable.
    """
    now = int(store.now()) // 60
    keys = (store.keys.ended(now - minute) for minute in range(minutes))
    answer = store.run_script("ended_in_minutes", tuple(keys))
    found: Counter[tuple[str, str, JobStatus]] = Counter()
    for name, number in json.loads(answer).items():
        site, queue, status = name.split("|")
        found[site, queue, JobStatus(status)] = number
    return found


def _by_site(counts: dict[bytes, bytes]) -> Ended:
    found: Ended = {}
    for name, number in counts.items():
        site, _, queue_and_status = name.decode().partition("|")
        status = JobStatus(queue_and_status.rpartition("|")[2])
        found.setdefault(site, Counter())[status] += int(number)
    return found
