"""The schedule for stock Celery: `beat_schedule()`, and the class that its times come from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from celery.schedules import BaseSchedule, schedstate

from frappe_celery.config import settings
from frappe_celery.jobs import hosts
from frappe_celery.jobs.hosts import ScheduleRow
from frappe_celery.schedule.cron import Cron, CronError
from frappe_celery.schedule.events import read_hooks
from frappe_celery.schedule.timing import Timing, next_start

NEVER = datetime.max.replace(tzinfo=timezone.utc)


class CronSchedule(BaseSchedule):
    """When an entry of Frappe's is due, for any Celery scheduler.

    Args:
        expression: croniter's expression.
        zone: IANA name.
        frequency, site, key, delays_long: what its spread comes from, see `timing.next_start`.
        nowfun: the time now, aware.
    """

    def __init__(
        self,
        expression: str,
        zone: str,
        frequency: str = "Cron",
        site: str = "",
        key: str = "",
        delays_long: bool = False,
        nowfun: Callable[[], datetime] | None = None,
    ) -> None:
        self.arguments = (expression, zone, frequency, site, key, delays_long)
        self.cron = Cron(expression, zone)
        super().__init__(nowfun=nowfun)

    def remaining_estimate(self, last_run_at: datetime) -> timedelta:
        """How long until it is due, negative once it is; for ever where its last year is over."""
        return self._next(last_run_at) - self.now()

    def is_due(self, last_run_at: datetime) -> Any:
        """Whether it is due, and the seconds until it is due the next time."""
        now = self.now()
        due = self._next(last_run_at)
        if due > now:
            return schedstate(False, (due - now).total_seconds())
        return schedstate(True, (self._next(now) - now).total_seconds())

    def _next(self, after: datetime) -> datetime:
        try:
            return next_start(self.cron, self.maybe_make_aware(after), *self.arguments[2:])
        except CronError:
            return NEVER

    def __repr__(self) -> str:
        return f"<cron: {self.arguments[0]} ({self.arguments[1]})>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CronSchedule) and other.arguments == self.arguments

    def __hash__(self) -> int:
        return hash(self.arguments)

    def __reduce__(self) -> Any:
        return type(self), self.arguments


def beat_schedule(site: str | None = None) -> dict[str, dict[str, Any]]:
    """The hooks' schedule of a site as a dictionary for `app.conf.beat_schedule`.

    Its tasks are the methods, registered by `frappe_celery.setup(app)`. Any scheduler of Celery
    can run it; ours leaves these entries out, since it runs the rows.

    Raises:
        ConfigError: the site's configuration is broken. (A broken hook is left out.)
    """
    config = settings.current()
    site = site or config.site
    timing = Timing.of(config, site)
    rows, _ = read_hooks(hosts.current().app_hooks(site), config, site)
    return {f"{site}:{row.name}": _entry(row, timing) for row in rows}


def _entry(row: ScheduleRow, timing: Timing) -> dict[str, Any]:
    spread = row.frequency, row.site, row.name, timing.delays_long
    return {
        "task": row.method,
        "schedule": CronSchedule(timing.expression(row), timing.zone, *spread),
        "options": {"queue": row.queue, "as_scheduled": True},
    }
