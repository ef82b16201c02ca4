"""Frappe's frequency words as cron expressions."""

from __future__ import annotations

import pytest

from frappe_celery.schedule.cron import Cron, CronError
from frappe_celery.schedule.frequencies import cron_of, every, frequency_of


@pytest.mark.parametrize(
    ("frequency", "cron"),
    [
        ("hourly", "0 * * * *"),
        ("hourly_long", "0 * * * *"),
        ("hourly_maintenance", "0 * * * *"),
        ("daily", "0 0 * * *"),
        ("daily_long", "0 0 * * *"),
        ("daily_maintenance", "0 0 * * *"),
        ("weekly", "0 0 * * 0"),
        ("weekly_long", "0 0 * * 0"),
        ("monthly", "0 0 1 * *"),
        ("monthly_long", "0 0 1 * *"),
        ("yearly", "0 0 1 1 *"),
        ("annual", "0 0 1 1 *"),
        ("Daily Long", "0 0 * * *"),
        ("@weekly", "0 0 * * 0"),
        ("*/5 * * * *", "*/5 * * * *"),
        ("0 0 * * MON", "0 0 * * MON"),
    ],
)
def test_words_labels_and_aliases(frequency: str, cron: str) -> None:
    assert cron_of(frequency) == cron


def test_a_label_is_its_words_with_underscores() -> None:
    assert frequency_of("Hourly Maintenance") == "hourly_maintenance"


@pytest.mark.parametrize(
    ("tick", "cron"),
    [
        (1, "* * * * * */1"),
        (30, "* * * * * */30"),
        (60, "*/1 * * * *"),
        (90, "*/1 * * * *"),
        (240, "*/4 * * * *"),
        (3599, "*/59 * * * *"),
        (3600, "0 */1 * * *"),
        (4 * 3600, "0 */4 * * *"),
        (86400, "0 0 * * *"),
        (604800, "0 0 * * *"),
    ],
)
def test_all_is_every_tick(tick: int, cron: str) -> None:
    assert cron_of("all", tick) == cron_of("All", tick) == every(tick) == cron


def test_a_tick_of_no_time_is_an_error() -> None:
    with pytest.raises(CronError, match="cannot be its second"):
        Cron(cron_of("all", 0))
