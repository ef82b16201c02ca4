"""What Frappe does by itself and others have to hear of.

`error_mail` hears of failures that it catches and only writes down; beat of changes of a Scheduled
Job Type, or of what switches a scheduler. A doc event in our hooks.py would act only on sites
that installed the app, hence the seam.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import frappe

from frappe_celery.error_mail import report_swallowed
from frappe_celery.errors import GoesOn
from frappe_celery.hosts.bench.transaction import after_commit
from frappe_celery.jobs.job import current_job
from frappe_celery.schedule.changed_sites import mark

Method = Callable[..., Any]

RUN_REPORTED = "frappe_celery_run_reported"
READ_BY_BEAT = ("Scheduled Job Type", "System Settings")


def a_failed_run(log_status: Method) -> Method:
    """`ScheduledJobType.log_status`, which is told that a run failed while it is handled."""

    def replacement(self: Any, status: str) -> Any:
        exception = sys.exc_info()[1]
        if status == "Failed" and exception is not None:
            report_swallowed(current_job(), exception)
        return log_status(self, status)

    return replacement


@contextmanager
def what_it_raises() -> Iterator[None]:
    """What is raised here is reported, and still Frappe's to deal with."""
    try:
        yield
    except Exception as exc:
        report_swallowed(current_job(), exc)
        raise


def a_run(execute: Method) -> Method:
    """`ScheduledJobType.execute`, whose caller prints what it raises when it cannot even log.

    Where it goes on in another run, that writes the row of the log.
    """

    def replacement(self: Any) -> Any:
        try:
            with what_it_raises():
                return execute(self)
        except GoesOn:
            if log := getattr(self, "scheduler_log", None):
                frappe.db.rollback()
                frappe.db.delete(log.doctype, {"name": log.name})
                frappe.db.commit()
            raise

    return replacement


def a_failed_action(execute_action: Method) -> Method:
    """`execute_action`, the runner of `Document.queue_action`, which comments on the document.

    The action that it calls is the document's `run_reported`, which calls the one that was asked
    for.
    """

    def replacement(__doctype: str, __name: Any, __action: str, **kwargs: Any) -> Any:
        return execute_action(__doctype, __name, RUN_REPORTED, action=__action, arguments=kwargs)

    return replacement


@what_it_raises()
def run_reported(document: Any, action: str, arguments: dict[str, Any]) -> None:
    """A document's action."""
    getattr(document, action)(**arguments)


def mark_after_commit() -> None:
    """Tell beat of the current site once its transaction is committed."""
    after_commit(partial(mark, frappe.local.site))


def a_change(original: Method | None) -> Method:
    """A function, or a method that a document may do without, that tells when it is through."""

    def replacement(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs) if original else None
        mark_after_commit()
        return result

    return replacement


def a_value_that_beat_reads(set_value: Method) -> Method:
    """`Database.set_value` and `set_single_value`, which save past the documents.

    A run that sets its `last_execution` does not tell: beat knows of it.
    """

    def replacement(*args: Any, **kwargs: Any) -> Any:
        result = set_value(*args, **kwargs)
        given = (*args[1:], *kwargs.values())
        if any(doctype in given for doctype in READ_BY_BEAT) and "last_execution" not in given:
            mark_after_commit()
        return result

    return replacement
