"""The schedule for stock Celery: due times, pickling, and what `beat_schedule` gives."""

from __future__ import annotations

import pickle
from datetime import datetime
from typing import Any

import pytest

from frappe_celery.beat_schedule import beat_schedule
from frappe_celery.config.settings import Settings, use
from frappe_celery.jobs import hosts
from frappe_celery.schedule.celery_schedule import CronSchedule
from frappe_celery.schedule.timing import Timing
from tests.unit.schedule.memory_host import SITE, MemoryHost, row, utc


def at(now: datetime) -> CronSchedule:
    return CronSchedule("0 9 * * *", "Europe/Amsterdam", nowfun=lambda: now)


def test_due_once_its_time_is_past_and_when_the_next_one_is() -> None:
    before = at(utc("2026-06-01 06:59:30"))
    yesterday = utc("2026-05-31 07:00")
    assert before.is_due(yesterday) == (False, 30.0)
    assert before.remaining_estimate(yesterday).total_seconds() == 30
    after = at(utc("2026-06-01 08:00"))
    assert after.is_due(yesterday) == (True, 23 * 3600)
    assert after.is_due(utc("2026-06-01 07:00")) == (False, 23 * 3600)


def test_whose_last_year_is_over_is_due_once_more_and_then_never() -> None:
    once = CronSchedule("0 0 1 1 * 0 2027", "UTC", nowfun=lambda: utc("2027-01-01 00:00:01"))
    assert once.is_due(utc("2026-12-31")).is_due
    assert not once.is_due(utc("2027-01-01 00:00:01")).is_due
    assert once.remaining_estimate(utc("2027-01-01 00:00:01")).total_seconds() > 0


def test_a_naive_last_run_is_utc_as_celery_keeps_it() -> None:
    assert at(utc("2026-06-01 06:59:30")).is_due(datetime(2026, 5, 31, 7, 0)) == (False, 30.0)


def test_it_survives_the_file_of_celerys_persistent_scheduler() -> None:
    one = CronSchedule("0 0 * * *", "Asia/Kolkata", "Daily Long", SITE, "tasks.report", True)
    again = pickle.loads(pickle.dumps(one))
    assert again == one
    assert hash(again) == hash(one)
    one.nowfun = again.nowfun = lambda: utc("2026-06-01 12:00")
    assert again.is_due(utc("2026-06-01 12:00")) == one.is_due(utc("2026-06-01 12:00"))
    assert one != CronSchedule("0 0 * * *", "Asia/Tokyo", "Daily Long", SITE, "tasks.report", True)
    assert repr(one) == "<cron: 0 0 * * * (Asia/Kolkata)>"


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch) -> Any:
    host = MemoryHost(
        {
            "all": "myapp.tasks.tick",
            "daily_long": ["myapp.tasks.report"],
            "cron": {"0 9 * * 1-5": ["myapp.tasks.nine"], "61 * * * *": ["myapp.tasks.broken"]},
        }
    )
    monkeypatch.setattr(hosts, "current", lambda: host)
    config = Settings(time_zone="Europe/Amsterdam", default_site=SITE, frappe_version=15)
    use(config)
    yield config
    use(None)


def test_the_dictionary_has_task_schedule_and_queue_of_every_entry(config: Settings) -> None:
    entries = beat_schedule()
    shown = {n: (e["task"], e["options"], e["schedule"].arguments[0]) for n, e in entries.items()}
    assert shown == {
        f"{SITE}:tasks.tick": (
            "myapp.tasks.tick",
            {"queue": "default", "as_scheduled": True},
            "*/1 * * * *",
        ),
        f"{SITE}:tasks.report": (
            "myapp.tasks.report",
            {"queue": "long", "as_scheduled": True},
            "0 0 * * *",
        ),
        f"{SITE}:tasks.nine": (
            "myapp.tasks.nine",
            {"queue": "default", "as_scheduled": True},
            "0 9 * * 1-5",
        ),
    }
    assert beat_schedule(SITE) == entries


def test_its_times_are_those_of_the_rows(config: Settings) -> None:
    schedule = beat_schedule()[f"{SITE}:tasks.report"]["schedule"]
    schedule.nowfun = lambda: utc("2026-06-01 12:00")
    timing = Timing.of(config, SITE)
    report = row("myapp.tasks.report", "Daily Long")
    due = timing.next_start(report, utc("2026-06-01 12:00"))
    assert schedule.remaining_estimate(utc("2026-06-01 12:00")) == due - utc("2026-06-01 12:00")
