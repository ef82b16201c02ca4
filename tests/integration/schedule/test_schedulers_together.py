"""Several schedulers on one bench: one acts, whoever believes to lead."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import Any

import pytest

from frappe_celery.schedule.leadership import SchedulerLease
from tests.integration.schedule.conftest import Bench
from tests.unit.schedule.memory_host import utc
from tests.waiting import wait_until

A, B = "myapp.tasks.a", "myapp.tasks.b"
MIDNIGHT = utc("2026-06-01 00:00")


@pytest.fixture(autouse=True)
def _logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "frappe_celery")


def test_two_that_both_believe_to_lead_act_on_no_due_time_twice(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SchedulerLease, "keep", lambda lease: True)
    for number in range(20):
        bench.add(f"myapp.tasks.t{number}", "* * * * *")
    for _ in range(2):
        bench.scheduler()
    enqueued = 0
    for minute in range(1, 11):
        bench.now = MIDNIGHT + timedelta(minutes=minute)
        barrier = threading.Barrier(2)

        def act(scheduler: Any, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            while scheduler.tick() == 0:
                pass

        threads = [threading.Thread(target=act, args=[each]) for each in bench.schedulers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        jobs = bench.jobs()
        enqueued += len(jobs)
        assert len(jobs) == 20, f"at minute {minute}"
        for job in jobs:
            bench.run(job)
            job.delete()
    assert enqueued == 200


def test_one_leads_the_other_stands_by_and_takes_over_when_it_leaves(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.add(A, "0 * * * *")
    leader, other = bench.scheduler(), bench.scheduler()
    assert bench.at(MIDNIGHT, leader) == []
    reads = bench.host.reads
    for _ in range(3):
        assert other.tick() > 0
    assert bench.host.reads == reads, "who stands by reads nothing"
    assert len([m for m in caplog.messages if "stands by" in m]) == 1
    assert bench.at("2026-06-01 01:00", other) == []
    leader.close()
    assert bench.at("2026-06-01 01:00", other) == [A]


def test_one_that_stood_still_right_after_it_had_looked_does_nothing_with_what_it_had_read(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its rows are from before its successor acted: they look as if somebody had set them back."""
    bench.add(A, "0 * * * *")
    old, new = bench.scheduler(lease_seconds=0.2), bench.scheduler()
    bench.at("2026-06-01 00:59", old)
    before = dict(bench.host.rows)

    def acted() -> bool:
        bench.at("2026-06-01 01:00", new)
        return len(bench.jobs()) == 1

    wait_until(acted, what="the new one leads")
    bench.run(bench.jobs()[0])
    bench.at("2026-06-01 01:00:30", new)
    after = dict(bench.host.rows)

    with monkeypatch.context() as frozen:
        frozen.setattr(old.lease, "keep", lambda: True)
        bench.host.rows = before
        assert old.tick() == 0.0
    bench.host.rows = after
    assert old.tick() > 0
    assert bench.at("2026-06-01 01:01", new) == []
    assert [job.job_name for job in bench.jobs()] == [A], "one run for one due time"
    assert bench.at("2026-06-01 02:00", new) == [A]


def test_a_lease_that_ran_out_while_the_redis_was_away_is_taken_again_before_anything_is_done(
    bench: Bench,
) -> None:
    bench.add(A, "0 * * * *")
    scheduler = bench.scheduler()
    bench.at("2026-06-01 00:59")
    bench.store.client.delete(scheduler.lease._lease.key)
    assert bench.at("2026-06-01 01:00") == [A]
    assert scheduler.lease.fence == 2


def test_who_takes_over_from_a_dead_leader_says_so_and_misses_nothing(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.add(A, "0 * * * *")
    bench.add(B, "0 * * * *")
    leader, other = bench.scheduler(lease_seconds=0.2), bench.scheduler()
    bench.at("2026-06-01 00:59", leader)
    leader.lease.name = "elsewhere.1"
    bench.store.client.set(leader.lease.store.keys.leader, "elsewhere.1")
    bench.now = utc("2026-06-01 01:00")
    leader._hear()
    leader._act(leader.agenda.first())  # it dies between two entries
    bench.schedulers.remove(leader)

    def taken_over() -> bool:
        bench.at("2026-06-01 01:00", other)
        return len(bench.jobs()) == 2

    wait_until(taken_over, what="the other one acts")
    assert sorted(job.job_name for job in bench.jobs()) == [A, B]
    (said,) = (m for m in caplog.messages if "scheduler elsewhere.1 gave no sign of life" in m)
    assert said.startswith(f"scheduler {other.lease.name} acts now, and what is due runs: ")
