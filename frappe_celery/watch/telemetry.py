"""What OpenTelemetry and Sentry see of a job: its method's name, and the trace that it came from.

Both work by their own Celery integrations, unchanged. OpenTelemetry's listens to Celery's signals,
which `jobs.queue.publish` sends, and names its spans by the task, whose `name` is the running job's
method (`TaskName`); it needs nothing else. Sentry's wraps those of Celery's functions that a job
does not pass on its way into the queue, and names a run before the job is known:
`jobs.sentry` and `named` do these two things by Sentry's public functions, in processes where
it is in use.
"""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from frappe_celery.jobs.queue.publish import TASK_NAME
from frappe_celery.jobs.sentry import is_followed


class TaskName:
    """The one task's name: while a job runs, its method, so that whoever asks a task for its name
    (traces, error trackers, `celery.current_task.name`) is told of the job; else `TASK_NAME`.
    """

    def __get__(self, task: Any, kind: type) -> str:
        """Of a class, or outside of a run, `TASK_NAME`."""
        running = task and task.request_stack and task.request_stack.top
        return str(running.shadow) if running and running.shadow else TASK_NAME


def named(task: Any, **_: Any) -> None:
    """Name Sentry's transaction after the job that begins; a receiver of Celery's `task_prerun`."""
    import sentry_sdk

    sentry_sdk.get_current_scope().set_transaction_name(task.name, source="task")


def own_scope() -> AbstractContextManager[Any]:
    """What is told Sentry in there (user, tags, breadcrumbs) is not told of what comes after."""
    sentry: Any = sys.modules.get("sentry_sdk")
    own: AbstractContextManager[Any] = nullcontext()
    if sentry is not None and is_followed():
        own = sentry.isolation_scope()
    elif hasattr(sentry, "Hub"):
        own = sentry.Hub(sentry.Hub.current)
    return own


def connect(**_: Any) -> None:
    """Have the jobs of this process named, where its program has loaded Sentry."""
    if "sentry_sdk" in sys.modules and is_followed():
        from celery import signals

        signals.task_prerun.connect(named)
