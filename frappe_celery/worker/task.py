"""Celery's tasks of ours: the one that runs what a worker has claimed, and methods of hooks.

A message of them from a queue is refused: what waits there are runs.

Methods of `scheduler_events` are tasks under their own names, so that `celery inspect registered`
lists them, Celery's schedulers can send them, and they take part in canvas. What they are asked for
becomes a signed job of the method, each time: only the schedule keeps a second one out.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from celery import Celery, Task
from celery.exceptions import Ignore

from frappe_celery import canvas
from frappe_celery.brokers.taker import Taken
from frappe_celery.config import settings
from frappe_celery.errors import NotRun, Refused
from frappe_celery.jobs import get_store, hosts, unsigned
from frappe_celery.jobs.hosts import ADMINISTRATOR, ScheduleRow
from frappe_celery.jobs.message import JobMessage
from frappe_celery.jobs.queue.publish import STRATEGY
from frappe_celery.schedule.events import read_hooks
from frappe_celery.schedule.fire import enqueue_scheduled
from frappe_celery.schedule.sync import fill_once, live_row
from frappe_celery.watch.telemetry import TaskName
from frappe_celery.worker.broker_retry import retry_while_unreachable
from frappe_celery.worker.perform import perform, run_claimed

logger = logging.getLogger(__name__)

TAKEN = "taken"
"""Property of a request whose run its process has claimed: an `InHand`."""


@dataclass
class InHand:
    """A run that this process has claimed."""

    message: JobMessage
    taken: Taken
    held: tuple[str, str]
    """By which consumer, and under which tag."""
    succeeded: bool = False
    result: Any = None


class RunJob(Task):  # type: ignore[type-arg]  # which it lacks at run time
    """Runs a Frappe method, as the signed message says."""

    name = TaskName()
    ignore_result = True
    Strategy = STRATEGY

    def run(self, sealed: str = "") -> Any:
        """Run what was claimed (`job_runner`), else what `sealed` says, eagerly; the result is
        recorded in the store, whatever Celery does of it."""
        in_hand = (self.request.properties or {}).get(TAKEN)
        worker = str(self.request.hostname)
        try:
            if not isinstance(in_hand, InHand):
                return perform(sealed.encode(), worker)
            taken = in_hand.taken
            in_hand.result = run_claimed(
                in_hand.message, taken.sealed, worker, taken.looks, in_hand.held
            )
            in_hand.succeeded = True
            return in_hand.result
        except NotRun as exc:
            logger.info("%s", exc)
            raise Ignore() from exc
        except Refused as exc:
            logger.error("refused %s: %s", self.request.id, exc)
            retry_while_unreachable(get_store().refuse, "", str(self.request.id), str(exc))
            raise Ignore() from exc


class ScheduledMethod(Task):  # type: ignore[type-arg]
    """A method of a site's hooks, which runs as Administrator there."""

    Strategy = STRATEGY  # which refuses what nobody signed
    row: ScheduleRow

    def signature(
        self,
        args: Any = None,
        kwargs: Any = None,
        options: Any = None,
        immutable: bool = False,
        **more: Any,
    ) -> canvas.MethodSignature:
        """Celery's, signed (see `canvas`); `s`, `si` and `delay` are made of it."""
        row, both = self.row, {**(options or {}), **more}
        made = canvas.signature(
            row.method,
            args or (),
            kwargs,
            immutable=immutable,
            queue=row.queue,
            whose=(row.site, ADMINISTRATOR),
            app=both.pop("app", self.app),
        )
        made.options.update(both)
        return made

    def apply_async(self, args: Any = None, kwargs: Any = None, *_: Any, **options: Any) -> Any:
        """As any task's. `as_scheduled` (entries of `beat_schedule()`): with Frappe's log, and not
        while a run waits or runs.

        Raises:
            Refused: a message asks for it that nobody signed.
        """
        self._check_who_asks()
        if not options.pop("as_scheduled", False):
            return self.signature(args, kwargs).apply_async(**options)
        fill_once(self.row.site)
        return enqueue_scheduled(live_row(self.row) if hosts.is_bench() else self.row)

    def apply(  # type: ignore[override]
        self, args: Any = None, kwargs: Any = None, **options: Any
    ) -> Any:
        """Here and now. Raises as `apply_async`."""
        self._check_who_asks()
        return self.signature(args, kwargs).apply(**options)

    def _check_who_asks(self) -> None:
        if unsigned.is_for_others():
            raise Refused(
                f"{self.name} follows a task that nobody signed, and is not signed itself: make it"
                f" with frappe_celery.signature({self.name!r}) or with the task's own s() and si()"
            )

    def run(self, *_: Any, **__: Any) -> None:
        """A message under this name did not come from `apply_async`, so nobody signed it."""
        raise Refused(
            f"{self.name} runs as a job: call the function itself, or {self.name}.delay(), with"
            " this package's app, which has the bench's key"
        )


def register(sender: Celery, **_: Any) -> None:
    """Register our task, and every method that the sites' hooks name."""
    sender.register_task(RunJob())
    for site, apps in hosts.current().task_hooks().items():
        for row in read_hooks(apps, settings.current(), site)[0]:
            if row.method not in sender.tasks:
                task = type(row.method, (ScheduledMethod,), {"name": row.method, "row": row})
                sender.register_task(task())


def job_strategy(task: Any, app: Any, consumer: Any) -> Any:
    """What the worker's parent does with a message of such a task's name: refuse it."""

    def on_message(message: Any, body: Any, ack: Any, reject: Any, callbacks: Any) -> None:
        queue, run = message.delivery_info.get("routing_key", ""), str(message.headers.get("id"))
        reason = f"{task.name} runs as a job: nobody signed this one (see docs/security.md)"
        logger.error("refused a message from queue %s: %s", queue, reason)
        get_store().refuse(queue, run, reason, None)
        ack(logger, consumer.connection_errors)

    return on_message
