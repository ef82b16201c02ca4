"""`DatabaseScheduler`: our scheduler, and the PeriodicTask rows as django-celery-beat runs them."""

from __future__ import annotations

import json
import logging
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from celery import beat as celery_beat

from frappe_celery.errors import BrokerUnreachable, ConfigError
from frappe_celery.jobs import get_store, hosts
from frappe_celery.jobs.record.due_claim import Deposed
from frappe_celery.schedule.agenda import Order, Place
from frappe_celery.schedule.scheduler import ENTRIES_A_TICK, TICK_SECONDS, Scheduler

if TYPE_CHECKING:
    from django_celery_beat.schedulers import ModelEntry

    from frappe_celery.schedule.periodic_tasks.rows import Read, Rows

logger = logging.getLogger(__name__)

APP = "django_celery_beat"
FIELDS = ("task", "schedule", "args", "kwargs", "options")
"""Of an entry, which a row of its own has."""
SOONEST_SECONDS, LATEST_SECONDS = 0.01, 3600.0
"""When an entry that is not due is asked again, at the soonest and at the latest."""


@dataclass(eq=False)
class Asked(Place):
    """A row, by its key; it is asked whether it is due at `due`, in seconds since the epoch."""

    entry: ModelEntry
    sent: datetime | None = None
    """When this scheduler had last sent its task and told the rows."""


class DatabaseScheduler(Scheduler):
    """Celery's and django-celery-beat's semantics for PeriodicTask rows, Frappe's for ours.

    A run is noted in Redis under the leader's fence before its task is sent, and in the row soon
    after: a scheduler that takes over sends no task again, and one that stood still none at all.

    Raises:
        ConfigError: django_celery_beat is not in INSTALLED_APPS.
    """

    rows: Rows | None = None
    _own: dict[str, Any]

    @property
    def info(self) -> str:
        return f"{super().info}\n    . periodic tasks -> django-celery-beat's PeriodicTask rows"

    def setup_schedule(self) -> None:
        """The app's own entries, which become rows as with django-celery-beat's scheduler."""
        hosts.current().load_django()
        from django.apps import apps

        if not apps.is_installed(APP):
            raise ConfigError(
                f"{type(self).__name__} needs {APP!r} in INSTALLED_APPS, and `manage.py migrate`"
            )
        super().setup_schedule()
        self._own = {
            name: {field: getattr(entry, field) for field in FIELDS}
            for name, entry in self.schedule.items()
        }
        self.schedule.clear()

    # -- who leads

    def _take_the_lead(self) -> None:
        from frappe_celery.schedule.periodic_tasks.rows import Rows

        kept = get_store().client.hgetall(get_store().keys.row_runs)
        super()._take_the_lead()
        self.rows = Rows(self.app, self._own, self._read.append, self._written)
        for key, run in kept.items():  # sent by the leader before, and not written back
            self.rows.ran(int(key), run.decode())
        self.rows.start()

    def _step_down(self) -> None:
        super()._step_down()
        if self.rows is not None:
            self.rows.stop()
            self.rows = None
        self._read: deque[Read] = deque()
        self._places = Order[Asked]()

    # -- one turn

    def _tick_own(self) -> float:
        """Hear of changed rows, send what is due; the seconds until the next turn."""
        if self._read:
            self._apply_rows(self._read.popleft())
        for _ in range(ENTRIES_A_TICK):
            place = self._places.first()
            wait = TICK_SECONDS if place is None else place.due - time.time()
            if place is None or wait > 0:
                return 0.0 if self._read else wait
            due = self._ask(place)  # it keeps its place if its task cannot be sent
            self._places.add(replace(place, due=due))
        return 0.0

    def _apply_rows(self, read: Read) -> None:
        for key in read.removed:
            self._places.remove(key)
        for entry in read.entries:
            key = entry.model.pk
            known, place = self._places.get(key), Asked((key,), time.time(), entry)
            if known is not None and known.sent is not None and known.sent >= read.at:
                _set_run(entry, known.entry.last_run_at, known.entry.total_run_count)
                place.sent = known.sent
            self._places.add(place)

    def _ask(self, place: Asked) -> float:
        """Send an entry's task if it is due; when it is asked again."""
        entry = place.entry
        try:
            is_due, seconds = entry.is_due()
        except Exception:
            logger.exception("PeriodicTask %s cannot be asked whether it is due", entry.name)
            return time.time() + LATEST_SECONDS
        if is_due:
            self._send(place)
            if entry.model.one_off:  # it switches itself off when it is asked again
                seconds = 0.0
        return time.time() + float(min(max(seconds, SOONEST_SECONDS), LATEST_SECONDS))

    # -- runs

    def _send(self, place: Asked) -> None:
        entry, key = place.entry, place.entry.model.pk
        at, number = entry._default_now(), entry.total_run_count + 1
        run, keys = json.dumps([at.isoformat(), number]), get_store().keys
        claimed = (keys.lease, keys.row_runs), self.lease.fence, key, run
        if not get_store().run_script("claim_run", *claimed):
            raise Deposed(entry.name)
        _set_run(entry, at, number)
        celery_beat.Scheduler.apply_entry(self, entry, producer=self.producer)
        if self.rows is not None:
            self.rows.ran(key, run)
        place.sent = datetime.now(timezone.utc)  # a read that began before may not know of it

    def _written(self, runs: Mapping[int, str]) -> None:
        words = [word for pair in runs.items() for word in pair]
        with suppress(BrokerUnreachable):  # known to the next leader then, who writes them again
            get_store().run_script("runs_written", (get_store().keys.row_runs,), *words)


def _set_run(entry: ModelEntry, at: datetime, number: int) -> None:
    entry.model.last_run_at = entry.last_run_at = at
    entry.model.total_run_count = entry.total_run_count = number
