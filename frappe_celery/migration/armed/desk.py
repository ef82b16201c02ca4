"""The pages of RQ Job in an armed bench: RQ's jobs among ours."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import Any

import frappe
from rq.job import Job as RQJob
from rq.queue import Queue as RQQueue

from frappe_celery.hosts.bench import registry
from frappe_celery.hosts.bench.desk import Desk, entered
from frappe_celery.hosts.bench.names import rq_name
from frappe_celery.jobs import JobStatus, get_store


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
    return [job_id for job_id in ids if job_id.startswith((f"{site}::", f"{site}||"))]
