"""Methods of `scheduler_events` as Celery tasks under their own names.

So `celery inspect registered` lists them, stock beat can send them, and a Celery producer with the
bench's key can `app.send_task("myapp.tasks.daily_report")`. Sending one enqueues a signed job.
"""

from __future__ import annotations

from typing import Any

from celery import Celery

from frappe_celery.config import settings
from frappe_celery.errors import Refused
from frappe_celery.jobs import hosts
from frappe_celery.jobs.hosts import ScheduleRow
from frappe_celery.jobs.publish import STRATEGY
from frappe_celery.worker.task import BaseTask, RunJob


class ScheduledMethod(BaseTask):
    """A method without arguments, run as the schedule runs it: as Administrator, no overlap."""

    ignore_result = True
    Strategy = STRATEGY  # which refuses what nobody signed
    row: ScheduleRow

    def apply_async(self, *_: Any, **__: Any) -> Any:
        """Enqueue it as a job now; returns the Job, None while one waits or runs."""
        from frappe_celery.schedule.fire import enqueue_scheduled
        from frappe_celery.schedule.sync import fill_once, live_row

        fill_once(self.row.site)
        return enqueue_scheduled(live_row(self.row) if hosts.is_bench() else self.row)

    def run(self) -> None:
        """A message under this name did not come from `apply_async`, so nobody signed it."""
        raise Refused(
            f"a message named {self.name} carries no signature: send it with this package's app,"
            f" frappe_celery.app.send_task({self.name!r}), which has the bench's key"
        )


class FrappeCelery(Celery):
    """The app behind `celery -A frappe_celery`; a scheduled method that it sends is a job."""

    def send_task(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Like Celery's; a scheduled method becomes a job."""
        task = self.tasks.get(name)
        if isinstance(task, ScheduledMethod):
            return task.apply_async()
        return super().send_task(name, *args, **kwargs)


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
