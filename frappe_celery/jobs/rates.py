"""How many runs ended in each of the last minutes, however short their records are kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from frappe_celery.jobs.connection import naming_the_server
from frappe_celery.jobs.job import JobStatus
from frappe_celery.jobs.store import JobStore

LOOK_BACK = 60
"""Minutes."""


@dataclass(frozen=True)
class Minute:
    """What ended in one minute."""

    at: float
    """When it began, seconds since the epoch."""
    ended: Counter[JobStatus] = field(default_factory=Counter)


def last_hour(store: JobStore, site: str | None = None) -> list[Minute]:
    """The last 60 minutes, the one that runs now last; `site` None: of every site.

    Raises:
        BrokerUnreachable.
    """
    return [Minute(at, _of_site(counts, site)) for at, counts in _minutes(store, LOOK_BACK)]


def ended_lately(store: JobStore, minutes: int) -> Counter[tuple[str, str, JobStatus]]:
    """How many ended in the last minutes, by site, queue and how; raises BrokerUnreachable."""
    found: Counter[tuple[str, str, JobStatus]] = Counter()
    for _, counts in _minutes(store, minutes):
        for name, number in counts.items():
            site, queue, status = name.decode().split("|")
            found[site, queue, JobStatus(status)] += int(number)
    return found


def _minutes(store: JobStore, number: int) -> list[tuple[float, dict[bytes, bytes]]]:
    """The last minutes, the one that runs now last: when each began, and what is counted."""
    with naming_the_server(store.url):
        now = int(store.client.time()[0]) // 60
        minutes = range(now - number + 1, now + 1)
        pipe = store.client.pipeline(transaction=False)
        for minute in minutes:
            pipe.hgetall(store.keys.ended(minute))
        answers = pipe.execute()
    return [
        (minute * 60.0, counts)
        for minute, counts in zip(minutes, answers)  # noqa: B905 (equal by construction)
    ]


def _of_site(counts: dict[bytes, bytes], site: str | None) -> Counter[JobStatus]:
    found: Counter[JobStatus] = Counter()
    for name, number in counts.items():
        place, _, status = name.decode().rpartition("|")
        if site in (None, place.partition("|")[0]):
            found[JobStatus(status)] += int(number)
    return found
