"""Putting a job's message on the broker, seen by whoever listens to Celery's publish signals."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

from frappe_celery.jobs import Job, get_store
from frappe_celery.jobs.message import JobMessage

TASK_NAME = "frappe_celery.run_job"
"""The one Celery task; the method travels inside its message and shows as its name."""


def publish(message: JobMessage, **options: Any) -> Job | None:
    """Enqueue in the job store (options: see `JobStore.enqueue`), Celery's signals around it."""
    signals = sys.modules.get("celery.signals")  # nobody listens in a process without it
    if signals is None:
        return get_store().enqueue(message, **options)
    if signals.before_task_publish.receivers:
        ours = task_headers(message)
        headers = dict(ours)
        signals.before_task_publish.send(sender=message.label, headers=headers, **_about(message))
        added = {name: value for name, value in headers.items() if name not in ours}
        message = replace(message, headers=added)
    job = get_store().enqueue(message, **options)
    if job is not None and signals.after_task_publish.receivers:
        signals.after_task_publish.send(
            sender=message.label, headers=task_headers(message), **_about(message)
        )
    return job


def task_headers(message: JobMessage) -> dict[str, Any]:
    """The headers of Celery's message protocol 2 for a job."""
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
