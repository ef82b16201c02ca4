"""What failed in the last hour, by method, and messages that were refused."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

from frappe_celery.config.secrets import masked_text
from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.jobs.connection import naming_the_server
from frappe_celery.watch.doctor import caught
from frappe_celery.watch.doctor.report import Section, counted
from frappe_celery.watch.doctor.snapshot import Snapshot, index, methods

SECONDS = 3600.0
LOOKED_AT = 2_000
"""Failures of the hour whose methods are counted, the newest."""
METHODS_SHOWN = 20


def check(store: JobStore, snapshot: Snapshot, site: str | None) -> Section:
    """The failing methods, the most frequent first, each with its newest error."""
    section = Section("failures of the last hour")
    places = [place for place in snapshot.of(site) if place.failed_lately]
    total = sum(place.failed_lately for place in places)
    if total:
        section.rows = by_method(store, snapshot, site)
        section.warn(
            f"{counted(total, 'job')} failed in the last hour",
            "look at them: frappe-celery jobs failed --since 1h",
        )
    _check_caught(section, store, snapshot, site)
    refused = [message for message in store.refused() if message["at"] > time.time() - SECONDS]
    if refused and site is None:
        section.warn(
            f"{counted(len(refused), 'message')} refused in the last hour: {refused[0]['reason']}",
            "see them: frappe-celery jobs refused",
        )
    return section


def _check_caught(section: Section, store: JobStore, snapshot: Snapshot, site: str | None) -> None:
    found = caught.lately(store, snapshot.at - SECONDS, site)
    newest = {failure.method: failure for failure in reversed(found)}
    counts = Counter(failure.method for failure in found).most_common(METHODS_SHOWN)
    section.rows += [
        {
            "scheduled method or queued action": method,
            "failed": number,
            "error": masked_text(newest[method].error),
            "id": newest[method].id,
        }
        for method, number in counts
    ]
    if found:
        section.warn(
            f"{counted(len(found), 'run')} of scheduled methods or queued actions failed in the"
            " last hour; Frappe catches that, and the jobs count as finished",
            "look into the Scheduled Job Log, and the comments of the documents",
        )


def by_method(store: JobStore, snapshot: Snapshot, site: str | None) -> list[dict[str, Any]]:
    """The failing methods, the most frequent first, each with its newest error."""
    places = [place for place in snapshot.of(site) if place.failed_lately]
    if not places:
        return []
    each = max(1, LOOKED_AT // len(places))
    with naming_the_server(store.url):
        pipe = store.client.pipeline(transaction=False)
        for place in places:
            key = index(place, JobStatus.FAILED, store)
            pipe.zrevrange(key, 0, min(each, place.failed_lately) - 1, withscores=True)
        found = sorted((p for pairs in pipe.execute() for p in pairs), key=lambda p: -p[1])
    newest: dict[str, bytes] = {}
    counts: dict[str, int] = {}
    for (run, _), method in zip(found, methods(store, [run for run, _ in found])):  # noqa: B905
        if method is not None:
            newest.setdefault(method, run)
            counts[method] = counts.get(method, 0) + 1
    frequent = sorted(counts, key=lambda method: -counts[method])[:METHODS_SHOWN]
    jobs = store.read([newest[method].decode() for method in frequent])
    return [
        {
            "method": method,
            "failed": counts[method],
            "error": error_of(job.exc_info) if job else None,
            "id": job.id if job else None,
        }
        for method, job in zip(frequent, jobs)  # noqa: B905 (equal by construction)
    ]


def error_of(traceback: str | None) -> str | None:
    """The last line of a traceback, without passwords."""
    lines = [line.strip() for line in (traceback or "").splitlines() if line.strip()]
    return masked_text(lines[-1]) if lines else None
