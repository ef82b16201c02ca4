"""The pages of RQ Job in Desk.

Frappe's own reads the ids of all jobs there are for every page and every count. These read a page,
so that it costs the same at a hundred jobs and at a million. They also list custom queues and
stopped jobs, which Frappe's leaves out. Who may see them says Frappe's own, which is called first.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
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
        """`RQJob.get_list`, which v15 hands one dictionary and v16 its parts; newest jobs first."""

        def of_arguments(args: Mapping[str, Any]) -> list[Any]:
            original({**args, "filters": NO_JOB})
            return self._listed(
                args.get("filters"),
                cint(args.get("start") or args.get("limit_start")),
                cint(args.get("page_length") or args.get("limit_page_length")) or 20,
                args.get("order_by") or "",
            )

        def of_parts(
            filters: Any = None, start: int = 0, page_length: int = 20,
            order_by: str = "creation desc",
        ) -> list[Any]:  # fmt: skip
            original(NO_JOB, start, page_length, order_by)
            return self._listed(filters or [], start, page_length, order_by)

        return staticmethod(of_arguments if "args" in signature(original).parameters else of_parts)

    def counting(self, original: Any) -> Any:
        """`RQJob.get_count`, which counts Celery's jobs instead."""

        def of_arguments(args: Mapping[str, Any]) -> int:
            original({**args, "filters": NO_JOB})
            return self.count(*_asked(args.get("filters")))

        def of_parts(filters: Any = None) -> int:
            original(NO_JOB)
            return self.count(*_asked(filters or []))

        return staticmethod(of_arguments if "args" in signature(original).parameters else of_parts)

    def _listed(self, filters: Any, start: int, page_length: int, order_by: str) -> list[Any]:
        from frappe.core.doctype.rq_job.rq_job import serialize_job

        end = start + page_length
        jobs = list(islice(self.newest(*_asked(filters), end), start, end))
        get_store().read_messages([job for job in jobs if isinstance(job, Job)])
        if " asc" in (order_by or "").lower():
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


def entered(job: Any) -> Any:
    """When it got the status that it has, by which the store orders."""
    at = job.ended_at or job.started_at or job.enqueued_at or job.created_at
    return at.replace(tzinfo=None)


def _asked(filters: Any) -> tuple[list[str], list[JobStatus]]:
    """The queues and the statuses that the filters let through."""
    wanted = make_filter_dict(filters)
    statuses = _matching(wanted.get("status"), JobStatus)
    if JobStatus.FAILED in statuses and JobStatus.STOPPED not in statuses:
        statuses.append(JobStatus.STOPPED)  # which in RQ stand among those that failed
    return _matching(wanted.get("queue"), settings.current().queues), statuses


def _matching(condition: Any, values: Iterable[Any]) -> list[Any]:
    return [value for value in values if not condition or compare(str(value), *condition)]
