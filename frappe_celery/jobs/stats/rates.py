"""How many runs ended in each of the last minutes, however short their records are kept."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field

from frappe_celery.jobs.job import JobStatus
from frappe_celery.jobs.record.store import JobStore

LOOK_BACK = 60
"""Minutes for which what ended is counted."""
FAILURES = (JobStatus.FAILED, JobStatus.STOPPED)

Ended = dict[str, Counter[JobStatus]]
"""How many runs of each site ended in each status."""


@dataclass(frozen=True)
class Minute:
    """How many jobs ended in a minute, and how."""

    at: float
    """When it began, seconds since the epoch."""
    ended: Counter[JobStatus] = field(default_factory=Counter)


def last_hour(store: JobStore, site: str | None = None) -> list[Minute]:
    """The last 60 minutes, the one that runs now last; `site` None: of every site.

    Raises:
        BrokerUnreachable.
    """
    now = int(store.now()) // 60
    minutes = range(now - LOOK_BACK + 1, now + 1)
    answers = store.client.each("hgetall", map(store.keys.ended, minutes))
    return [
        Minute(
            minute * 60.0,
            sum((its for of, its in _by_site(counts).items() if site in (None, of)), Counter()),
        )
        for minute, counts in zip(minutes, answers)  # noqa: B905 (equal by construction)
    ]


def of_minute(store: JobStore, minute: int) -> Ended:
    """What ended in a minute (since the epoch) of the last hour; raises BrokerUnreachable."""
    return _by_site(store.client.hgetall(store.keys.ended(minute)))


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
