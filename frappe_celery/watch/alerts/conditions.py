"""What is alerted of: each condition with its threshold, looked for in Redis or by Prometheus.

`prometheus` writes them as its rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from frappe_celery.jobs import JobStatus, JobStore, routes
from frappe_celery.jobs.limits.outages import LONG_SECONDS, Outage, outages
from frappe_celery.jobs.limits.rules import Limits
from frappe_celery.jobs.outbox.relay import OVERDUE_SECONDS, State, states
from frappe_celery.jobs.routes import Routes
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

BENCH = "job, instance"
"""Labels that keep the benches apart which one Prometheus looks at."""


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
        routes.read(store) if store.settings.is_armed else None,
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
    """Something to be alerted of. `{site}`, `{value}` and the like stand for labels and number."""

    name: str
    find: Callable[[Seen], Iterable[Found]] | None
    """Where it holds; None: only Prometheus can say."""
    expression: str
    """The same for Prometheus, in PromQL."""
    summary: str
    description: str
    look: str = "frappe-celery doctor"
    """The `frappe-celery` command that shows more."""
    unit: str = "humanize"
    """Prometheus's function that writes the number."""
    seconds: int = 60
    """For how long it must hold."""
    is_critical: bool = False
    """Jobs or schedules do not run."""

    def texts(self, found: Found) -> dict[str, str]:
        """Its texts with the labels and the number of what was found."""
        return self._filled(WRITTEN[self.unit](found.value), **dict(found.labels))

    def templated(self) -> dict[str, str]:
        """Its texts as Prometheus fills them in."""
        labels = {name: f"{{{{ $labels.{name} }}}}" for name in ("site", "queue", "target")}
        return self._filled(f"{{{{ $value | {self.unit} }}}}", **labels)

    def _filled(self, value: str, **labels: str) -> dict[str, str]:
        return {name: getattr(self, name).format(value=value, **labels) for name in TEXTS}


TEXTS = ("summary", "description", "look")
WRITTEN: Mapping[str, Callable[[float], str]] = {
    "humanize": lambda value: f"{value:g}",
    "humanizeDuration": lambda value: str(timedelta(seconds=round(value))),
    "humanizePercentage": lambda value: f"{value:.0%}",
}


def _no_worker(seen: Seen) -> Iterable[Found]:
    all_on_rq = seen.routes is not None and not any(rule.to_celery for rule in seen.routes.rules)
    if not seen.workers and not all_on_rq:
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


def _less_paused(kind: str) -> str:
    return (
        f"  unless on ({BENCH}, {kind}) label_replace("
        f'frappe_celery_paused{{target=~"{kind}:.*"}}, "{kind}", "$1", "target", "{kind}:(.*)")'
    )


_WAITS = "\n".join(
    ["(", "  frappe_celery_oldest_wait_seconds", _less_paused("queue"), _less_paused("site"), ")"]
)


def _ended(by: str, which: str = "") -> str:
    jobs = f"increase(frappe_celery_jobs_ended_total{which}[{WINDOW_MINUTES}m])"
    attempts = f"increase(frappe_celery_failed_attempts_total[{WINDOW_MINUTES}m])"
    return f"sum by ({BENCH}, {by}) ({jobs} or {attempts})"


_FAILED, _ALL = '{status="failed"}', '{status=~"failed|finished"}'

_FULL = f"unless on ({BENCH}) frappe_celery_redis_memory_ratio >= 1"
"""Nobody can give a sign of life in a Redis that takes nothing."""

CONDITIONS = (
    Condition(
        "FrappeCeleryNoRedis",
        None,
        "frappe_celery_up == 0",
        "The Redis that keeps the jobs does not answer",
        "Nothing is enqueued and nothing runs until it is back.",
        is_critical=True,
    ),
    Condition(
        "FrappeCeleryNoWorker",
        _no_worker,
        f"frappe_celery_workers == 0 {_FULL}",
        "No worker runs",
        "What is enqueued waits until one is started.",
        is_critical=True,
    ),
    Condition(
        "FrappeCeleryNoScheduler",
        _no_scheduler,
        f"frappe_celery_up == 1 unless on ({BENCH}) frappe_celery_beat_leads {_FULL}",
        "No scheduler leads",
        "Nothing is enqueued when it is due until one is started.",
        is_critical=True,
    ),
    Condition(
        "FrappeCelerySchedulerLate",
        _late,
        f"frappe_celery_beat_lag_seconds > {LATE_SECONDS}",
        "The scheduler is late",
        "The entry that is longest due has waited for {value}. logs/scheduler.log tells what holds"
        " the scheduler up.",
        unit="humanizeDuration",
    ),
    Condition(
        "FrappeCeleryJobsWait",
        _waits,
        f"max by ({BENCH}, queue) {_WAITS} > {WAIT_SECONDS}",
        "Jobs wait long in queue {queue}",
        "One has waited for {value}, and no pause of its queue or site is the reason. Start more"
        " workers, or look at what runs and what limits keep back.",
        "frappe-celery jobs list --status started --queue {queue}; frappe-celery limits",
        "humanizeDuration",
    ),
    Condition(
        "FrappeCelerySiteStarved",
        _starved,
        f"max by ({BENCH}, site, queue) {_WAITS} > {STARVED_SECONDS}\n"
        f"unless on ({BENCH}, site, queue)"
        ' frappe_celery_jobs{status="started"} > 0\n'
        f"unless on ({BENCH}, site, queue) {_ended('site, queue')} > 0\n"
        f"and on ({BENCH}, queue) {_ended('queue')} > 0",
        "Site {site} is starved in queue {queue}",
        "A job of it has waited for {value} while other sites' ran: a limit keeps it back, or the"
        " shares of the others are too large.",
        "frappe-celery limits; frappe-celery doctor --site {site}",
        "humanizeDuration",
    ),
    Condition(
        "FrappeCeleryJobsFail",
        _fail,
        f"{_ended('site', _FAILED)} / {_ended('site', _ALL)} > {MOST_FAILING}\n"
        f"and {_ended('site', _FAILED)} >= {LEAST_FAILURES}",
        "Jobs of site {site} fail",
        f"{{value}} of those that ended in the last {WINDOW_MINUTES} minutes failed, counting"
        " attempts that are repeated.",
        "frappe-celery jobs failed --site {site} --since 15m",
        "humanizePercentage",
    ),
    Condition(
        "FrappeCeleryDatabaseAway",
        _away,
        "frappe_celery_database_away_seconds >= 0",
        "The database of site {site} is away",
        "It has let no job in for {value}: what has not begun waits, and goes on once it is back.",
        "frappe-celery doctor --site {site}",
        "humanizeDuration",
        seconds=30,
    ),
    Condition(
        "FrappeCeleryDatabaseLongAway",
        partial(_away, seconds=LONG_SECONDS),
        f"frappe_celery_database_away_seconds > {LONG_SECONDS}",
        "The database of site {site} is still away",
        "No job of the site has begun for {value}. They wait; its schedule and its users do too.",
        "frappe-celery doctor --site {site}",
        "humanizeDuration",
        seconds=0,
        is_critical=True,
    ),
    Condition(
        "FrappeCeleryOutboxWaits",
        _not_relayed,
        f"frappe_celery_outbox_oldest_seconds > {OVERDUE_SECONDS:.0f}",
        "Committed jobs of site {site} are not enqueued",
        "The first of them has waited for {value} in its outbox.",
        "frappe-celery doctor --site {site}",
        "humanizeDuration",
        seconds=0,
    ),
    Condition(
        "FrappeCeleryOutboxSetAside",
        _set_aside,
        "frappe_celery_outbox_set_aside > 0",
        "Jobs in the outbox of site {site} were set aside",
        "Somebody has to decide about {value}.",
        "frappe-celery outbox list --site {site}",
        seconds=0,
    ),
    Condition(
        "FrappeCeleryPauseForgotten",
        _paused,
        "frappe_celery_paused == 1",
        "{target} is still paused",
        "It has been for a day.",
        "frappe-celery limits; frappe-celery resume {target}",
        seconds=86400,
    ),
    Condition(
        "FrappeCeleryJobsLost",
        _lost,
        f"time() - frappe_celery_last_loss_seconds < {LOSS_SECONDS}",
        "The Redis that keeps the jobs lost some of them",
        "Its data went back, or were emptied, {value} ago.",
        unit="humanizeDuration",
        seconds=0,
        is_critical=True,
    ),
    Condition(
        "FrappeCeleryRedisTakesNothing",
        None,
        "frappe_celery_redis_memory_ratio >= 1",
        "The Redis that keeps the jobs is full",
        "{value} of its maxmemory is used: nothing is enqueued, nothing begins, and what runs waits"
        " to be noted as ended, until it is raised.",
        unit="humanizePercentage",
        is_critical=True,
    ),
    Condition(
        "FrappeCeleryRedisFull",
        _memory,
        f"frappe_celery_redis_memory_ratio > {FULL}",
        "The Redis that keeps the jobs is nearly full",
        "{value} of its maxmemory is used; when it is full no job can be enqueued.",
        unit="humanizePercentage",
        seconds=300,
        is_critical=True,
    ),
)
