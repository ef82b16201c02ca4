"""Failures that Frappe catches and only writes down, reported to `error_mail` all the same."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

from frappe_celery.error_mail import report_swallowed
from frappe_celery.jobs.running import current_job


def reporting_a_failed_run(log_status: Callable[..., Any]) -> Callable[..., Any]:
    """`ScheduledJobType.log_status`, which is told that a run failed while it is handled."""

    @wraps(log_status)
    def replacement(self: Any, status: str) -> Any:
        exception = sys.exc_info()[1]
        if status == "Failed" and exception is not None:
            report_swallowed(current_job(), exception)
        return log_status(self, status)

    return replacement


def reporting_what_it_raises(execute: Callable[..., Any]) -> Callable[..., Any]:
    """`ScheduledJobType.execute`, whose caller prints what it raises when it cannot even log."""

    @wraps(execute)
    def replacement(self: Any) -> None:
        try:
            execute(self)
        except Exception as exc:
            report_swallowed(current_job(), exc)
            raise

    return replacement


def reporting_a_failed_action(execute_action: Callable[..., Any]) -> Callable[..., Any]:
    """`execute_action`, the runner of `Document.queue_action`, which comments on the document.

    The action that it calls is the document's `run_reported`, which calls the one that was asked
    for.
    """

    @wraps(execute_action)
    def replacement(__doctype: str, __name: Any, __action: str, **kwargs: Any) -> Any:
        return execute_action(__doctype, __name, RUN_REPORTED, action=__action, arguments=kwargs)

    return replacement


RUN_REPORTED = "frappe_celery_run_reported"


def run_reported(document: Any, action: str, arguments: dict[str, Any]) -> None:
    """A document's action; what it raises is reported, and still Frappe's to deal with."""
    try:
        getattr(document, action)(**arguments)
    except Exception as exc:
        report_swallowed(current_job(), exc)
        raise
