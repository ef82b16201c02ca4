"""A run whose process died: run again, or failed with all that follows a failure.

`end_or_repeat` is called by the worker's parent, which must not run anybody's code. The Error Log
and `on_failure`, which need the job's site, come with a job of our own, the aftermath, that goes
first into a queue which that worker consumes. Its own process may die too: it is then run again.
"""

from __future__ import annotations

import logging
import time
from contextlib import ExitStack

from frappe_celery import canvas
from frappe_celery.config import settings
from frappe_celery.errors import AbandonedJobError, NoSuchJob, Refused
from frappe_celery.jobs import Job, JobStatus, JobStore, get_store, hosts, providers
from frappe_celery.jobs.job import ABOUT, running
from frappe_celery.jobs.limits.outages import job_begins, kept_out
from frappe_celery.jobs.message import JobMessage
from frappe_celery.jobs.queue import publish
from frappe_celery.worker import again as reruns
from frappe_celery.worker.broker_retry import retry_while_unreachable
from frappe_celery.worker.callbacks import run_callback

logger = logging.getLogger(__name__)

AFTERMATH = "frappe_celery.worker.abandoned.aftermath"
AFTERMATH_DELIVERIES = 5
AFTERMATH_KEPT_SECONDS = 60
"""A worker that settles the same death later finds that there was one."""


def end_or_repeat(
    store: JobStore, run: str, reason: str, *, idempotent_counts: bool = True
) -> None:
    """Deal with a run whose process died. Doing it twice is as good as once.

    Args:
        store: where the run is recorded.
        run: one that has ended meanwhile is left alone.
        reason: what its process died of, for people.
        idempotent_counts: False: not run again, however idempotent it is.

    Raises:
        BrokerUnreachable: to be called again.
    """
    try:
        message = JobMessage.open(store.signer, store.message_of(run), run)
        status = store.fetch_run(run).status
    except (NoSuchJob, Refused) as exc:
        store.fail(run, f"{type(exc).__name__}: {exc}")  # whatever is left of it
        return
    if status != JobStatus.STARTED:
        return
    text = f"{AbandonedJobError.__name__}: {reason}"
    following = reruns.after_death(message) if idempotent_counts else None
    next_run = reruns.run_after(message)
    if following is not None:
        text += (
            f"\nIt is run again, as run {following.run},"
            f" delivery {following.deliveries} of {following.max_deliveries}"
        )
    elif not store.is_new(next_run):  # it had raised, which was not recorded yet
        text += f"\nIt is run again, as run {next_run}"
    else:
        next_run = ""
        if message.deliveries > 1:
            text += (
                f"\nPoison: its process died each of the {message.deliveries} times that it was"
                " delivered (max_deliveries), so that it is not run again"
            )
        if message.method != AFTERMATH:
            _enqueue_aftermath(message, store, text)
    store.fail(run, text, site=message.site, following=next_run)
    logger.error("%s[%s] is failed: %s", message.label, run, text, extra={ABOUT: message})


def _enqueue_aftermath(message: JobMessage, store: JobStore, text: str) -> None:
    consumed = providers.app().amqp.queues.consume_from
    known = [queue for queue in consumed if queue in settings.current().queues]
    run = reruns.run_after(message, "aftermath")
    aftermath_of = JobMessage(
        run=run,
        id=hosts.current().job_id(run, message.site),
        site=message.site,
        user=message.user,
        method=AFTERMATH,
        name=f"aftermath of {message.name}"[:140],
        queue=message.queue if message.queue in known or not known else known[0],
        timeout=300,
        kwargs={"run": message.run, "sealed": message.seal(store.signer).decode(), "reason": text},
        event=message.event,
        backoff=[],
        max_deliveries=AFTERMATH_DELIVERIES,
        result_ttl=AFTERMATH_KEPT_SECONDS,
        limit_key=message.limit_key,
        enqueued_at=time.time(),
        headers=message.headers,
    )
    publish.publish(aftermath_of, front=1, any_size=True)


def aftermath(job: Job) -> None:
    """In a worker's process: what follows a failure on the site of the run that was abandoned.

    Raises:
        DatabaseAway: the site's database lets nobody in; nothing of the user's has run.
        Exception: what its on_failure raised.
    """
    store, values = get_store(), job.opened.decoded_kwargs()
    run, text = values["run"], values["reason"]
    message = JobMessage.open(store.signer, values["sealed"].encode(), run)
    ended = retry_while_unreachable(store.fail, run, text, None, message.site)
    if ended not in (JobStatus.FAILED.value, ""):
        return  # it ended otherwise before anybody called it dead
    abandoned = store.job_of(message)
    abandoned.status, abandoned.exc_info = JobStatus.FAILED, text
    _write_error_log(message, text)
    job_begins()
    error = AbandonedJobError(text.partition(": ")[2])
    canvas.died(message, error)
    if message.on_failure is not None:
        with running(abandoned):
            run_callback(abandoned, message.on_failure, AbandonedJobError, error, None)


def _write_error_log(message: JobMessage, text: str) -> None:
    host = hosts.current()
    with ExitStack() as site:
        try:
            site.enter_context(host.in_site(message.site, message.user))
            host.open_database()
            host.call("frappe.log_error", {"title": message.path, "message": text})
            host.commit()
        except Exception as exc:
            if away := kept_out(exc, host.keeps_out):
                raise away from exc
            raise
