"""What Frappe's `enqueue` calls on its way to the queue, at the price that enqueueing should have.

Its own ways through RQ's client take as long as everything else that a call does: they look up the
bench's path and try the connection each time, and ask for a duplicate before the queue claims the
id in the step that enqueues.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

import frappe
import rq

from frappe_celery.config import settings
from frappe_celery.config.queues import QUEUED_JOBS_A_SITE
from frappe_celery.hosts.bench import leftovers
from frappe_celery.hosts.bench.queue import Queue
from frappe_celery.hosts.bench.rq_names import EXECUTE_JOB, IS_14, rq_name
from frappe_celery.jobs.outbox import at_commit


class MadeId(str):
    """A job id that Frappe made up for a caller who gave none; it ends with the run's."""

    __slots__ = ("run",)

    run: str


def naming_the_run(create_job_id: Callable[..., str]) -> Callable[..., str]:
    """`create_job_id`, whose made-up ids need no index: their run's id is part of them."""

    def replacement(job_id: str | None = None) -> str:
        if job_id:
            return create_job_id(job_id)
        run = secrets.token_hex(16)
        made = MadeId(create_job_id(run))
        made.run = run
        return made

    return replacement


def for_celery(get_queue: Callable[..., Any]) -> Callable[..., Any]:
    """`get_queue`, which is told whether it is asked within `enqueue(…, deduplicate=True)`."""

    def replacement(qtype: str, is_async: bool = True) -> Any:
        if qtype not in settings.current().queues or frappe.flags.in_migrate:
            queue = get_queue(qtype, is_async=is_async)  # refuses it, or finds out Redis is off
        else:
            queue = rq.Queue(rq_name(qtype), is_async=is_async)  # whichever stands there
        asked = _parameters_of_enqueue(sys._getframe(1))
        queue.deduplicate = bool(asked and asked.get("deduplicate"))
        if asked and asked["enqueue_after_commit"] and is_async and _may_enter_an_outbox(queue):
            queue.after_commit = True
            if IS_14:
                frappe.flags.enqueue_after_commit = RowAtOnce(queue)
        return queue

    return replacement


def rows_at_once(add: Callable[..., None]) -> Callable[..., None]:
    """`CallbackManager.add`, by which Frappe's `enqueue` has itself called after the commit: what
    goes by the outbox is written now, within the transaction."""

    def replacement(self: Any, func: Callable[[], Any]) -> None:
        if _enters_an_outbox(func):
            func()
        else:
            add(self, func)

    return replacement


class RowAtOnce(list[Any]):
    """Frappe 14's list of what is enqueued after the commit, for the one call that goes by the
    outbox: it is written now, within the transaction."""

    def __init__(self, queue: Queue) -> None:
        super().__init__(frappe.flags.enqueue_after_commit or ())
        self.queue = queue

    def __bool__(self) -> bool:
        return True  # else Frappe takes another

    def append(self, job: dict[str, Any]) -> None:
        frappe.flags.enqueue_after_commit = [*self]
        self.queue.enqueue_call(
            EXECUTE_JOB,
            kwargs=job["queue_args"],
            timeout=job["timeout"],
            result_ttl=frappe.conf.get("rq_results_ttl"),
            failure_ttl=frappe.conf.get("rq_job_failure_ttl"),
            job_id=job["job_id"],
        )


def _may_enter_an_outbox(queue: Any) -> bool:
    """Not one of a process that was armed: by its routes the job may go to RQ, once committed."""
    return type(queue) is Queue and at_commit.is_on(frappe.local.site)


def _enters_an_outbox(func: Callable[[], Any]) -> bool:
    """Whether one of the values that a function has from where it was made is a queue that does."""
    for cell in getattr(func, "__closure__", None) or ():
        try:
            value = cell.cell_contents
        except ValueError:  # it has none yet
            continue
        if type(value) is Queue and value.after_commit:
            return True
    return False


def check_queue_size(q: Queue) -> None:
    """In place of `_check_queue_size`: refuses the site whose own jobs are too many, and no other.

    Frappe adds up what all sites have waiting, and 50 for each site to what may wait: a flood of
    one has every other's enqueue refused. An app's tests put something else in a queue's place.
    """
    if not isinstance(q, Queue):
        return
    site, module = frappe.local.site, sys.modules["frappe.utils.background_jobs"]
    most = frappe.utils.cint(frappe.conf.max_queued_jobs)
    if hasattr(module, "_site_count"):  # else, before 16, only where one is set
        most = (most or module.MAX_QUEUED_JOBS) + QUEUED_JOBS_A_SITE
    if most and _waiting(q, site) >= most:
        message = "Too many queued background jobs ({0}). Please retry after some time."
        frappe.throw(
            frappe._(message).format(most),
            title=frappe._("Queue Overloaded"),
            exc=frappe.QueueOverloaded,
        )


def _waiting(queue: Queue, site: str) -> int:
    ask = partial(queue.store.waiting_of, site, queue.queue)
    return at_commit.unless_away(ask, 0) if queue.after_commit else ask()


def not_asking_twice(
    get_job: Callable[..., Any], knows_all: Callable[[], bool] = leftovers.rq_is_empty
) -> Callable[..., Any]:
    """`get_job`, which leaves a duplicate to the queue where `enqueue` asks only for that.

    Not where the job would be called at once, or enqueued later: there Frappe's answer of now
    counts. Nor while RQ has jobs left of which our queue knows nothing.

    Args:
        knows_all: whether the queue knows every job that there is.
    """

    def replacement(job_id: str) -> Any:
        asked = _parameters_of_enqueue(sys._getframe(1))
        if (
            asked
            and asked["is_async"]
            and not (asked["now"] or asked["enqueue_after_commit"])
            and knows_all()
        ):
            return None
        if asked and asked["enqueue_after_commit"] and at_commit.is_on(frappe.local.site):
            return at_commit.unless_away(partial(get_job, job_id), None)
        return get_job(job_id)

    return replacement


def _parameters_of_enqueue(frame: FrameType) -> dict[str, Any] | None:
    """Those of Frappe's `enqueue`, where that is what called.

    It looks for a duplicate and enqueues in two steps, between which another caller fits, and tells
    its queue nothing. That queue is made within the call and, through its closure, used for nothing
    else, now or after the commit.
    """
    code = frame.f_code
    return (
        frame.f_locals
        if code.co_name == "enqueue" and "enqueue_after_commit" in code.co_varnames
        else None
    )
