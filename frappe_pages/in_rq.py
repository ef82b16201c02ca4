"""Which jobs of an armed bench go to RQ by its routes, where the pages cannot count them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from frappe_celery.config import settings
from frappe_celery.jobs import JobStore, bridge
from frappe_celery.watch.doctor.report import counted
from frappe_celery.watch.words import some_of

SITES_NAMED = 5


@dataclass(frozen=True)
class InRq:
    """Of some sites, in every queue."""

    sites: dict[str, frozenset[str]]
    """Those whose jobs go to RQ, by queue."""
    every: frozenset[str]
    frappe_schedules: bool = False
    """Whether the schedule is Frappe's scheduler's, by the routes."""

    def has(self, queue: str) -> bool:
        """Whether all jobs of this queue go there."""
        return self.sites.get(queue) == self.every

    @property
    def has_all(self) -> bool:
        return bool(self.sites) and all(map(self.has, self.sites))

    def of_queue(self, queue: str) -> str:
        """`in RQ`, `in RQ of 3 sites`; '' : none of its jobs is."""
        its = self.sites.get(queue)
        if not its:
            return ""
        return "in RQ" if self.has(queue) else f"in RQ of {counted(len(its), 'site')}"

    def of_site(self, site: str) -> str:
        """`in RQ`, `long in RQ`; '' : none of its jobs is."""
        its = [queue for queue, sites in self.sites.items() if site in sites]
        if not its:
            return ""
        return "in RQ" if len(its) == len(self.sites) else f"{', '.join(its)} in RQ"

    def __str__(self) -> str:
        """`queue long; every queue of a.example`; '' : nothing."""
        same = defaultdict[frozenset[str], list[str]](list)
        for queue, its in self.sites.items():
            if its:
                same[its].append(queue)
        parts = []
        for its, queues in same.items():
            named = f"queue {', '.join(queues)}"
            part = "every queue" if len(queues) == len(self.sites) else named
            of = "" if its == self.every else f" of {some_of(sorted(its), SITES_NAMED)}"
            parts.append(part + of)
        return "; ".join(parts)


def look(store: JobStore, sites: Iterable[str]) -> InRq:
    """What of these sites goes to RQ; nothing where the bench is not armed.

    Raises:
        BrokerUnreachable.
    """
    routes, every = bridge.routes(store), frozenset(sites)
    if routes is None:
        return InRq({}, every)
    found = {
        queue: frozenset(site for site in every if not routes.lead_to_celery(queue, site))
        for queue in settings.current().queues
    }
    return InRq(found, every, not routes.beat_acts)
