"""What is alerted of, by what a look brings; the rules for Prometheus have tests of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from frappe_celery.jobs import JobStatus
from frappe_celery.schedule.leadership import Leadership, Sign
from frappe_celery.watch.doctor import broker, databases, limits, scheduler
from frappe_celery.watch.doctor.report import Section
from frappe_celery.watch.notify import conditions
from frappe_celery.watch.snapshot import Place, Snapshot

NOW = 1_000_000.0
SIGN = Sign(NOW, "host.1", 0, 5)


def found(check: Callable[..., Any], *seen: Any, **more: Any) -> list[tuple[Any, ...]]:
    """By what each of the check's findings is alerted of and known again."""
    section = Section("alerts")
    check(section, *seen, **more)
    return [(one.alert, *one.of) for one in section.findings if one.alert]


def now_with(**known: Any) -> SimpleNamespace:
    """What a check asks of a `Now`."""
    return SimpleNamespace(at=NOW, **known)


def place(
    site: str, queue: str, waits: float | None = None, started: int = 0, attempts: int = 0
) -> Place:
    since = None if waits is None else NOW - waits
    return Place(site, queue, 1, started, 0, 0, 0, 0, attempts, since)


def ended(**counts: int) -> Counter[tuple[str, str, JobStatus]]:
    """`site_status=number`, in long."""
    return Counter(
        {
            (name.rpartition("_")[0], "long", JobStatus(name.rpartition("_")[2])): number
            for name, number in counts.items()
        }
    )


@pytest.mark.parametrize(
    ("lag", "leads", "alerts"),
    [(60, True, []), (61, True, [("SchedulerLate",)]), (61, False, [("NoScheduler",)])],
)
def test_a_scheduler(lag: float, leads: bool, alerts: list[Any]) -> None:
    sign = Sign(NOW, "host.1", lag, 5)
    now = now_with(leadership=Leadership("host.1" if leads else None, sign))
    late = conditions.LATE_SECONDS
    assert found(scheduler.check_leader, now, True, late=late) == alerts


def test_a_scheduler_is_missed_where_something_is_scheduled() -> None:
    now = now_with(leadership=Leadership(None, SIGN))
    assert found(scheduler.check_leader, now, False) == []


def test_a_long_wait_is_told_once_a_queue() -> None:
    waiting = [place("a", "long", 1900), place("b", "long", 2000), place("a", "short", 1800)]
    waits = found(conditions.check_waits, Snapshot(NOW), waiting)
    assert waits == [("JobsWait", ("queue", "long"))]


def test_a_site_is_starved_when_others_are_served_and_it_is_not() -> None:
    waiting = [
        place("starved", "long", 901), place("served", "long", 901),
        place("runs", "long", 901, started=1), place("young", "long", 900),
        place("starved", "short", 901),
    ]  # fmt: skip
    starved = [("SiteStarved", ("queue", "long"), ("site", "starved"))]
    now, served = Snapshot(NOW, waiting), ended(served_finished=1)
    assert found(conditions.check_starved, now, waiting, served) == starved
    assert found(conditions.check_starved, now, waiting, ended()) == [], "nothing is served"
    tries = [place("starved", "long", 901), place("tries", "long", 901, attempts=1)]
    assert found(conditions.check_starved, Snapshot(NOW, tries), tries, ended()) == starved


@pytest.mark.parametrize(
    ("counts", "share"),
    [
        ({"a_failed": 10, "a_finished": 30}, "25%"),
        ({"a_failed": 10, "a_canceled": 90}, "100%"),
        ({"a_failed": 10, "a_finished": 40}, None),
        ({"a_failed": 9}, None),
    ],
)
def test_failures_from_ten_and_a_fifth_on(counts: dict[str, int], share: str | None) -> None:
    section = Section("alerts")
    conditions.check_failures(section, [], ended(**counts))
    assert [one.of for one in section.findings] == ([(("site", "a"),)] if share else [])
    assert all(f"jobs of site a fail: {share} of" in one.text for one in section.findings)


def test_attempts_that_are_repeated_fail_too() -> None:
    tries = [place("a", "long", attempts=8)]
    few, enough = ended(a_failed=1, a_finished=3), ended(a_failed=2, a_finished=10)
    assert found(conditions.check_failures, tries, few) == []
    assert found(conditions.check_failures, tries, enough) == [("JobsFail", ("site", "a"))]


def test_a_pause_a_full_redis_and_databases() -> None:
    pause = found(limits.tell_pause, "site:a", -1.0)
    assert pause == [("PauseForgotten", ("target", "site:a"))]
    assert found(broker.check_memory, {"maxmemory": 100, "used_memory": 91}) == [("RedisFull",)]
    for info in ({"maxmemory": 100, "used_memory": 90}, {"used_memory": 91}):
        assert found(broker.check_memory, info) == []
    assert found(databases.check, now_with(outages=[])) == []
