"""What is alerted of: those of doctor's findings that are cheap to look for and call for somebody.

`prometheus.yml` has the same as rules of Prometheus, and two that only that can look for: a Redis
that does not answer, or takes nothing, can be asked for nothing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import replace
from shlex import quote
from typing import Any, NamedTuple

from frappe_celery.config.secrets import masked_text
from frappe_celery.config.texts import one_line
from frappe_celery.jobs import JobStatus, JobStore, bridge
from frappe_celery.jobs.stats.losses import newest_loss
from frappe_celery.jobs.stats.rates import Ended, ended_lately
from frappe_celery.watch.doctor import broker, databases, limits, outboxes, scheduler, workers
from frappe_celery.watch.doctor.now import Now
from frappe_celery.watch.doctor.report import Finding, Section
from frappe_celery.watch.snapshot import Place, Snapshot, grouped
from frappe_celery.watch.words import cut, duration, moment

LATE_SECONDS = 60
LOSS_SECONDS = 900
"""For how long a loss is told of, which nothing mends."""
WAIT_SECONDS = 1800
STARVED_SECONDS = 900
WINDOW_MINUTES = 15
"""Over which it is counted what ended."""
LEAST_FAILURES, MOST_FAILING = 10, 0.2
LONGEST = 300


class Alert(NamedTuple):
    """How one is alerted of a finding."""

    seconds: int
    """For how long it must hold."""
    is_critical: bool = False
    """Jobs or schedules do not run."""


ALERTS = {
    "NoWorker": Alert(60, True),
    "NoScheduler": Alert(60, True),
    "SchedulerLate": Alert(60),
    "JobsWait": Alert(60),
    "SiteStarved": Alert(60),
    "JobsFail": Alert(60),
    "DatabaseAway": Alert(30),
    "DatabaseLongAway": Alert(0, True),
    "OutboxWaits": Alert(0),
    "OutboxSetAside": Alert(0),
    "PauseForgotten": Alert(86400),
    "JobsLost": Alert(0, True),
    "RedisFull": Alert(300, True),
}


def hold(store: JobStore) -> dict[str, Any]:
    """What holds now, as the ledger notes it; raises BrokerUnreachable."""
    return {
        json.dumps([f"FrappeCelery{one.alert}", *one.of]): {
            "seconds": ALERTS[one.alert].seconds,
            "notice": {
                "name": f"FrappeCelery{one.alert}",
                "critical": ALERTS[one.alert].is_critical,
                "summary": cut(one_line(masked_text(one.text)), LONGEST),
                "description": one.advice,
                "look": "frappe-celery doctor",
            },
        }
        for one in look(store)
    }


def look(store: JobStore) -> list[Finding]:
    """Look once; what it costs does not depend on the number of jobs.

    Raises:
        BrokerUnreachable.
    """
    found, now = Section("alerts"), Now(store, WINDOW_MINUTES * 60)
    routes = bridge.routes(store)
    if not now.workers and not (routes and routes.all_lead_to_rq):
        workers.tell_none(found)
    # one has led, and none does: where none ever did, there may be no schedule
    is_missed = now.leadership.sign is not None and (routes is None or routes.beat_acts)
    scheduler.check_leader(found, now, is_missed, LATE_SECONDS)
    databases.check(found, now)
    outboxes.check(found, now)
    broker.check_memory(found, store.client.info("memory"))
    for target, ends in now.paused.items():
        limits.tell_pause(found, target, ends)
    loss = newest_loss(store)
    if loss is not None and now.at - loss.end < LOSS_SECONDS:
        # each loss is told of, also while the one before still is
        lost = "the Redis that keeps the jobs lost some of them"
        found.problem(lost, loss.in_words(moment), "JobsLost", lost_at=repr(loss.end))
    ended = ended_lately(store, WINDOW_MINUTES)
    waiting = [place for place in now.places if place.oldest and place.site not in now.away]
    waiting = [place for place in waiting if not place.is_held(now.paused)]
    check_waits(found, now, waiting)
    check_starved(found, now, waiting, ended)
    check_failures(found, now.places, ended)
    told = [one for one in found.findings if one.alert]
    # who is away for long is away: the first alert of it does not end
    long = [one for one in told if one.alert == "DatabaseLongAway"]
    return [*told, *(replace(one, alert="DatabaseAway") for one in long)]


def check_waits(section: Section, now: Snapshot, waiting: Iterable[Place]) -> None:
    """Once a queue; `waiting` is where something waits that neither a pause of its site or queue
    nor a database that is away keeps back."""
    for queue, places in grouped(waiting, "queue").items():
        if (waits := max(map(now.waits, places))) > WAIT_SECONDS:
            section.warn(
                f"jobs wait long in queue {queue}: one for {duration(waits)}, and no pause of its"
                " queue or site is the reason",
                "start more workers, or look at what runs and what limits keep back: frappe-celery"
                f" jobs list --status started --queue {quote(queue)}; frappe-celery limits",
                "JobsWait",
                queue=queue,
            )


def check_starved(section: Section, now: Snapshot, waiting: Iterable[Place], ended: Ended) -> None:
    """Sites of which nothing ran lately in a queue, where others' did."""
    served = {(site, queue) for site, queue, _ in ended}
    served |= {(place.site, place.queue) for place in now.places if place.attempts}
    busy = {queue for _, queue in served}
    for place in waiting:
        is_served, waits = (place.site, place.queue) in served, now.waits(place)
        if waits > STARVED_SECONDS and not (place.started or is_served) and place.queue in busy:
            section.warn(
                f"site {place.site} is starved in queue {place.queue}: a job of it has waited for"
                f" {duration(waits)} while other sites' ran",
                "a limit keeps it back, or the shares of the others are too large: frappe-celery"
                f" limits; frappe-celery doctor --site {quote(place.site)}",
                "SiteStarved",
                queue=place.queue,
                site=place.site,
            )


def check_failures(section: Section, places: Collection[Place], ended: Ended) -> None:
    """Sites of which much that ended lately failed, counting attempts that are repeated."""
    all_, failed = Counter[str](), Counter[str]()
    for (site, _, status), number in ended.items():
        if status in (JobStatus.FAILED, JobStatus.FINISHED):
            all_[site] += number
        if status == JobStatus.FAILED:
            failed[site] += number
    for place in places:  # an outage is told of before the last try
        all_[place.site] += place.attempts
        failed[place.site] += place.attempts
    for site, number in failed.items():
        if number >= LEAST_FAILURES and number > MOST_FAILING * all_[site]:
            section.warn(
                f"jobs of site {site} fail: {number / all_[site]:.0%} of those that ended in the"
                f" last {WINDOW_MINUTES} minutes, counting attempts that are repeated",
                f"look at them: frappe-celery jobs failed --site {quote(site)} --since 15m",
                "JobsFail",
                site=site,
            )
