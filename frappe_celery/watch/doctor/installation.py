"""What doctor is told of the installation that it examines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from frappe_celery.jobs.routes import EVERY, Routes


@dataclass(frozen=True)
class InRq:
    """What waits in one of a bench's queues in RQ."""

    queue: str
    waiting: int
    served: bool
    """Whether a worker of RQ's takes jobs from it."""


@dataclass(frozen=True)
class Installation:
    """Of this package, in this environment."""

    version: str
    broken_pins: Sequence[str]
    """One line for each package that is here in a version which another one does not admit."""
    misfits: Sequence[str]
    """One line for each way in which the Frappe that is here is none that this package knows."""
    is_hooked: bool
    """Whether the switch of a bench is in the environment, in this version."""
    in_rq: Sequence[InRq] = ()
    """The queues of a bench in which something waits in RQ."""
    routes: Routes | None = None
    """Who runs what on an armed bench; None: the bench is not armed."""
    without_seam: Sequence[str] = ()
    """Its processes that go by no routes."""
    frappes_scheduler_runs: bool = False
    """Whether `bench schedule` runs on this machine."""

    def is_rqs(self, queue: str) -> bool:
        """Whether jobs of this queue go to RQ's workers by their route."""
        return self.routes is not None and not self.routes.lead_to_celery(queue, EVERY)
