"""The interval of `all` by version and configuration, the site's time zone, missed times."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frappe_celery.config.settings import Settings
from frappe_celery.errors import ConfigError
from frappe_celery.jobs.hosts import ScheduleRow
from frappe_celery.schedule.cron import CronError
from frappe_celery.schedule.timing import Tick, Timing, tick_of
from tests.unit.schedule.memory_host import SITE, row, utc

TICK, INTERVAL = "scheduler_tick_interval", "scheduler_interval"
UTC = Timing(SITE, "UTC", True, Tick(60, ""))


@pytest.mark.parametrize(
    ("values", "version", "bench", "seconds", "origin"),
    [
        ({}, 14, False, 240, "default of v14"),
        ({}, 15, False, 60, "default from v15 on"),
        ({}, 17, False, 60, "default from v15 on"),
        ({INTERVAL: 120}, 14, False, 120, INTERVAL),
        ({INTERVAL: 120}, 15, False, 120, INTERVAL),
        ({INTERVAL: 120, TICK: 30}, 14, False, 30, TICK),
        ({TICK: None, INTERVAL: None}, 15, False, 60, "default from v15 on"),
        ({}, 15, True, 240, "Frappe's own default"),
        ({TICK: 30}, 16, True, 240, "Frappe's own default"),
        ({INTERVAL: 120, TICK: 30}, 14, True, 120, INTERVAL),
    ],
)
def test_where_the_interval_of_all_comes_from(
    values: dict[str, Any], version: int, bench: bool, seconds: int, origin: str
) -> None:
    assert tick_of(values, version, bench=bench) == Tick(seconds, origin)


@pytest.mark.parametrize("value", ["60", 1.5, -1, True])
def test_an_interval_that_is_no_number_of_seconds(value: Any) -> None:
    with pytest.raises(ConfigError, match=f"{TICK} is {value!r}"):
        tick_of({TICK: value}, 15, bench=False)


def test_the_sites_own_configuration_wins(tmp_path: Path) -> None:
    site = tmp_path / "sites" / SITE
    site.mkdir(parents=True)
    common = {"time_zone": "Asia/Kolkata", "scheduler_tick_interval": 120}
    (tmp_path / "sites" / "common_site_config.json").write_text(json.dumps(common))
    (site / "site_config.json").write_text('{"time_zone": "America/New_York"}')
    timing = Timing.of(Settings.load(tmp_path, {}), SITE)
    assert (timing.zone, timing.tick.seconds) == ("America/New_York", 120)
    assert Timing.of(Settings.load(tmp_path, {}), "other.localhost").zone == "Asia/Kolkata"
    nine = row(cron_format="0 9 * * *")
    assert timing.next_start(nine, utc("2026-06-01 00:00")) == utc("2026-06-01 13:00")


def test_a_row_that_was_made_or_run_ahead_of_now_is_due_after_that() -> None:
    """A setup wizard that moves the time zone leaves `creation` so."""
    now = datetime.now(timezone.utc)
    ahead = now + timedelta(days=3)
    for entry in (row(creation=ahead), row(creation=now, last_execution=ahead)):
        entry = replace(entry, frequency="Cron", cron_format="0 * * * *")
        (first,) = UTC.next_starts(entry, now, 1)
        assert first == UTC.next_start(entry, ahead)


def test_all_is_due_every_tick() -> None:
    timing = Timing(SITE, "UTC", True, Tick(240, ""))
    every = row(frequency="All")
    assert timing.expression(every) == "*/4 * * * *"
    assert timing.next_start(every, utc("2026-06-01 00:01")) == utc("2026-06-01 00:04")


def test_long_events_are_spread_and_others_are_not() -> None:
    start = utc("2026-06-01 12:00")
    assert UTC.next_start(row(frequency="Daily"), start) == utc("2026-06-02 00:00")
    delay = UTC.next_start(row(frequency="Daily Long"), start) - utc("2026-06-02 00:00")
    assert timedelta(0) < delay <= timedelta(minutes=10)


@given(
    expression=st.sampled_from(
        ["* * * * *", "*/7 3-5 * * *", "30 2 * * *", "0 0 L * *", "* 3 * * * */20", "5 4 1 1 *"]
    ),
    since=st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)),
    passed=st.timedeltas(timedelta(0), timedelta(days=3)),
)
def test_the_last_missed_time_is_the_one_that_walking_finds(
    expression: str, since: datetime, passed: timedelta
) -> None:
    entry = row(cron_format=expression)
    due = UTC.next_start(entry, since.replace(tzinfo=timezone.utc))
    until = due + passed
    walked = due
    while (later := UTC.next_start(entry, walked)) <= until:
        walked = later
    assert UTC.last_start(entry, due, until) == walked


def test_the_last_missed_time_of_years_of_minutes_takes_few_steps() -> None:
    class Counting(Timing):
        asked = 0

        def next_start(self, row: ScheduleRow, after: datetime) -> datetime:
            Counting.asked += 1
            return super().next_start(row, after)

    timing = Counting(SITE, "UTC", True, Tick(60, ""))
    entry = row(cron_format="* * * * *")
    until = utc("2026-06-01 12:00:30")
    assert timing.last_start(entry, utc("2016-01-01 00:00"), until) == utc("2026-06-01 12:00")
    assert Counting.asked < 100


def test_an_expression_that_has_had_its_last_time() -> None:
    """croniter takes a seventh field, the year, from version 3 on."""
    last = utc("2026-06-01 00:00")

    class UntilThen(Timing):
        def next_start(self, row: ScheduleRow, after: datetime) -> datetime:
            if after >= last:
                raise CronError("no time up to the end of 2076")
            return super().next_start(row, after)

    timing = UntilThen(SITE, "UTC", True, Tick(60, ""))
    daily = row(cron_format="0 0 * * *")
    for due in (last, utc("2026-05-01 00:00")):
        assert timing.last_start(daily, due, utc("2030-01-01 00:00")) == last
