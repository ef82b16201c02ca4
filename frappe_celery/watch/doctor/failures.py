"""What failed lately: jobs by method, messages that were refused, alerts that did not arrive."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from frappe_celery.config.secrets import masked_text
from frappe_celery.errors import ConfigError
from frappe_celery.jobs import JobStore
from frappe_celery.jobs.redis_keys import ATTEMPT
from frappe_celery.watch import caught
from frappe_celery.watch.doctor.now import Now
from frappe_celery.watch.doctor.report import Section, counted
from frappe_celery.watch.job_display import last_line
from frappe_celery.watch.notify.ledger import Alerts, Ledger
from frappe_celery.watch.notify.receivers import receivers
from frappe_celery.watch.snapshot import about, grouped

SECONDS = 3600.0
LOOKED_AT = 2_000
"""Failures of the hour whose methods are counted; of more, the newest of each site and queue, as
many as its part of all."""
METHODS_SHOWN = 20


def check(section: Section, now: Now, in_rq: Sequence[dict[str, Any]]) -> None:
    """The failing methods, the most frequent first, each with its newest error; RQ's by queue."""
    failures = lately(now)
    section.rows += failures.methods
    if total := failures.all:
        again, looked_at = sum(place.attempts for place in now.places), failures.looked_at
        tell = section.warn if again < total else section.note
        what = [counted(total - again, "job")] * (again < total)
        what += [f"{counted(again, 'attempt')} (run again)"] * (again > 0)
        tell(
            f"{' and '.join(what)} failed in the last hour"
            + (f"; of the newest {looked_at:,} the methods are told" if looked_at < total else ""),
            "look at them: frappe-celery jobs failed --since 1h",
        )
    if in_rq and now.site is None:
        section.rows += in_rq
        section.warn(
            f"{counted(sum(row['failed'] for row in in_rq), 'job')} failed in RQ in the last hour",
            "look at them on Desk's page RQ Job",
        )
    _check_caught(section, now)
    refused = [message for message in now.store.refused() if message["at"] > time.time() - SECONDS]
    if refused and now.site is None:
        section.warn(
            f"{counted(len(refused), 'message')} refused in the last hour: {refused[0]['reason']}",
            "see them: frappe-celery jobs refused",
        )


def check_lacking(section: Section, now: Now) -> None:
    """Methods that finished without what only a Frappe site has."""
    lacking = grouped(caught.lacking_lately(now.store, now.site), "method")
    for method, lacked in lacking.items():
        section.row(method=method, lacks=", ".join(dict.fromkeys(one.thing for one in lacked)))
    if lacking:
        section.problem(
            f"{counted(len(lacking), 'method')} finished in the last day without what only a Frappe"
            " site has, and caught the error: "
            + "; ".join(f"{row['method']} lacks {row['lacks']}" for row in section.rows),
            "write that otherwise, bring it by frappe_celery's add_name, or run the method on a"
            " bench; their jobs: frappe-celery jobs list",
        )


def check_unsent(section: Section, ledger: Ledger, what: str) -> None:
    """What somebody has not taken yet."""
    if ledger.tries():
        waiting = ledger.waiting()
        section.warn(
            f"{counted(waiting, what) if waiting else f'{what}s'} could not be delivered to"
            " everybody yet",
            "it is tried again by itself; the log of the workers and of beat has the reason",
        )


def _check_caught(section: Section, now: Now) -> None:
    found = caught.lately(now.store, now.at - SECONDS, now.site)
    newest = {failure.method: failure for failure in reversed(found)}
    for method, number in Counter(one.method for one in found).most_common(METHODS_SHOWN):
        which, last = {"scheduled method or queued action": method}, newest[method]
        section.row(**which, failed=number, error=masked_text(last.error), id=last.id)
    if found:
        section.warn(
            f"{counted(len(found), 'run')} of scheduled methods or queued actions failed in the"
            " last hour; Frappe catches that, and the jobs count as finished",
            "look into the Scheduled Job Log, and the comments of the documents",
        )


def check_alerts(section: Section, store: JobStore) -> None:
    """Who is told by `frappe_celery_alerts`, and what could not be delivered."""
    if not store.settings.frappe_celery_alerts:
        return
    try:
        known = receivers(store.settings)
    except ConfigError as exc:
        section.problem(str(exc))
        return
    section.rows = [{"told": receiver.shown()} for receiver in known.values()]
    check_unsent(section, Alerts(store), "alert")


@dataclass(frozen=True)
class Failures:
    """Jobs and attempts of the last hour that there are records of."""

    all: int
    looked_at: int
    """Of how many of these the rest is told: of LOOKED_AT or a few more, where there are many."""

    methods: list[dict[str, Any]]
    """The failing methods, the most frequent first, each with its newest error."""


def lately(now: Now) -> Failures:
    """The failures of the last hour, whose number `now` has."""
    store = now.store
    indexes = {
        store.keys.index(place.name, status): number
        for place in now.places
        for status, number in (("failed", place.failed_lately), (ATTEMPT, place.attempts))
        if number
    }
    total = sum(indexes.values())
    pipe = store.client.pipeline(transaction=False)
    for index, part in indexes.items():
        if total > LOOKED_AT:
            part = ceil(part * LOOKED_AT / total)
        since = now.at - SECONDS
        pipe.zrevrangebyscore(index, "+inf", since, 0, part, withscores=True)
    answers: list[list[tuple[bytes, float]]] = pipe.execute()
    each = [(at, run, i) for i, runs in zip(indexes, answers, strict=True) for run, at in runs]
    each.sort(reverse=True)
    methods_of = [method for method, _ in about(store, [run for _, run, _ in each])]
    found = [(method, *its) for method, its in zip(methods_of, each, strict=True) if method]
    newest = {method: run for method, _, run, _ in reversed(found)}
    counts = Counter(method for method, *_ in found)
    run_again = Counter(method for method, *_, index in found if index.endswith(ATTEMPT))
    frequent = counts.most_common(METHODS_SHOWN)
    jobs = store.read([newest[method].decode() for method, _ in frequent])
    methods = [
        {
            "method": method,
            "failed": number - run_again[method],
            "run_again": run_again[method],
            "error": job and last_line(job),
            "id": job and job.id,
        }
        for (method, number), job in zip(frequent, jobs, strict=True)
    ]
    return Failures(total, min(total, len(each)), methods)
