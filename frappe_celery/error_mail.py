"""Who is told of a failure that Frappe swallows, so that the failure mail can come all the same.

Frappe's `ScheduledJobType.execute` and `execute_action` catch what their method raised and end as
finished. They report it here; whoever mails failures listens with `swallowed.connect`.
"""

from __future__ import annotations

import logging

from celery.utils.dispatch import Signal

from frappe_celery.jobs import Job

logger = logging.getLogger(__name__)

swallowed = Signal(name="swallowed", providing_args=["job", "exception"])
"""Sent with job and exception when a host caught what a job's method raised."""


def report_swallowed(job: Job | None, exception: BaseException) -> None:
    """Tell of an exception that the running job will not end with."""
    method = job.method if job else "a method called outside a job"
    logger.error("%s failed, and its failure was caught", method, exc_info=exception)
    swallowed.send(sender=method, job=job, exception=exception)
