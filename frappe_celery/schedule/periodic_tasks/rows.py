"""The enabled PeriodicTask rows, read in a thread when they changed; runs are written back there.

So a database that is slow or away never holds the scheduler up.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from celery import Celery
from celery.utils.functional import chunks
from django.db import close_old_connections, connections, transaction
from django.db.models import Q
from django_celery_beat.models import PeriodicTask, PeriodicTasks
from django_celery_beat.schedulers import ModelEntry

logger = logging.getLogger(__name__)

POLL_SECONDS = 2.0
SWEEP_SECONDS = 30.0
"""Rows are compared that often though django-celery-beat noted no change: a QuerySet's `update`
notes none."""
ROWS_AT_ONCE = 100
NOT_COMPARED = ("description", "date_changed", "total_run_count")
SCHEDULES = ("interval", "crontab", "solar", "clocked")


@dataclass(frozen=True)
class Read:
    """Rows that are other than they were."""

    at: datetime
    """The time just before they were read, with a time zone."""
    entries: list[ModelEntry] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)
    """Keys of rows that are gone or not enabled any more."""


class Rows:
    """One leading scheduler's view of the rows.

    Args:
        own: `app.conf.beat_schedule`, which django-celery-beat keeps as rows too.
        deliver: called with what changed.
        written: called with the keys and runs that stand in the database now; a run is JSON of when
            it was, as django-celery-beat tells the time, and of its number.
    """

    def __init__(
        self,
        app: Celery,
        own: Mapping[str, Mapping[str, Any]],
        deliver: Callable[[Read], Any],
        written: Callable[[Mapping[int, str]], Any],
    ) -> None:
        self.app, self.own, self.deliver, self.written = app, own, deliver, written
        self._known: dict[int, int] = {}
        self._change: datetime | None = None
        self._compare_at = 0.0
        self._ran: deque[tuple[int, str]] = deque()
        self._unwritten: dict[int, str] = {}
        self._wake = threading.Event()
        self._stopped = False
        self._trouble = ""
        self._thread = threading.Thread(target=self._work, name="periodic tasks", daemon=True)

    def start(self) -> None:
        """Read and write in a thread until `stop`."""
        self._thread.start()

    def stop(self) -> None:
        """Write what is left to be written, and deliver nothing any more."""
        self._stopped = True
        self._wake.set()
        self._thread.join(POLL_SECONDS)

    def ran(self, key: int, run: str) -> None:
        """Have a run written back soon."""
        self._ran.append((key, run))
        self._wake.set()

    def _work(self) -> None:
        while True:
            last = self._stopped  # looked at first: what ran before the end is still written
            try:
                close_old_connections()
                self._store_own()
                self._turn()
                self._note("")
            except Exception as exc:
                self._note(f"{type(exc).__name__}: {exc}")
            if last:
                connections.close_all()
                return
            self._wake.wait(POLL_SECONDS)
            self._wake.clear()

    def _turn(self) -> None:
        at = datetime.now(timezone.utc)  # what was sent before is written before the rows are read
        self._write()
        if not self._stopped:
            self._read(at)

    def _note(self, trouble: str) -> None:
        if trouble and trouble != self._trouble:
            logger.error(
                "the PeriodicTask rows cannot be read or written (%s). The known ones go on; it is"
                " tried again by itself", trouble,
            )  # fmt: skip
        elif self._trouble and not trouble:
            logger.info("the PeriodicTask rows can be read again")
        self._trouble = trouble

    def _store_own(self) -> None:
        for name, values in self.own.items():
            try:
                ModelEntry.from_entry(name, app=self.app, **values)
            except (TypeError, ValueError) as exc:
                logger.error("beat_schedule: %s cannot be kept as a PeriodicTask: %s", name, exc)
        self.own = {}  # they are rows now

    # -- reading

    def _read(self, at: datetime) -> None:
        change = PeriodicTasks.last_change()
        if change == self._change and time.monotonic() < self._compare_at:
            return
        rows = self._contents()
        changed = [key for key, held in rows.items() if self._known.get(key) != held]
        removed = [key for key in self._known if key not in rows]
        if removed:
            self.deliver(Read(at, removed=removed))
        for some in chunks(iter(changed), ROWS_AT_ONCE):
            self.deliver(Read(at, list(self._entries(some))))
        self._known, self._change = rows, change
        self._compare_at = time.monotonic() + SWEEP_SECONDS

    @staticmethod
    def _contents() -> dict[int, int]:
        """Of each row a number that is another one once the row or its schedule is."""
        columns = [
            column.attname
            for column in PeriodicTask._meta.concrete_fields
            if column.name not in NOT_COMPARED
        ]
        for name in SCHEDULES:
            schedule = PeriodicTask._meta.get_field(name).related_model._meta.concrete_fields
            columns += [f"{name}__{column.name}" for column in schedule]
        rows = PeriodicTask.objects.filter(enabled=True).order_by().values_list("pk", *columns)
        return {row[0]: hash(row) for row in rows.iterator()}

    def _entries(self, keys: list[int]) -> Iterator[ModelEntry]:
        rows = PeriodicTask.objects.filter(pk__in=keys, enabled=True).select_related(*SCHEDULES)
        for row in rows:
            try:
                yield ModelEntry(row, app=self.app)
            except Exception as exc:
                logger.error(
                    "PeriodicTask %s is not scheduled: %s: %s", row.name, type(exc).__name__, exc
                )

    # -- writing

    def _write(self) -> None:
        while self._ran:
            key, run = self._ran.popleft()
            self._unwritten[key] = run
        if not self._unwritten:
            return
        with transaction.atomic():
            for key, run in self._unwritten.items():  # no signal: nothing but the run changed
                at, number = json.loads(run)
                # one that stood still must not undo what its successor wrote
                before = Q(last_run_at=None) | Q(last_run_at__lt=datetime.fromisoformat(at))
                row = PeriodicTask.objects.filter(before, pk=key, enabled=True)
                row.update(last_run_at=datetime.fromisoformat(at), total_run_count=number)
        written, self._unwritten = self._unwritten, {}
        self.written(written)
