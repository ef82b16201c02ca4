"""Long and maintenance entries start a little apart, each slot once and always at one time."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frappe_bridge.armed.turn import acted_until
from frappe_celery.schedule.cron import Cron
from frappe_celery.schedule.timing import long_delay, maintenance_shift, next_start

UTC = timezone.utc
NEW_YEAR = datetime(2025, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)

entry = partial(next_start, site="erp.example", key="myapp.tasks.heavy", delays_long=True)


def starts(cron: Cron, frequency: str, start: datetime, count: int, **other) -> list[datetime]:
    found = []
    for _ in range(count):
        start = entry(cron, start, frequency=frequency, **other)
        found.append(start)
    return found


def test_a_delay_is_one_to_six_hundred_seconds_and_covers_them() -> None:
    delays = [
        long_delay("erp.example", "myapp.tasks.heavy", NEW_YEAR + n * HOUR) for n in range(20000)
    ]
    assert set(delays) == set(range(1, 601))
    assert 290 < sum(delays) / len(delays) < 311


def test_a_slot_has_one_delay_and_others_have_others() -> None:
    heavy = long_delay("erp.example", "heavy", NEW_YEAR)
    amsterdam = NEW_YEAR.astimezone(ZoneInfo("Europe/Amsterdam"))
    assert long_delay("erp.example", "heavy", amsterdam) == heavy
    others = {
        long_delay("two.example", "heavy", NEW_YEAR),
        long_delay("erp.example", "light", NEW_YEAR),
        long_delay("erp.example", "heavy", NEW_YEAR + HOUR),
    }
    assert len(others | {heavy}) == 4


def test_a_delay_is_the_same_in_every_process_and_release() -> None:
    assert long_delay("erp.example", "myapp.tasks.heavy", NEW_YEAR) == 67


def test_a_frappe_that_delays_none_starts_long_entries_at_their_time() -> None:
    start = entry(Cron("hourly_long"), NEW_YEAR, frequency="hourly_long", delays_long=False)
    assert start == NEW_YEAR + HOUR


@pytest.mark.parametrize("frequency", ["hourly_long", "Hourly Long"])
def test_every_slot_of_a_long_entry_starts_once_with_its_own_delay(frequency: str) -> None:
    slots = [NEW_YEAR + n * HOUR for n in range(1, 201)]
    delays = [timedelta(seconds=long_delay("erp.example", "myapp.tasks.heavy", s)) for s in slots]
    just_before = NEW_YEAR + timedelta(minutes=30)
    found = starts(Cron("hourly_long"), frequency, just_before, 200)
    assert found == [slot + delay for slot, delay in zip(slots, delays, strict=True)]


@given(
    seconds=st.integers(0, 3 * 3600).filter(lambda seconds: seconds % 3600),
    frequency=st.sampled_from(["hourly_long", "hourly_maintenance"]),
)
def test_the_next_start_does_not_depend_on_when_one_asks(seconds: int, frequency: str) -> None:
    instant = NEW_YEAR + timedelta(seconds=seconds)
    found = starts(Cron(frequency), frequency, NEW_YEAR - HOUR, 6)
    assert entry(Cron(frequency), instant, frequency=frequency) == next(
        start for start in found if start > instant
    )


def test_maintenance_is_shifted_by_the_hash_of_the_site() -> None:
    assert maintenance_shift("erp.example") == 24  # sha1sum says so
    assert {maintenance_shift(f"{n}.example") for n in range(1000)} == set(range(60))
    daily = starts(Cron("daily_maintenance", "Asia/Kolkata"), "Daily Maintenance", NEW_YEAR, 2)
    assert daily == [datetime(2025, 1, day, 18, 54, tzinfo=UTC) for day in (1, 2)]


@pytest.mark.parametrize("frequency", ["Daily Maintenance", "Hourly Maintenance"])
def test_desks_skip_next_execution_skips_a_shifted_run(frequency: str) -> None:
    """It writes the slot itself, without the shift, as the last execution."""
    cron = Cron(frequency.lower().replace(" ", "_"))
    run = entry(cron, NEW_YEAR + HOUR / 2, frequency=frequency)
    skipped = run - timedelta(minutes=24)
    assert entry(cron, skipped, frequency=frequency) == entry(cron, run, frequency=frequency)


@pytest.mark.parametrize(
    ("frequency", "minute", "until"),
    [("hourly_maintenance", 5, 24), ("hourly_maintenance", 30, 30), ("hourly", 5, 5)],
)
def test_who_acts_at_the_cron_time_has_acted_on_a_later_start_too(
    frequency: str, minute: int, until: int
) -> None:
    spread = (frequency, "erp.example", "key", True)
    at, then = (NEW_YEAR + timedelta(minutes=number) for number in (minute, until))
    assert acted_until(Cron(frequency), at, *spread) == then
    delay = timedelta(seconds=long_delay("erp.example", "key", NEW_YEAR))
    long = ("hourly_long", "erp.example", "key", True)
    assert acted_until(Cron("hourly_long"), NEW_YEAR, *long) == NEW_YEAR + delay


def test_a_shift_is_elapsed_time_also_in_a_repeated_hour() -> None:
    start = datetime(2025, 10, 26, 1, 50, tzinfo=ZoneInfo("Europe/Amsterdam"))
    found = starts(Cron("hourly_maintenance", "Europe/Amsterdam"), "hourly_maintenance", start, 3)
    assert [f"{t:%H:%M}" for t in found] == ["00:24", "01:24", "02:24"]


@pytest.mark.parametrize("frequency", ["Cron", "hourly", "All"])
def test_other_entries_start_at_their_cron_time(frequency: str) -> None:
    assert entry(Cron("0 * * * *"), NEW_YEAR, frequency=frequency) == NEW_YEAR + HOUR


@pytest.mark.parametrize("frequency", ["hourly_long", "hourly_maintenance", "Cron"])
def test_a_naive_instant_is_an_error(frequency: str) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        entry(Cron("0 * * * *"), datetime(2025, 1, 1), frequency=frequency)
