"""The steps by which a bench goes over to Celery, or back.

What is done is read off the bench itself, so that an interrupted guide goes on where it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import partial

from frappe_celery.config import settings
from frappe_celery.errors import FrappeCeleryError
from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.jobs.new_message import new_message
from frappe_celery.jobs.queue import publish
from frappe_celery.jobs.routes import EVERY, Routes
from frappe_celery.schedule.fire import ADMINISTRATOR
from frappe_celery.schedule.leadership import leadership

PROBE_SECONDS = 60.0
"""How long a job that only answers may take, behind what waits in its queue."""
PROBE = "frappe.ping"
COMPARED_SECONDS = 7 * 86400
"""For so long a comparison of the schedules counts."""


class NotDone(FrappeCeleryError):
    """A step was taken, and what it should bring about cannot be seen."""


class By(Enum):
    """Who takes a step."""

    US = "us"
    RESTART = "restart"
    """The process manager restarts the bench's processes."""
    ADD = "add"
    """The process manager starts new processes beside the old ones."""
    HAND = "hand"
    """A person has to do it."""


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Step:
    """A step of the guided way, and how one sees that it is done."""

    name: str
    missing: Callable[[], list[str]]
    """What is still to be done, a line each; none: the step is done."""
    arguments: tuple[str, ...] = ()
    """Of `frappe-celery`: the command that does it."""
    by: By = By.US
    otherwise: str = ""
    """What a person does where there is no process manager."""
    only_looks: bool = False
    """Whether the command only reads: what it finds stops nothing, and it may be left out."""
    did: Callable[[], object] = _nothing
    """Called when the command was run."""
    probes: tuple[str, str] | None = None
    """A site and a queue whose jobs Celery's workers have to run afterwards."""


class Guide:
    """Of this bench.

    Args:
        canary: the site that goes first; None: none does.
        minutes: how long the schedules are compared; 0: they are not.
    """

    def __init__(self, store: JobStore, canary: str | None, minutes: float) -> None:
        self.store = store
        self.canary = canary
        self.minutes = minutes
        self._was_read = False
        self._compared = f"{store.keys.prefix}compared"

    def over(self) -> Iterator[Step]:
        """The steps from RQ to Celery, in order."""
        config = settings.current()
        site = self.canary or config.sites()[0]
        yield Step(
            "read what the apps' code will do",
            self._not_read,
            ("check",),
            only_looks=True,
            did=lambda: setattr(self, "_was_read", True),
        )
        yield from self._arm()
        yield Step(
            "Celery's workers and beat beside RQ's",
            self._not_served,
            by=By.ADD,
            otherwise="Start frappe-celery worker and frappe-celery beat",
        )
        if self.minutes:
            yield Step(
                "compare the two schedules",
                self._not_compared,
                ("shadow", "--minutes", f"{self.minutes:g}"),
                did=lambda: self.store.client.set(self._compared, 1, ex=COMPARED_SECONDS),
            )
        if self.canary is not None:
            yield Step(
                f"the jobs of site {self.canary}",
                partial(self._elsewhere, site=self.canary),
                ("enable", "--site", self.canary),
                probes=(self.canary, next(iter(config.queues))),
            )
        for queue in reversed([*config.queues]):
            yield Step(
                f"queue {queue}",
                partial(self._elsewhere, queue=queue),
                ("enable", "--queue", queue),
                probes=(site, queue),
            )
        yield Step("the schedule", self._not_beats, ("enable",))

    def back(self) -> Iterator[Step]:
        """The steps from Celery back to RQ, in order."""
        yield from self._arm()
        yield Step(
            "RQ's workers and bench schedule",
            _not_served_by_rq,
            by=By.HAND,
            otherwise="Bring them back (bench setup supervisor or systemd, then frappe-celery setup"
            " with the same word, which adds Celery's) and start them",
        )
        yield Step("the schedule", self._beats, ("disable", "--schedule"))
        yield Step("all jobs", partial(self._elsewhere, to_celery=False), ("disable",))

    def _arm(self) -> Iterator[Step]:
        yield Step("arm: the seam in every process", self._not_armed, ("enable", "--armed"))
        yield Step(
            "restart what began before",
            _without_the_seam,
            by=By.RESTART,
            otherwise="Restart every process of the bench",
        )

    # -- what is missing

    def _not_read(self) -> list[str]:
        if self._was_read or not self._not_armed():
            return []
        return ["what warm processes and Celery change for it"]

    def _not_armed(self) -> list[str]:
        return [] if _routes() is not None else ["no process knows both systems yet"]

    def _not_served(self) -> list[str]:
        queues = settings.current().queues
        served = self.store.workers.served()
        missing = [f"no worker of Celery's serves queue {q}" for q in queues if q not in served]
        if leadership(self.store).leader is None:
            missing.append("no beat runs")
        return missing

    def _not_compared(self) -> list[str]:
        routes = _routes()
        if (routes is not None and routes.beat_acts) or self.store.client.exists(self._compared):
            return []
        return ["what beat would do beside what Frappe's scheduler does"]

    def _elsewhere(
        self, queue: str | None = None, site: str | None = None, to_celery: bool = True
    ) -> list[str]:
        config, routes = settings.current(), _routes()
        if routes is None:
            return self._not_armed()
        sites = [site] if site else [EVERY, *config.sites()]
        return [
            f"jobs of queue {q}, site {s or '(any other)'}"
            for q in ([queue] if queue else config.queues)
            for s in sites
            if routes.lead_to_celery(q, s) is not to_celery
        ]

    def _not_beats(self) -> list[str]:
        return [] if self._beats() else ["Frappe's scheduler acts"]

    def _beats(self) -> list[str]:
        routes = _routes()
        return ["beat acts"] if routes is not None and routes.beat_acts else []


def _not_served_by_rq() -> list[str]:
    from frappe_celery.migration.armed import processes

    queues = processes.not_served_by_rq(settings.current().queues)
    missing = [f"no worker of RQ's serves queue {queue}" for queue in queues]
    if not processes.frappes_scheduler_runs():
        missing.append(
            "no bench schedule runs on this machine (where one does on another, go on with"
            " frappe-celery disable)"
        )
    return missing


def _without_the_seam() -> list[str]:
    from frappe_celery.migration.armed import older_processes

    return older_processes.without_the_seam()


def _routes() -> Routes | None:
    from frappe_celery.migration.armed import routing

    return routing.of_bench()


def probe(store: JobStore, site: str, queue: str) -> float:
    """Have Celery run a job that only answers; how many seconds that took.

    Raises:
        NotDone: it did not run.
    """
    message = new_message(
        settings.current(),
        site=site,
        user=ADMINISTRATOR,
        method=PROBE,
        queue=queue,
        timeout=int(PROBE_SECONDS),
    )
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
