"""A scheduler of a test's own: rows in memory, a clock that the test sets, a real Redis."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, cast

import pytest

from frappe_celery.beat_schedule import Scheduler
from frappe_celery.celery_app import build
from frappe_celery.config import settings
from frappe_celery.jobs import Job, JobStore, get_store
from frappe_celery.jobs.hosts import Host
from frappe_celery.schedule.leadership import SchedulerLease
from frappe_celery.schedule.reader import Reader
from tests.project import Project
from tests.unit.schedule.memory_host import MemoryHost, row, utc


class SteppedScheduler(Scheduler):
    """Reads the rows at each of its turns, and not in a thread."""

    def _hear(self) -> bool:
        assert self.reader is not None
        self.reader.poll()
        return super()._hear()


class Bench:
    """Schedulers on one set of rows, and the jobs that they enqueue."""

    def __init__(self, project: Project) -> None:
        project.configure(time_zone="UTC")
        self.project = project
        self.host = MemoryHost()
        self.now = utc("2026-06-01 00:00")
        self.schedulers: list[Scheduler] = []

    @property
    def store(self) -> JobStore:
        return get_store()

    def scheduler(self, lease_seconds: float | None = None, **options: Any) -> Scheduler:
        options = {"clock": lambda: self.now, **options}
        scheduler = SteppedScheduler(
            options.pop("app", None) or build(settings.current()),
            host=cast(Host, self.host),
            **options,
        )
        if lease_seconds is not None:
            scheduler.lease = SchedulerLease(self.store, seconds=lease_seconds)
        self.schedulers.append(scheduler)
        return scheduler

    def add(self, method: str, expression: str, **values: Any) -> None:
        """A row that was made at the start and never ran."""
        entry = row(method, cron_format=expression, **{"creation": self.now, **values})
        self.host.rows[entry.site, entry.name] = entry

    def at(self, time: str | datetime, scheduler: Scheduler | None = None) -> list[str]:
        """Let it be that time and the scheduler (the first one) act; the methods it enqueued."""
        self.now = utc(time) if isinstance(time, str) else time
        before = {job.run_id for job in self.jobs()}
        scheduler = scheduler or self.schedulers[0]
        while scheduler.tick() == 0:
            pass
        return [job.job_name for job in self.jobs() if job.run_id not in before]

    def jobs(self) -> list[Job]:
        """Oldest first."""
        return self.store.page(length=1000)[::-1]

    def run(self, job: Job, at: str | None = None) -> None:
        """What a worker does with a scheduled job, at that time: start, last_execution, finish."""
        self.store.start(job.run_id, "test")
        named = next(row.name for row in self.host.rows.values() if row.method == job.job_name)
        self.host.change(named, job.site, last_execution=utc(at) if at else self.now)
        self.store.finish(job.run_id, None)


@pytest.fixture
def bench(project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setattr(Reader, "start", lambda reader: None)
    bench = Bench(project)
    yield bench
    for scheduler in bench.schedulers:
        scheduler.close()
