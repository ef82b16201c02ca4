"""Kept failures, grouped by their error: how many, since when, where, and what to do with them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse

from frappe_celery.jobs import Job, JobStatus, get_store
from frappe_celery.jobs.record.paging import search
from frappe_celery.watch import job_display
from frappe_pages.answers import OfJobs, ReadOnlyAdmin
from frappe_pages.charts import SPARK_BARS, spark
from frappe_pages.job_actions import ACTIONS
from frappe_pages.job_filter import FILTERS, JobFilter
from frappe_pages.job_search import kind_of

LOOKED_AT = 5_000
"""Of more failures the newest are grouped."""
SHOWN = 100
METHODS_SHOWN = 3


@dataclass
class Group:
    """Failed jobs with one kind of error."""

    kind: str
    newest: Job
    oldest: Job
    times: list[float] = field(default_factory=list)
    methods: Counter[str] = field(default_factory=Counter)
    sites: set[str] = field(default_factory=set)
    query: str = ""
    """What of the list of jobs shows them."""
    graph: str = ""
    """When they failed, from the oldest of all groups to the newest: a path of SVG."""

    @property
    def number(self) -> int:
        return len(self.times)

    @property
    def frequent(self) -> list[str]:
        """Some of its methods; `…` for the others."""
        names = [method for method, _ in self.methods.most_common(METHODS_SHOWN)]
        return [*names, "…"] if len(self.methods) > METHODS_SHOWN else names


class FailureAdmin(ReadOnlyAdmin, OfJobs):
    """Their page, for whoever may see jobs."""

    def get_urls(self) -> list[Any]:
        return [self.at("", self.list_view, "changelist")]

    def list_view(self, request: HttpRequest) -> HttpResponse:
        """The most frequent first."""
        of_failed = request.GET.copy()
        of_failed["status"] = JobStatus.FAILED.value
        form = JobFilter(of_failed, request.user)
        failed = list(islice(search(get_store(), form.wanted()), LOOKED_AT + 1))
        groups = _grouped(failed[:LOOKED_AT])
        given = {name: value for name in FILTERS if (value := request.GET.get(name))}
        times = [time for group in groups for time in group.times]
        for group in groups[:SHOWN]:
            group.graph = spark(group.times, min(times), max(times))
            group.query = urlencode({"status": "failed", "error": group.kind, **given})
        return self.shown(
            request,
            "failures.html",
            "Failures",
            form=form,
            groups=groups[:SHOWN],
            spark_bars=SPARK_BARS,
            left_out=len(groups) - SHOWN,
            looked_at=LOOKED_AT if len(failed) > LOOKED_AT else None,
            may_requeue=ACTIONS["requeue"].is_allowed(request.user),
        )


def _grouped(jobs: list[Job]) -> list[Group]:
    found: dict[str, Group] = {}
    for job in jobs:  # newest first
        kind = kind_of(job)
        group = found.setdefault(kind, Group(kind, job, job))
        group.oldest = job
        group.times.append((job.ended_at or job.enqueued_at).timestamp())
        group.methods[job_display.label(job)] += 1
        group.sites.add(job.site)
    return sorted(found.values(), key=lambda group: -group.number)
