"""Methods of `scheduler_events` as Celery tasks under their own names.

So `celery inspect registered` lists them, Celery's schedulers can send them, and they take part in
canvas. What they are asked for becomes a signed job of the method, each time: only the schedule
keeps a second one out.
"""

from __future__ import annotations

from typing import Any

from celery import Celery

from frappe_celery import canvas
from frappe_celery.config import settings
from frappe_celery.errors import Refused
from frappe_celery.jobs import hosts, unsigned
from frappe_celery.jobs.hosts import ScheduleRow
from frappe_celery.jobs.queue.publish import STRATEGY
from frappe_celery.schedule.fire import ADMINISTRATOR
from frappe_celery.worker.task import BaseTask, RunJob


class ScheduledMethod(BaseTask):
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
        app = both.pop("app", self.app)
        about = (row.method, args or (), kwargs or {}, immutable, row.site, ADMINISTRATOR)
        return canvas.signed(*about, row.queue, None, both, app)

    def apply_async(self, args: Any = None, kwargs: Any = None, *_: Any, **options: Any) -> Any:
        """As any task's. `as_scheduled` (entries of `beat_schedule()`): with Frappe's log, and not
        while a run waits or runs.

        Raises:
            Refused: a message asks for it that nobody signed.
        """
        self._check_who_asks()
        if not options.pop("as_scheduled", False):
            return self.signature(args, kwargs).apply_async(**options)
        from frappe_celery.schedule.fire import enqueue_scheduled
        from frappe_celery.schedule.sync import fill_once, live_row

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


class FrappeCelery(Celery):
    """The app behind `celery -A frappe_celery`; a scheduled method that it sends is a job."""

    control_cls = "frappe_celery.worker.signed_control:Control"

    def send_task(self, name: str, *args: Any, **options: Any) -> Any:
        """Like Celery's; a scheduled method becomes a job."""
        task = self.tasks.get(name)
        if isinstance(task, ScheduledMethod):
            return task.apply_async(*args, **options)
        return super().send_task(name, *args, **options)


def register(sender: Celery, **_: Any) -> None:
    """Register our task, and every method that the sites' hooks name."""
    sender.register_task(RunJob())
    for row in _rows_of_hooks():
        if row.method not in sender.tasks:
            task = type(row.method, (ScheduledMethod,), {"name": row.method, "row": row})
            sender.register_task(task())


def _rows_of_hooks() -> list[ScheduleRow]:
    from frappe_celery.schedule.events import read_hooks

    config, by_site = settings.current(), hosts.current().task_hooks()
    return [row for site, apps in by_site.items() for row in read_hooks(apps, config, site)[0]]
