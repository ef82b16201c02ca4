"""Mail on failure, `celery_error_emails`; `watch.notify` has how it works.

Mailed are every failed or abandoned job, what a scheduled method or a queued action raised, which
Frappe catches so that the job ends as finished, and the scheduler's own failures.
"""

from __future__ import annotations

import logging
import time
import traceback

from celery import Celery
from celery.utils.dispatch import Signal

from frappe_celery.config import settings
from frappe_celery.jobs import Job, get_store
from frappe_celery.jobs.record.kinds import kind_of, mailed_kind
from frappe_celery.watch.notify.ledger import LONGEST, Mails

logger = logging.getLogger(__name__)

OUTSIDE_A_JOB = "a method called outside a job"

swallowed = Signal(name="swallowed", providing_args=["job", "exception"])
"""Sent with job and exception when a host caught what a job's method raised."""


def connect(app: Celery) -> None:
    """Have the app's workers and beat send; they refuse to start with a wrong configuration."""
    from frappe_celery.watch.notify import look

    look.connect(app)


def report_swallowed(job: Job | None, exception: BaseException) -> None:
    """Tell of an exception that the running job will not end with: log, mail, `swallowed`.

    Never raises, whatever is away.
    """
    if job is not None:
        job.caught = exception
    method = job.method if job else OUTSIDE_A_JOB
    logger.error("%s failed, and its failure was caught", method, exc_info=exception)
    try:
        _count(job, exception)
    except Exception as exc:
        logger.warning("the failure of %s is not mailed: %s", method, exc)
    swallowed.send(sender=method, job=job, exception=exception)


def _count(job: Job | None, exception: BaseException) -> None:
    if not mailed_kind(settings.current(), True, ""):
        return
    text = "".join(traceback.format_exception(exception))
    method, site, run = (job.label, job.site, job.run_id) if job else (OUTSIDE_A_JOB, "", "")
    about = {"method": method, "exc_info": text[-LONGEST:], "caught": "1"}
    Mails(get_store()).count(f"{method}|{kind_of(text)}", site, run, about, time.time())
