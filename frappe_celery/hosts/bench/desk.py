"""The pages of RQ Job in Desk.

Frappe's own reads the ids of all jobs there are for every page and every count. These read a page,
so that it costs the same at a hundred jobs and at a million. They also list custom queues and
stopped jobs, which Frappe's leaves out. Who may see them says Frappe's own, which is called first.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping
from inspect import signature
from itertools import islice
from typing import Any

import frappe
from frappe.utils import cint, compare, make_filter_dict

from frappe_celery.config import settings
from frappe_celery.jobs import Job, JobStatus, get_store

NO_JOB = [["RQ Job", "status", "=", ""]]
"""Filters that no job passes: with them Frappe's own finds nothing, once it has refused whom it
refuses."""


class Desk:
    """RQ Job's list and form in Desk, made of the jobs in Celery."""

    def listing(self, original: Any) -> Any:
        """`RQJob.get_list`; newest jobs first."""
        return _answering(original, self._listed)

    def counting(self, original: Any) -> Any:
        """`RQJob.get_count`, which counts Celery's jobs instead."""
        return _answering(original, lambda asked: self.count(*_asked(asked.get("filters"))))

    def _listed(self, asked: Mapping[str, Any]) -> list[Any]:
        from frappe.core.doctype.rq_job.rq_job import serialize_job

        start = cint(asked.get("start") or asked.get("limit_start"))
        end = start + (cint(asked.get("page_length") or asked.get("limit_page_length")) or 20)
        jobs = list(islice(self.newest(*_asked(asked.get("filters")), end), start, end))
        get_store().read_messages([job for job in jobs if isinstance(job, Job)])
        if " asc" in (asked.get("order_by") or "").lower():
            jobs.reverse()
        return [serialize_job(job) for job in jobs]

    def count(self, queues: list[str], statuses: list[JobStatus]) -> int:
        """How many this site has of these."""
        counts = [get_store().counts(site=frappe.local.site, queue=queue) for queue in queues]
        return sum(count[status] for count in counts for status in statuses)

    def newest(self, queues: list[str], statuses: list[JobStatus], length: int) -> Iterable[Any]:
        """Its newest jobs of these, at least so many where there are, the newest first."""
        pages = [
            get_store().page(site=frappe.local.site, queue=queue, statuses=statuses, length=length)
            for queue in queues
            if statuses
        ]
        return heapq.merge(*pages, key=entered, reverse=True)


def _answering(original: Any, answer: Callable[[Mapping[str, Any]], Any]) -> Any:
    """What v15 hands one dictionary and v16 its parts, once it has refused whom it refuses."""

    def of_arguments(args: Mapping[str, Any]) -> Any:
        original({**args, "filters": NO_JOB})
        return answer(args)

    def of_parts(
        filters: Any = None, start: int = 0, page_length: int = 20, order_by: str = ""
    ) -> Any:
        original(NO_JOB)
        page = {"start": start, "page_length": page_length, "order_by": order_by}
        return answer({"filters": filters, **page})

    return staticmethod(of_arguments if "args" in signature(original).parameters else of_parts)


def entered(job: Any) -> Any:
    """When it got the status that it has, by which the store orders."""
    at = job.ended_at or job.started_at or job.enqueued_at or job.created_at
    return at.replace(tzinfo=None)


def _asked(filters: Any) -> tuple[list[str], list[JobStatus]]:
    """The queues and the statuses that the filters let through."""
    wanted = make_filter_dict(filters or [])
    statuses = _matching(wanted.get("status"), JobStatus)
    if JobStatus.FAILED in statuses and JobStatus.STOPPED not in statuses:
        statuses.append(JobStatus.STOPPED)  # which in RQ stand among those that failed
    return _matching(wanted.get("queue"), settings.current().queues), statuses


def _matching(condition: Any, values: Iterable[Any]) -> list[Any]:
    return [value for value in values if not condition or compare(str(value), *condition)]
