"""Queues of an armed bench: what enters one goes to RQ or Celery, and what is there is in both,
also on Desk's pages of RQ Job."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from contextlib import suppress
from inspect import signature
from typing import Any

import frappe
from redis import WatchError
from rq.exceptions import NoSuchJobError
from rq.job import Job as RQJob
from rq.queue import Queue as RQQueue

from frappe_bridge.armed import routing
from frappe_bridge.routes import EVERY, Routes
from frappe_celery.hosts.bench import registry
from frappe_celery.hosts.bench.desk import Desk, entered
from frappe_celery.hosts.bench.queue import Queue
from frappe_celery.hosts.bench.rq_names import begin_of_ids, rq_name
from frappe_celery.jobs import JobStatus, get_store
from frappe_celery.jobs.bridge import Rerouted
from frappe_celery.jobs.connection import naming_the_server
from frappe_celery.jobs.job import ACTIVE

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
                return self.into_rq(call, routes)
            except Rerouted:
                routes = routing.read()

    def into_rq(self, call: dict[str, Any], routes: Routes) -> Any:
        """What RQ's own `enqueue_call` makes of it, in one step with a look at the routes; None for
        a duplicate.

        Raises:
            Rerouted: it has to be looked at again: other routes hold now, or the id was used.
            BrokerUnreachable: it may have been enqueued, where the answer was lost.
        """
        client, job_id = self.store.client, call.get("job_id") or ""
        with naming_the_server(self.store.url), client.pipeline() as pipe:
            pipe.watch(self.store.keys.routes, self.store.keys.ids(job_id), RQJob.key_for(job_id))
            if int(pipe.hget(self.store.keys.routes, "number") or 0) != routes.number:
                raise Rerouted(job_id)
            before = None
            if self.deduplicate:
                with suppress(NoSuchJobError):
                    before = RQJob.fetch(job_id, connection=client)
                is_active = before is not None and before.get_status(refresh=False) in ACTIVE
                if is_active or self.store.is_active(job_id):
                    return None
            pipe.multi()
            pipe.multi = lambda: None  # RQ calls it too
            if before is not None:
                before.delete(pipeline=pipe)  # as Frappe does with one that is over
            job = RQQueue(self.name, connection=client).enqueue_call(**call, pipeline=pipe)
            try:
                pipe.execute()
            except WatchError as exc:
                raise Rerouted(job_id) from exc
            return job

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


class ArmedDesk(Desk):
    """The same while the bench is armed: jobs are in both systems."""

    def count(self, queues: list[str], statuses: list[JobStatus]) -> int:
        """How many this site has of these."""
        return super().count(queues, statuses) + len(_ids_of_rqs(queues, statuses))

    def newest(self, queues: list[str], statuses: list[JobStatus], length: int) -> Iterable[Any]:
        """Its newest jobs of these and all of RQ's, the newest first."""
        ids = _ids_of_rqs(queues, statuses)
        found = RQJob.fetch_many(ids, get_store().client) if ids else []
        theirs = sorted((job for job in found if job is not None), key=entered, reverse=True)
        return heapq.merge(
            super().newest(queues, statuses, length), theirs, key=entered, reverse=True
        )


def _ids_of_rqs(queues: Iterable[str], statuses: Iterable[JobStatus]) -> list[str]:
    """This site's jobs in RQ, read as Frappe's own page does."""
    client, site = get_store().client, frappe.local.site
    ids: list[str] = []
    for name in map(rq_name, queues):
        for status in statuses:
            if status == JobStatus.QUEUED:
                ids += RQQueue(name, connection=client).get_job_ids()
            elif status in registry.ORIGINALS:
                ids += registry.Registry(name, status).rqs().get_job_ids()
    return [job_id for job_id in ids if job_id.startswith(begin_of_ids(site))]
