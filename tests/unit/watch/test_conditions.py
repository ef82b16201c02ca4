"""What is alerted of, by what a look brings; the rules for Prometheus have tests of their own."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from frappe_bridge.routes import EVERY, Routes, Rule
from frappe_celery.jobs import JobStatus
from frappe_celery.schedule.leadership import Leadership, Sign
from frappe_celery.watch.alerts.conditions import Found, Seen, conditions
from frappe_celery.watch.snapshot import Place, Snapshot

NOW = 1_000_000.0
SIGN = Sign(NOW, "host.1", 0, 5)
WELL = Seen(Snapshot(NOW), 1, Leadership("host.1", SIGN), [], Counter(), 0.5)
BY_NAME = {condition.name: condition for condition in conditions()}


def found(name: str, **seen: Any) -> list[Found]:
    return list(BY_NAME[f"FrappeCelery{name}"].find(replace(WELL, **seen)))


def place(
    site: str, queue: str, waits: float | None = None, started: int = 0, attempts: int = 0
) -> Place:
    since = None if waits is None else NOW - waits
    return Place(site, queue, 1, started, 0, 0, 0, 0, attempts, since)


def now(*places: Place) -> Snapshot:
    return Snapshot(NOW, list(places))


def ended(**counts: int) -> Counter[tuple[str, str, JobStatus]]:
    """`site_status=number`, in long."""
    return Counter(
        {
            (name.rpartition("_")[0], "long", JobStatus(name.rpartition("_")[2])): number
            for name, number in counts.items()
        }
    )


def test_where_all_is_well_nothing_holds() -> None:
    for condition in conditions():
        assert not list(condition.find(WELL)), condition.name


def test_workers_and_scheduler() -> None:
    assert found("NoWorker", workers=0) == [Found()]
    assert found("NoScheduler", lead=Leadership(None, SIGN)) == [Found()]
    assert found("NoScheduler", lead=Leadership(None, None)) == [], "there may be no schedule"
    on_rq = Routes(1, (Rule(EVERY, EVERY, False),), False)
    assert found("NoScheduler", lead=Leadership(None, SIGN), routes=on_rq) == []
    assert found("NoWorker", workers=0, routes=on_rq) == []
    assert found("NoWorker", workers=0, routes=on_rq.with_rule(Rule("long", EVERY, True))) != []
    late = replace(SIGN, lag=61)
    assert found("SchedulerLate", lead=Leadership("host.1", late)) == [Found(61)]
    assert found("SchedulerLate", lead=Leadership(None, late)) == [], "which is said already"
    assert found("SchedulerLate", lead=Leadership("host.1", replace(SIGN, lag=60))) == []


def test_a_long_wait_once_a_queue_without_what_a_pause_explains() -> None:
    waiting = now(
        place("a", "long", 1900), place("b", "long", 2000), place("a", "short", 1800),
        place("c", "default", 9000), place("d", "imports", 9000), place("e", "long"),
    )  # fmt: skip
    assert found("JobsWait", now=waiting, paused=["queue:default", "site:d"]) == [
        Found(2000, (("queue", "long"),))
    ]
    assert found("JobsWait", now=waiting, paused=["site:*"]) == []


def test_a_site_is_starved_when_others_are_served_and_it_is_not() -> None:
    waiting = now(
        place("starved", "long", 901), place("served", "long", 901),
        place("runs", "long", 901, started=1), place("young", "long", 900),
        place("starved", "short", 901), place("paused", "long", 901),
    )  # fmt: skip
    seen = {"now": waiting, "paused": ["site:paused"]}
    assert found("SiteStarved", **seen, ended=ended(served_finished=1)) == [
        Found(901, (("queue", "long"), ("site", "starved")))
    ]
    assert found("SiteStarved", **seen) == [], "nothing is served: no worker, or none for long"
    tries = now(place("starved", "long", 901), place("tries", "long", 901, attempts=1))
    assert found("SiteStarved", now=tries) == [Found(901, (("queue", "long"), ("site", "starved")))]


@pytest.mark.parametrize(
    ("counts", "share"),
    [
        ({"a_failed": 10, "a_finished": 30}, 0.25),
        ({"a_failed": 10, "a_canceled": 90}, 1.0),
        ({"a_failed": 10, "a_finished": 40}, None),
        ({"a_failed": 9}, None),
    ],
)
def test_failures_from_ten_and_a_fifth_on(counts: dict[str, int], share: float | None) -> None:
    expected = [] if share is None else [Found(share, (("site", "a"),))]
    assert found("JobsFail", ended=ended(**counts)) == expected


def test_attempts_that_are_repeated_fail_too() -> None:
    tries = now(place("a", "long", attempts=8))
    assert found("JobsFail", now=tries, ended=ended(a_failed=1, a_finished=3)) == []
    assert found("JobsFail", now=tries, ended=ended(a_failed=2, a_finished=10)) == [
        Found(0.5, (("site", "a"),))
    ]


def test_a_pause_and_a_full_redis() -> None:
    assert found("PauseForgotten", paused=["site:a"]) == [Found(1, (("target", "site:a"),))]
    assert found("RedisFull", memory=0.91) == [Found(0.91)]
    assert found("RedisFull", memory=0.9) == found("RedisFull", memory=None) == []


def test_in_words() -> None:
    waits = BY_NAME["FrappeCeleryJobsWait"]
    one = Found(5400, (("queue", "long"),))
    assert waits.texts(one)["summary"] == "Jobs wait long in queue long"
    assert waits.texts(one)["description"].startswith("One has waited for 1:30:00, and no")
    assert waits.texts(one)["look"].endswith("--queue long; frappe-celery limits")
