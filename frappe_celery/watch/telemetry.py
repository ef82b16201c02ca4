"""What OpenTelemetry and Sentry see of a job: its method's name, and the trace that it came from.

Both work by their own Celery integrations, unchanged. OpenTelemetry's listens to Celery's signals,
which `publish` sends, and names its spans by the task, whose `name` is the running job's method
(`TaskName`); it needs nothing else. Sentry's wraps those of Celery's functions that a job does not
pass on its way into the queue, and names a run before the job is known: `enqueued` and `named` do
these two things by Sentry's public functions, in processes where it is in use. An older one, as
Frappe v15 and v16 pin it and import it with every `frappe.log_error`, is left to itself.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from frappe_celery.jobs.message import JobMessage
from frappe_celery.jobs.publish import TASK_NAME

SENTRY_SINCE = (2, 20)
"""The first sentry-sdk with all the functions that are used here."""


class TaskName:
    """The one task's name: while a job runs, its method, so that whoever asks a task for its name
    (traces, error trackers, `celery.current_task.name`) is told of the job; else `TASK_NAME`.
    """

    def __get__(self, task: Any, kind: type) -> str:
        """Of a class, or outside of a run, `TASK_NAME`."""
        running = task and task.request_stack and task.request_stack.top
        return str(running.shadow) if running and running.shadow else TASK_NAME


@contextmanager
def enqueued(message: JobMessage) -> Iterator[dict[str, Any]]:
    """A span of Sentry's around enqueueing; gives the headers by which the run continues its trace.

    Empty where Sentry's Celery integration is not in use, or is told not to `propagate_traces`.
    """
    import sentry_sdk

    if not _is_followed():
        yield {}
        return
    integration = sentry_sdk.get_client().get_integration("celery")
    if not getattr(integration, "propagate_traces", False):
        yield {}
        return
    with sentry_sdk.start_span(op="queue.publish", name=message.label) as span:
        span.set_data("messaging.message.id", message.run)
        span.set_data("messaging.destination.name", message.queue)
        trace = {"sentry-trace": sentry_sdk.get_traceparent(), "baggage": sentry_sdk.get_baggage()}
        known = {name: value for name, value in trace.items() if value}
        yield {"headers": {**known, "sentry-task-enqueued-time": time.time()}}


def named(task: Any, **_: Any) -> None:
    """Name Sentry's transaction after the job that begins; a receiver of Celery's `task_prerun`."""
    import sentry_sdk

    sentry_sdk.get_current_scope().set_transaction_name(task.name, source="task")


@contextmanager
def own_scope() -> Iterator[None]:
    """What is told Sentry in here (user, tags, breadcrumbs) is not told of what comes after."""
    if "sentry_sdk" not in sys.modules:
        yield
        return
    import sentry_sdk

    own = sentry_sdk.isolation_scope() if _is_followed() else sentry_sdk.Hub(sentry_sdk.Hub.current)
    with own:
        yield


def connect(**_: Any) -> None:
    """Have the jobs of this process named, where its program has loaded Sentry."""
    if "sentry_sdk" in sys.modules and _is_followed():
        from celery import signals

        signals.task_prerun.connect(named)


def _is_followed() -> bool:
    import sentry_sdk

    version = tuple(int(number) for number in sentry_sdk.VERSION.split(".")[:2])
    return version >= SENTRY_SINCE
