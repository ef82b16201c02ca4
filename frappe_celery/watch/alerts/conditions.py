"""What is alerted of: each condition with its threshold, looked for in Redis.

`prometheus.yml` has the same as rules of Prometheus, from which the texts are, and two that only
that can look for: a Redis that does not answer, or takes nothing, can be asked for nothing.
"""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache, partial
from importlib.resources import files

from frappe_celery.jobs import JobStatus, JobStore, bridge
from frappe_celery.jobs.bridge import Routes
from frappe_celery.jobs.limits.outages import LONG_SECONDS, Outage, outages
from frappe_celery.jobs.limits.rules import Limits
from frappe_celery.jobs.outbox.relay import OVERDUE_SECONDS, State, states
from frappe_celery.jobs.stats.losses import Loss, newest_loss
from frappe_celery.jobs.stats.rates import ended_lately
from frappe_celery.schedule.leadership import Leadership, leadership
from frappe_celery.watch.snapshot import FULL, Place, Snapshot, memory_used, take

LATE_SECONDS = 60
LOSS_SECONDS = 900
"""For how long a loss is told of, which nothing mends."""
WAIT_SECONDS = 1800
STARVED_SECONDS = 900
WINDOW_MINUTES = 15
"""Over which it is counted what ended."""
LEAST_FAILURES, MOST_FAILING = 10, 0.2
RULES = files(__package__) / "prometheus.yml"


@dataclass(frozen=True)
class Seen:
    """What one look at the bench has brought, for every condition."""

    now: Snapshot
    workers: int
    lead: Leadership
    paused: Collection[str]
    """Targets."""
    ended: Counter[tuple[str, str, JobStatus]]
    memory: float | None
    routes: Routes | None = None
    """Who runs what on an armed bench; None: the bench is not armed."""
    lost: Loss | None = None
    """The newest loss of the Redis that is sure."""
    outages: Sequence[Outage] = ()
    outboxes: Sequence[State] = ()

    def waiting(self) -> Iterable[tuple[Place, float]]:
        """Where something waits that neither a pause of its site or queue nor a database that is
        away keeps back, and how long."""
        away = {one.site for one in self.outages}
        for place in self.now.places:
            is_kept = place.site in away or place.is_held(self.paused)
            if place.oldest is not None and not is_kept:
                yield place, self.now.waits(place)


def see(store: JobStore) -> Seen:
    """Look once; what it costs does not depend on the number of jobs.

    Raises:
        BrokerUnreachable.
    """
    return Seen(
        take(store, WINDOW_MINUTES * 60),
        len(store.workers.all()),
        leadership(store),
        Limits(store).paused(),
        ended_lately(store, WINDOW_MINUTES),
        memory_used(store),
        bridge.routes(store),
        newest_loss(store),
        outages(store),
        states(store),
    )


@dataclass(frozen=True)
class Found:
    """That a condition holds: the number that says so, and of what."""

    value: float = 1
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Condition:
    """Something to be alerted of."""

    name: str
    find: Callable[[Seen], Iterable[Found]]
    """Where it holds."""
    annotations: Mapping[str, str]
    """Its texts, as Prometheus fills them in: `summary`, `description`, and `look`, the command
    that shows more."""
    seconds: int
    """For how long it must hold."""
    is_critical: bool
    """Jobs or schedules do not run."""

    def texts(self, found: Found) -> dict[str, str]:
        """Its texts with the labels and the number of what was found."""
        labels = dict(found.labels)

        def filled(name: str, place: re.Match[str]) -> str:
            if not place[1]:
                return WRITTEN[place[2]](found.value)
            label = labels[place[1]]
            return shlex.quote(label) if name == "look" else label

        texts = self.annotations.items()
        return {name: PLACE.sub(partial(filled, name), text) for name, text in texts}


PLACE = re.compile(r"{{ \$(?:labels\.(\w+)|value \| (\w+)) }}")
WRITTEN: Mapping[str, Callable[[float], str]] = {
    "humanize": "{:g}".format,
    "humanizeDuration": lambda seconds: str(timedelta(seconds=round(seconds))),
    "humanizePercentage": "{:.0%}".format,
}
"""A number as Prometheus writes it."""


def _no_worker(seen: Seen) -> Iterable[Found]:
    if not seen.workers and not (seen.routes and seen.routes.all_lead_to_rq):
        yield Found()


def _no_scheduler(seen: Seen) -> Iterable[Found]:
    """One has led, and none does: where none ever did, there may be no schedule."""
    acts = seen.routes is None or seen.routes.beat_acts
    if acts and seen.lead.sign is not None and seen.lead.leader is None:
        yield Found()


def _late(seen: Seen) -> Iterable[Found]:
    late = seen.lead.lag(seen.now.at) if seen.lead.leader else 0.0
    if late > LATE_SECONDS:
        yield Found(late)


def _waits(seen: Seen) -> Iterable[Found]:
    longest: dict[str, float] = {}
    for place, waits in seen.waiting():
        longest[place.queue] = max(waits, longest.get(place.queue, 0.0))
    for queue, waits in longest.items():
        if waits > WAIT_SECONDS:
            yield Found(waits, (("queue", queue),))


def _starved(seen: Seen) -> Iterable[Found]:
    served = {(site, queue) for site, queue, _ in seen.ended}
    served |= {(place.site, place.queue) for place in seen.now.places if place.attempts}
    busy = {queue for _, queue in served}
    for place, waits in seen.waiting():
        is_served = place.started or (place.site, place.queue) in served
        if waits > STARVED_SECONDS and not is_served and place.queue in busy:
            yield Found(waits, (("queue", place.queue), ("site", place.site)))


def _fail(seen: Seen) -> Iterable[Found]:
    ended, failed = Counter[str](), Counter[str]()
    for (site, _, status), number in seen.ended.items():
        if status in (JobStatus.FAILED, JobStatus.FINISHED):
            ended[site] += number
        if status == JobStatus.FAILED:
            failed[site] += number
    for place in seen.now.places:  # an outage is told of before the last try
        ended[place.site] += place.attempts
        failed[place.site] += place.attempts
    for site, number in failed.items():
        if number >= LEAST_FAILURES and number > MOST_FAILING * ended[site]:
            yield Found(number / ended[site], (("site", site),))


def _paused(seen: Seen) -> Iterable[Found]:
    for target in seen.paused:
        yield Found(1, (("target", target),))


def _lost(seen: Seen) -> Iterable[Found]:
    if seen.lost is not None and seen.now.at - seen.lost.end < LOSS_SECONDS:
        # each loss is told of, also while the one before still is
        yield Found(seen.now.at - seen.lost.end, (("lost_at", repr(seen.lost.end)),))


def _memory(seen: Seen) -> Iterable[Found]:
    if seen.memory is not None and seen.memory > FULL:
        yield Found(seen.memory)


def _away(seen: Seen, seconds: float = 0) -> Iterable[Found]:
    for one in seen.outages:
        away = seen.now.at - one.since
        if away > seconds:
            yield Found(away, (("site", one.site),))


def _not_relayed(seen: Seen) -> Iterable[Found]:
    for one in seen.outboxes:
        if one.oldest is not None and seen.now.at - one.oldest > OVERDUE_SECONDS:
            yield Found(seen.now.at - one.oldest, (("site", one.site),))


def _set_aside(seen: Seen) -> Iterable[Found]:
    for one in seen.outboxes:
        if one.aside:
            yield Found(one.aside, (("site", one.site),))


FINDS: Mapping[str, Callable[[Seen], Iterable[Found]]] = {
    "NoWorker": _no_worker,
    "NoScheduler": _no_scheduler,
    "SchedulerLate": _late,
    "JobsWait": _waits,
    "SiteStarved": _starved,
    "JobsFail": _fail,
    "DatabaseAway": _away,
    "DatabaseLongAway": partial(_away, seconds=LONG_SECONDS),
    "OutboxWaits": _not_relayed,
    "OutboxSetAside": _set_aside,
    "PauseForgotten": _paused,
    "JobsLost": _lost,
    "RedisFull": _memory,
}


@lru_cache(1)
def conditions() -> list[Condition]:
    """Those of `prometheus.yml` that can be looked for in Redis, which has to answer."""
    import yaml  # which Apprise brings

    groups = yaml.safe_load(RULES.read_text())["groups"]
    return [
        Condition(
            rule["alert"],
            FINDS[name],
            rule["annotations"],
            int(rule["for"].removesuffix("s")),
            rule["labels"]["severity"] == "critical",
        )
        for rule in groups[0]["rules"]
        if (name := rule["alert"].removeprefix("FrappeCelery")) in FINDS
    ]
