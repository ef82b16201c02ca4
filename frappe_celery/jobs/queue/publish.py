"""Putting a job's message on the broker, seen by whoever listens to Celery's publish signals."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from frappe_celery.config import settings
from frappe_celery.jobs import Job, get_store, hosts, providers, unsigned
from frappe_celery.jobs.limits import declarations
from frappe_celery.jobs.message import JobMessage

TASK_NAME = "frappe_celery.run_job"
"""The one Celery task; the method travels inside its message and shows as its name."""
STRATEGY = "frappe_celery.worker.task:job_strategy"
"""How a worker handles a message of ours, as Celery's tasks name it."""


def publish(message: JobMessage, **options: Any) -> Job | None:
    """Enqueue in the job store (options: see `JobStore.enqueue`), seen by whoever wants to know."""
    declarations.tell()
    job = _traced(message, options)
    if job is not None:
        providers.published(job)
    return job


def publish_for_caller(message: JobMessage, **options: Any) -> Job | None:
    """The same, for code in a site: the job waits for the transaction that this has open."""
    if settings.current().commit_wait and options.get("front", 0) >= 0:
        options["transaction"] = hosts.current().open_transaction()
    return publish(message, **options)


def _traced(message: JobMessage, options: Mapping[str, Any]) -> Job | None:
    if "sentry_sdk" not in sys.modules:
        return _publish(message, options)
    from frappe_celery.jobs import sentry

    with sentry.enqueued(message) as headers:
        return _publish(replace(message, headers={**message.headers, **headers}), options)


def _publish(message: JobMessage, options: Mapping[str, Any]) -> Job | None:
    """With Celery's signals around it.

    The second one comes also where nothing was enqueued, since the job waits or runs already:
    what a listener opened at the first is closed then.
    """
    signals = sys.modules.get("celery.signals")  # nobody listens in a process without it
    if signals is None:
        return get_store().enqueue(message, **options)
    if signals.before_task_publish.receivers:
        ours = task_headers(message)
        headers = dict(ours)
        signals.before_task_publish.send(sender=message.label, headers=headers, **_about(message))
        added = {n: v for n, v in headers.items() if n in message.headers or n not in ours}
        message = replace(message, headers=added)
    job = get_store().enqueue(message, **options)
    if signals.after_task_publish.receivers:
        signals.after_task_publish.send(
            sender=message.label, headers=task_headers(message), **_about(message)
        )
    return job


def task_headers(message: JobMessage) -> dict[str, Any]:
    """The headers of Celery's message protocol 2 for a job."""
    canvas = {}
    if message.canvas:
        from kombu.utils.json import loads

        canvas = loads(message.canvas)
        if canvas.get(unsigned.MARK):
            unsigned.mark_following(canvas)
    return {
        **message.headers,
        "lang": "py",
        "task": TASK_NAME,
        "shadow": message.label,
        "id": message.run,
        "root_id": message.run,
        "parent_id": None,
        "group": None,
        "eta": None,
        "expires": None,
        "retries": 0,
        "timelimit": [None, None],
        "argsrepr": "()",
        "kwargsrepr": "{}",
        "origin": "frappe_celery",
        "ignore_result": True,
        **canvas,
    }


def _about(message: JobMessage) -> dict[str, Any]:
    return {
        "body": ((), {}, {}),
        "exchange": "",
        "routing_key": message.queue,
        "declare": [],
        "properties": {"correlation_id": message.run, "reply_to": ""},
        "retry_policy": None,
    }
