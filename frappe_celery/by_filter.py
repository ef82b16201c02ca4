"""Many jobs of a site at once, by what they are, as `frappe-celery jobs` changes them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from frappe_celery.config import settings
from frappe_celery.config.numbers import is_whole, require
from frappe_celery.errors import InvalidJobOperation, NoSuchJob, Refused
from frappe_celery.job_options import instant
from frappe_celery.jobs import Job, JobStatus, get_store, hosts
from frappe_celery.jobs.job import WAITING
from frappe_celery.jobs.record.paging import Wanted, search

FAILED = (JobStatus.FAILED, JobStatus.STOPPED)


@dataclass(frozen=True)
class ByFilter:
    """What is done to each job in one of these statuses."""

    statuses: tuple[JobStatus, ...]
    act: Callable[[Job], Any]

    def __call__(
        self,
        *,
        site: str | None = None,
        queue: str | None = None,
        method: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 1000,
    ) -> int:
        """Returns how many were changed; one that has changed by itself meanwhile is not counted.

        Args:
            site: None: the current one.
            method: a dotted path; `myapp.*` for all of an app's.
            since, until: when a job got the status that it has; naive ones are in the time zone
                of the current site.
            limit: at most so many, the newest first.

        Raises:
            ConfigError, UnknownQueue, BrokerUnreachable.
        """
        require(is_whole(limit) and limit > 0, "limit", limit, "a whole number above 0")
        wanted = Wanted(
            hosts.current().current_site() if site is None else site,
            None if queue is None else settings.current().queue(queue).name,
            self.statuses,
            method,
            None if since is None else instant(since),
            None if until is None else instant(until),
        )
        store, changed = get_store(), 0
        for job in list(islice(search(store, wanted), limit)):
            with suppress(NoSuchJob, InvalidJobOperation, Refused):
                now = store.fetch_newest(job)
                if (now.run_id, now.status) == (job.run_id, job.status):
                    self.act(now)
                    changed += 1
        return changed


cancel = ByFilter(WAITING, Job.cancel)
"""Cancel jobs that wait in a queue, for their time or for others: they never start."""
requeue = ByFilter(FAILED, lambda job: get_store().requeue(job))
"""Run jobs again that failed or were stopped."""
delete = ByFilter(FAILED, Job.delete)
"""Delete jobs that failed or were stopped, with all that is recorded of them."""
