"""Queues of an armed bench: what enters one goes to RQ or Celery, and what waits is in both."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any

from rq.queue import Queue as RQQueue

from frappe_celery.hosts.bench.queue import Queue
from frappe_celery.jobs.routes import EVERY, Rerouted
from frappe_celery.migration.armed import routing, to_rq

ENQUEUE_CALL = signature(RQQueue.enqueue_call)


class ArmedQueue(Queue):
    """What `rq.Queue` is while the bench is armed."""

    def enqueue_call(self, *args: Any, **kwargs: Any) -> Any:
        """Into the system to which the job's route leads; raises what either raises."""
        call = ENQUEUE_CALL.bind(self, *args, **kwargs).arguments
        del call["self"]
        site = (call.get("kwargs") or {}).get("site", "")
        routes = routing.current()
        while True:
            try:
                if self.runs_here or routes.lead_to_celery(self.queue, site):
                    return super().enqueue_call(**call, routes=routes.number)
                return to_rq.enqueue(self.store, self.name, routes, self.deduplicate, call)
            except Rerouted:
                routes = routing.read()

    def push_job_id(self, job_id: str, *args: Any, **options: Any) -> Any:
        """RQ's own way, where every site's jobs go there."""
        if self.leads_to_rq(EVERY):
            return self._rqs.push_job_id(job_id, *args, **options)
        return super().push_job_id(job_id)

    def leads_to_rq(self, site: str) -> bool:
        """Whether a site's jobs go to RQ from here."""
        return not routing.current().lead_to_celery(self.queue, site)

    def get_jobs(self, offset: int = 0, length: int = -1) -> list[Any]:
        """The jobs that wait, RQ's after ours, each the oldest first; -1: all."""
        ours = super().get_jobs(offset, length)
        return [*ours, *self._of_rqs(self._rqs.get_jobs, offset, length, len(ours))]

    def get_job_ids(self, offset: int = 0, length: int = -1) -> list[str]:
        """Ids of the jobs that wait, RQ's behind Celery's."""
        ours = super().get_job_ids(offset, length)
        return [*ours, *self._of_rqs(self._rqs.get_job_ids, offset, length, len(ours))]

    @property
    def _rqs(self) -> Any:
        """RQ's own queue of this name."""
        return RQQueue(self.name, connection=self.connection)

    def _of_rqs(
        self, get: Callable[[int, int], list[Any]], offset: int, length: int, found: int
    ) -> list[Any]:
        """What is there of a page, of which so many were found already."""
        if found == length:
            return []
        return get(max(offset - super().count, 0), length - found if length >= 0 else -1)

    @property
    def count(self) -> int:
        """How many jobs wait in either system."""
        return super().count + int(self._rqs.count)

    def empty(self) -> int:
        """Delete all that wait; returns how many."""
        return super().empty() + int(self._rqs.empty() or 0)
