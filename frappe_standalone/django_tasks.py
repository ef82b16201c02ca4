"""Django's tasks (`django.tasks`, from Django 6.0 on) as jobs: a backend for the setting TASKS.

TASKS = {"default": {"BACKEND": "frappe_standalone.django_tasks.Backend"}}
"""

from __future__ import annotations

import builtins
import secrets
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from traceback import format_exception
from typing import Any

from django import get_version
from django.apps import apps
from django.conf import settings as django_settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string
from django.utils.timezone import is_naive, make_aware, make_naive, now

from frappe_celery.host import (
    Job,
    JobStatus,
    current_job,
    declared_options,
    enqueue_shim,
    errors,
    failure_kind,
    get_store,
    hosts,
    settings,
)

try:
    from django.tasks import Task, TaskContext, TaskResult, TaskResultStatus, task_backends
    from django.tasks.backends.base import BaseTaskBackend
    from django.tasks.base import DEFAULT_TASK_PRIORITY, TaskError
    from django.tasks.exceptions import InvalidTask, InvalidTaskBackend, TaskResultDoesNotExist
    from django.tasks.signals import task_enqueued, task_finished, task_started
    from django.utils.json import normalize_json
except ImportError as exc:
    raise ImproperlyConfigured(
        f"{__name__} needs Django 6.0 or newer, which brings django.tasks; this is Django"
        f" {get_version()}: `pip install 'Django>=6.0'` (Python 3.12 or newer)"
    ) from exc

AFTER_COMMIT = "enqueue_after_commit"
STATUSES = {
    JobStatus.STARTED: TaskResultStatus.RUNNING,
    JobStatus.FINISHED: TaskResultStatus.SUCCESSFUL,
    JobStatus.FAILED: TaskResultStatus.FAILED,
    JobStatus.STOPPED: TaskResultStatus.FAILED,
    JobStatus.CANCELED: TaskResultStatus.FAILED,
}
"""In any other one it waits."""


class Backend(BaseTaskBackend):
    """Enqueues as `frappe.enqueue` does, with the caller's site and user.

    With `"OPTIONS": {"enqueue_after_commit": True}` it does once the open transaction is committed,
    by the outbox where that is on, and never when it is rolled back.
    """

    supports_defer = True
    supports_async_task = True
    supports_get_result = True

    def __init__(self, alias: str, params: dict[str, Any]) -> None:
        super().__init__(alias, params)
        if unknown := sorted(self.options.keys() - {AFTER_COMMIT}):
            raise InvalidTaskBackend(
                f"TASKS[{alias!r}] has OPTIONS that this backend does not know:"
                f" {', '.join(unknown)}. It knows {AFTER_COMMIT}"
            )

    def validate_task(self, task: Any) -> None:
        """Raises InvalidTask."""
        if task.priority != DEFAULT_TASK_PRIORITY:
            raise InvalidTask(
                "Backend does not support setting priority of tasks."
                f" In place of priority={task.priority} give a queue_name: a worker takes from its"
                " queues in their order"
            )
        super().validate_task(task)

    def check(self, **_: Any) -> list[Any]:
        """For `manage.py check`: what would fail at the first task."""
        known = settings.current().queues
        found = [
            f"TASKS[{self.alias!r}] has the queue {queue!r}, which is not configured: there are"
            f" {', '.join(known)}, and what you add as `workers`"
            for queue in sorted(self.queues - known.keys())
        ]
        if not apps.is_installed("frappe_standalone"):
            found.append(f'TASKS[{self.alias!r}] needs "frappe_celery" in INSTALLED_APPS')
        return [checks.Error(text, id="frappe_celery.E001") for text in found]

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        """Have a worker call the task; returns its TaskResult.

        Raises:
            InvalidTask; TypeError: an argument is not JSON.
            CannotTravel, BrokerUnreachable, QueueOverloaded: as `frappe.enqueue`.
        """
        self.validate_task(task)
        if not isinstance(import_string(task.module_path), Task):
            raise InvalidTask(
                f"{task.module_path} is no task where a worker looks for it: let the decorated"
                " function keep its name"
            )
        result = _result(task, secrets.token_hex(16), args, kwargs, self.alias)
        after = task.run_after
        said: dict[str, Any] = {
            "args": result.args,
            "kwargs": result.kwargs,
            "backend": self.alias,
            "run_after": after and after.isoformat(),
            enqueue_shim.ASKED: replace(declared_options(task.func), at=_seconds(after)),
        }
        try:
            job = enqueue_shim.enqueue(
                task.module_path,
                queue=task.queue_name,
                job_id=result.id,
                enqueue_after_commit=bool(self.options.get(AFTER_COMMIT)),
                on_success=succeeded,
                on_failure=failed,
                **said,
            )
        except errors.UnknownQueue as exc:
            raise InvalidTask(str(exc)) from exc
        tell = partial(task_enqueued.send, type(self), task_result=result)
        if job is None:
            hosts.current().after_commit(tell)
        else:
            _set(result, enqueued_at=_time(job.enqueued_at))
            tell()
        return result

    def get_result(self, result_id: str) -> Any:
        """What is recorded of a task that was enqueued on the current site.

        Raises:
            TaskResultDoesNotExist: nothing is, or not any more.
        """
        runs = get_store().runs(enqueue_shim.create_job_id(str(result_id)))
        if not runs:
            raise TaskResultDoesNotExist(result_id)
        first, last = runs[0], runs[-1]
        try:
            task, said = import_string(last.method), last.kwargs
        except ImportError as exc:
            raise TaskResultDoesNotExist(f"{result_id}: {exc}") from exc
        if not isinstance(task, Task) or "backend" not in said:
            raise TaskResultDoesNotExist(f"{result_id} is a job of {last.method}, which is no task")
        after = said["run_after"] and datetime.fromisoformat(said["run_after"])
        starts = [run.started_at for run in runs if run.started_at]
        result = _result(
            task.using(queue_name=last.queue, run_after=after, backend=said["backend"]),
            result_id,
            said["args"],
            said["kwargs"],
            said["backend"],
            status=STATUSES.get(last.status, TaskResultStatus.READY),
            enqueued_at=_time(first.enqueued_at),
            started_at=_time(first.started_at),
            finished_at=_time(last.ended_at),
            last_attempted_at=_time(starts[-1] if starts else None),
            errors=[_error(run.exc_info) for run in runs if run.exc_info],
            worker_ids=[run.worker_name for run in runs if run.worker_name],
        )
        if result.status == TaskResultStatus.SUCCESSFUL:
            _set(result, _return_value=last.result)
        return result

    def run(self, **_: Any) -> Any:
        """In a worker, as the job: call its task."""
        job = current_job()
        assert job is not None
        result = self.get_result(_id(job))
        task_started.send_robust(type(self), task_result=result)
        context: list[Any] = [TaskContext(task_result=result)] if result.task.takes_context else []
        return normalize_json(result.task.call(*context, *result.args, **result.kwargs))


def _result(
    task: Any, result_id: str, args: Any, kwargs: Any, backend: str, **recorded: Any
) -> Any:
    said = {"task": task, "id": result_id, "args": args, "kwargs": kwargs, "backend": backend}
    times = dict.fromkeys(("enqueued_at", "started_at", "finished_at", "last_attempted_at"))
    new = {"status": TaskResultStatus.READY, "errors": [], "worker_ids": []}
    return TaskResult(**{**said, **times, **new, **recorded})


def succeeded(job: Job, _: Any, value: Any) -> None:
    """The job's on_success."""
    _finished(job, status=TaskResultStatus.SUCCESSFUL, _return_value=value)


def failed(job: Job, _: Any, kind: type[BaseException], value: BaseException) -> None:
    """The job's on_failure, also of one whose process died."""
    is_repeated = isinstance(value, Exception) and job.status == JobStatus.STARTED
    if not is_repeated or job.retries_left < 1:
        path = f"{kind.__module__}.{kind.__qualname__}"
        error = TaskError(exception_class_path=path, traceback="".join(format_exception(value)))
        _finished(job, error, status=TaskResultStatus.FAILED)


def _finished(job: Job, *raised: TaskError, **values: Any) -> None:
    """Tell of an end that is not recorded yet; nobody of a task that is not there any more."""
    backend = task_backends[job.kwargs["backend"]]
    with suppress(TaskResultDoesNotExist):
        result = backend.get_result(_id(job))
        if not result.is_finished:
            result.errors.extend(raised)
            _set(result, finished_at=now(), **values)
        task_finished.send_robust(type(backend), task_result=result)


def _id(job: Job) -> str:
    """Of the task's result, the same for all its runs."""
    return job.id.removeprefix(hosts.current().job_id("", job.site))


def _error(text: str) -> TaskError:
    """Of a run's traceback, or of the reason why there is none."""
    name = failure_kind(text).partition(" at ")[0]
    if "." not in name:
        known = next((module for module in (builtins, errors) if hasattr(module, name)), None)
        name = f"{known.__name__}.{name}" if known else "builtins.Exception"
    return TaskError(exception_class_path=name, traceback=text)


def _seconds(time: datetime | None) -> float | None:
    """Since the epoch; a naive time is in Django's time zone."""
    if time is None:
        return None
    return (make_aware(time) if is_naive(time) else time).timestamp()


def _time(time: datetime | None) -> datetime | None:
    """A job's time as Django has it."""
    if time is None:
        return None
    aware = time.replace(tzinfo=timezone.utc)
    return aware if django_settings.USE_TZ else make_naive(aware)


def _set(result: Any, **values: Any) -> None:
    for name, value in values.items():
        object.__setattr__(result, name, value)
