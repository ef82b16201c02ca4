"""The steps by which a bench goes over to Celery, or back.

What is done is read off the bench itself, so that an interrupted guide goes on where it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from frappe_bridge.armed import routing
from frappe_bridge.routes import EVERY
from frappe_celery.config import settings
from frappe_celery.errors import FrappeCeleryError
from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.jobs.hosts import ADMINISTRATOR
from frappe_celery.jobs.new_message import new_message
from frappe_celery.jobs.queue import publish

PROBE_SECONDS = 60.0
"""How long a job that only answers may take, behind what waits in its queue."""
PROBE = "frappe.ping"
NO_BENCH_SCHEDULE = (
    "no bench schedule runs on this machine (where one does on another, go on with frappe-celery"
    " disable)"
)
COMPARED_SECONDS = 7 * 86400
"""For so long a comparison of the schedules counts."""


class NotDone(FrappeCeleryError):
    """A step was taken, and what it should bring about cannot be seen."""


By = Literal["us", "restart", "add", "hand"]
"""Who takes a step: we do, the process manager restarts the bench's processes, it starts new ones
beside them, or a person has to do it."""


@dataclass(frozen=True)
class Step:
    """A step of the guided way, and how one sees that it is done."""

    name: str
    missing: Callable[[], list[str]]
    """What is still to be done, a line each; none: the step is done."""
    arguments: tuple[str, ...] = ()
    """Of `frappe-celery`: the command that does it."""
    by: By = "us"
    otherwise: str = ""
    """What a person does where there is no process manager."""
    only_looks: bool = False
    """Whether the command only reads: what it finds stops nothing, it may be left out, and once it
    has run nothing shows that."""
    did: Callable[[], object] = lambda: None
    """Called when the command was run."""
    probes: tuple[str, str] | None = None
    """A site and a queue whose jobs Celery's workers have to run afterwards."""


def over(store: JobStore, canary: str | None, minutes: float) -> Iterator[Step]:
    """The steps from RQ to Celery, in order.

    Args:
        canary: the site that goes first; None: none does.
        minutes: how long the schedules are compared; 0: they are not.
    """
    config = settings.current()
    site, compared = canary or config.sites()[0], f"{store.keys.prefix}compared"
    check = ("check", "--summary")
    unread = ["what warm processes and Celery change for it"]
    apps = "read what the apps' code will do"
    yield Step(apps, lambda: _not_armed() and unread, check, only_looks=True)
    yield from _arm()
    yield Step(
        "Celery's workers and beat beside RQ's",
        partial(_not_served, True, "no beat runs"),
        by="add",
        otherwise="Start frappe-celery worker and frappe-celery beat",
    )
    if minutes:
        yield Step(
            "compare the two schedules",
            lambda: _not_compared(store.client.exists(compared)),
            ("switch", "shadow", "--minutes", f"{minutes:g}"),
            did=lambda: store.client.set(compared, 1, ex=COMPARED_SECONDS),
        )
    if canary is not None:
        yield Step(
            f"the jobs of site {canary}",
            partial(_elsewhere, site=canary),
            ("enable", "--site", canary),
            probes=(canary, next(iter(config.queues))),
        )
    for queue in reversed([*config.queues]):
        yield Step(
            f"queue {queue}",
            partial(_elsewhere, queue=queue),
            ("enable", "--queue", queue),
            probes=(site, queue),
        )
    yield Step("the schedule", partial(_schedule_elsewhere, True), ("enable",))


def back() -> Iterator[Step]:
    """The steps from Celery back to RQ, in order."""
    yield from _arm()
    yield Step(
        "RQ's workers and bench schedule",
        partial(_not_served, False, NO_BENCH_SCHEDULE),
        by="hand",
        otherwise="Bring them back (bench setup supervisor or systemd, then frappe-celery setup"
        " with the same word, which adds Celery's) and start them",
    )
    yield Step("the schedule", partial(_schedule_elsewhere, False), ("disable", "--schedule"))
    yield Step("all jobs", partial(_elsewhere, to_celery=False), ("disable",))


def _arm() -> Iterator[Step]:
    yield Step("arm: the seam in every process", _not_armed, ("enable", "--armed"))
    yield Step(
        "restart what began before",
        _without_the_seam,
        by="restart",
        otherwise="Restart or end these",
    )


# -- what is missing


def _not_armed() -> list[str]:
    return [] if settings.current().is_armed else ["no process knows both systems yet"]


def _not_compared(was_compared: bool) -> list[str]:
    done = was_compared or routing.of_bench().beat_acts
    return [] if done else ["what beat would do beside what Frappe's scheduler does"]


def _elsewhere(
    queue: str | None = None, site: str | None = None, to_celery: bool = True
) -> list[str]:
    config, routes = settings.current(), routing.of_bench()
    sites = [site] if site else [EVERY, *config.sites()]
    return [
        f"jobs of queue {q}, site {s or '(any other)'}"
        for q in ([queue] if queue else config.queues)
        for s in sites
        if routes.lead_to_celery(q, s) is not to_celery
    ]


def _schedule_elsewhere(to_celery: bool) -> list[str]:
    if routing.of_bench().beat_acts is to_celery:
        return []
    return ["Frappe's scheduler acts" if to_celery else "beat acts"]


def _not_served(by_celery: bool, no_scheduler: str) -> list[str]:
    from frappe_bridge.armed import processes

    missing = [*processes.unserved(settings.current().queues, by_celery=by_celery).values()]
    return missing if processes.a_scheduler_runs(celerys=by_celery) else [*missing, no_scheduler]


def _without_the_seam() -> list[str]:
    from frappe_bridge.armed import older_processes

    return older_processes.without_the_seam()


def probe(store: JobStore, site: str, queue: str) -> float:
    """Have Celery run a job that only answers; how many seconds that took.

    Raises:
        NotDone: it did not run.
    """
    about: dict[str, Any] = {"site": site, "queue": queue, "timeout": int(PROBE_SECONDS)}
    message = new_message(settings.current(), user=ADMINISTRATOR, method=PROBE, **about)
    began = time.monotonic()
    publish.publish(message)
    while store.fetch_run(message.run).status != JobStatus.FINISHED:
        if time.monotonic() - began > PROBE_SECONDS:
            raise NotDone(
                f"a job in queue {queue} of site {site} was not run within {PROBE_SECONDS:.0f} s:"
                " look with frappe-celery doctor; frappe-celery switch back leads back"
            )
        time.sleep(0.05)
    return time.monotonic() - began
