"""The four schedulers: how each gets its entries, and how some of them become due.

A side is imported in a process of its own, in the folder that `prepare` filled.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from benchmarks.sides.base import redis_url

ENTRIES = 100_000
SITES = 1000
ROWS = 10_000
"""PeriodicTask rows."""

KINDS = 5


class Frappe:
    """frappe_celery: a thousand sites with a hundred Scheduled Job Type rows each."""

    title = "frappe_celery, 100,000 Scheduled Job Type rows of 1,000 sites"
    others = "celery"
    due = 2000

    def prepare(self) -> None:
        """Sites, hooks and rows."""
        each = ENTRIES // SITES
        cron: dict[str, list[str]] = {}
        for n in range(each):
            cron.setdefault(_cron(n), []).append(f"many.tasks.t{n}")
        _write("many/__init__.py", "")
        _write("many/hooks.py", f"scheduler_events = {{'cron': {cron!r}}}")
        _write("sites/apps.txt", "many\n")
        for n in range(SITES):
            _write(f"sites/site{n:04}/site_config.json", "{}")
        _setup_django()
        from frappe_standalone.models import ScheduledJobType

        now = datetime.now(timezone.utc)
        about = {"frequency": "Cron", "last_execution": now, "creation": now, "modified": now}
        for site in range(SITES):
            _insert(
                ScheduledJobType,
                [
                    ScheduledJobType(
                        name=f"tasks.t{n}", method=f"many.tasks.t{n}", cron_format=_cron(n), **about
                    )
                    for n in range(each)
                ],
                f"site{site:04}",
            )

    def start(self) -> Any:
        """The scheduler, with all entries in their order."""
        from frappe_celery.beat_schedule import Scheduler
        from frappe_celery.celery_app import build
        from frappe_celery.config import settings

        self.ahead = timedelta()
        app = build(settings.current())
        scheduler = Scheduler(app, clock=lambda: datetime.now(timezone.utc) + self.ahead)
        _turn_until(scheduler, lambda: len(scheduler.agenda) == ENTRIES)
        return scheduler

    def fire(self, scheduler: Any) -> float:
        """Seconds that an entry takes when many are due."""
        from frappe_celery.jobs import get_store

        store = get_store()
        self.ahead = timedelta(days=1)
        before, began = store.client.llen(store.keys.acted), time.perf_counter()
        while (fired := store.client.llen(store.keys.acted) - before) < self.due:
            scheduler.tick()
        return (time.perf_counter() - began) / fired


class Celery:
    """Celery's own scheduler, with the same expressions in `beat_schedule`."""

    title = "Celery's PersistentScheduler, 100,000 entries of beat_schedule"
    others = None
    due = 10

    def prepare(self) -> None:
        """Nothing: the entries stand in the configuration."""

    def start(self) -> Any:
        """The scheduler, after its first turn."""
        from celery import Celery, schedules
        from celery.beat import PersistentScheduler

        app = Celery("benchmark", broker=redis_url(), set_as_current=False)
        app.conf.beat_schedule = {
            f"site{n // 100:04}:tasks.t{n % 100}": {
                "task": f"many.tasks.t{n % 100}",
                "schedule": schedules.crontab(*_cron(n).split()),
            }
            for n in range(ENTRIES)
        }
        scheduler = PersistentScheduler(app, schedule_filename="beat-schedule")
        scheduler.tick()
        return scheduler

    def fire(self, scheduler: Any) -> float:
        """As above; setting the entries back and sorting them anew is not counted."""
        return _fire_stock(scheduler, self.due)


class FrappeRows:
    """frappe_celery's DatabaseScheduler on PeriodicTask rows."""

    title = "frappe_celery, 10,000 PeriodicTask rows"
    others = "django_celery_beat"
    due = 200

    def prepare(self) -> None:
        """A Django project with the rows."""
        _write("sites/only/site_config.json", "{}")
        _prepare_rows()

    def start(self) -> Any:
        """The scheduler, with all entries in their order."""
        from frappe_celery.beat_schedule import DatabaseScheduler
        from frappe_celery.celery_app import build
        from frappe_celery.config import settings

        scheduler = DatabaseScheduler(build(settings.current()))
        _turn_until(scheduler, lambda: len(scheduler._places) == ROWS and not scheduler._read)
        while scheduler.tick() == 0:
            pass
        return scheduler

    def fire(self, scheduler: Any) -> float:
        """As above."""
        places = list(scheduler._places.values())[: self.due]
        for place in places:
            _set_back(place.entry)
            scheduler._put(place, 0.0)
        began = time.perf_counter()
        while not all(place.sent for place in places):
            scheduler.tick()
        return (time.perf_counter() - began) / self.due


class DjangoCeleryBeat:
    """django-celery-beat's own scheduler on the same rows."""

    title = "django-celery-beat's DatabaseScheduler, 10,000 PeriodicTask rows"
    others = None
    due = 20

    def prepare(self) -> None:
        """A Django project with the rows."""
        _prepare_rows()

    def start(self) -> Any:
        """The scheduler, after its first turn."""
        _setup_django()
        from celery import Celery
        from django_celery_beat.schedulers import DatabaseScheduler

        app = Celery("benchmark", broker=redis_url())
        scheduler = DatabaseScheduler(app)
        scheduler.tick()
        return scheduler

    def fire(self, scheduler: Any) -> float:
        """As above; setting the entries back and sorting them anew is not counted."""
        return _fire_stock(scheduler, self.due)


SIDES: dict[str, Any] = {
    "frappe_celery": Frappe(),
    "celery": Celery(),
    "frappe_celery_rows": FrappeRows(),
    "django_celery_beat": DjangoCeleryBeat(),
}


def _cron(n: int) -> str:
    """Daily, some hours from now, so that none is due before it is made to be; UTC."""
    kind = n % KINDS
    return f"{7 * kind} {(datetime.now(timezone.utc).hour + 4 + 3 * kind) % 24} * * *"


def _write(path: str, text: str) -> None:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def _setup_django() -> None:
    from frappe_standalone.database import django_setup

    django_setup.connection("")


def _insert(model: Any, rows: list[Any], site: str = "") -> None:
    from django.db import transaction

    from frappe_standalone.database import django_setup

    database = django_setup.connection(site).alias
    with transaction.atomic(using=database):
        model.objects.using(database).bulk_create(rows, batch_size=900)


def _prepare_rows() -> None:
    _setup_django()
    from django.core.management import call_command
    from django_celery_beat.models import IntervalSchedule, PeriodicTask

    call_command("migrate", verbosity=0)
    hours = [IntervalSchedule.objects.create(every=n, period="hours") for n in range(12, 36)]
    now = datetime.now(timezone.utc)
    _insert(
        PeriodicTask,
        [
            PeriodicTask(
                name=f"row {n}", task=f"many.tasks.t{n}", interval=hours[n % 24], last_run_at=now
            )
            for n in range(ROWS)
        ],
    )


def _turn_until(scheduler: Any, is_ready: Callable[[], bool]) -> None:
    while not is_ready():
        if scheduler.tick() > 0:
            time.sleep(0.005)


def _fire_stock(scheduler: Any, number: int) -> float:
    sent: list[str] = []
    send = scheduler.apply_async
    scheduler.apply_async = lambda entry, **how: sent.append(entry.name) or send(entry, **how)
    for entry in list(scheduler.schedule.values())[:number]:
        _set_back(entry)
    scheduler.populate_heap()
    began = time.perf_counter()
    while len(sent) < number:
        scheduler.tick()
    return (time.perf_counter() - began) / number


def _set_back(entry: Any) -> None:
    entry.last_run_at -= timedelta(days=40)
