"""When a worker fetches the next message although no process is free."""

from __future__ import annotations

from frappe_celery.brokers.redis.pace import AHEAD_SECONDS, IN_A_ROW, Pace


def after(*pauses: float) -> tuple[Pace, float]:
    """The pace after jobs that ended with these pauses between them, and when the last did."""
    pace, now = Pace(), 1000.0
    pace.ended(now)
    for pause in pauses:
        now += pause
        pace.ended(now)
    return pace, now


def test_brisk_after_enough_short_jobs_and_for_a_moment_only() -> None:
    pace, now = after(*[AHEAD_SECONDS / 2] * IN_A_ROW)
    assert pace.is_brisk(now + AHEAD_SECONDS / 2)
    assert not pace.is_brisk(now + AHEAD_SECONDS * 2)


def test_not_after_a_few() -> None:
    pace, now = after(*[AHEAD_SECONDS / 2] * (IN_A_ROW - 1))
    assert not pace.is_brisk(now)


def test_a_long_job_begins_the_row_anew() -> None:
    pace, now = after(*[AHEAD_SECONDS / 2] * IN_A_ROW, AHEAD_SECONDS * 2)
    assert not pace.is_brisk(now)
