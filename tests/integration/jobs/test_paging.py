"""Pages that go on after the last run of the one before; what ended in each minute."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.jobs.record.paging import NoPlace, Wanted, page, search
from frappe_celery.jobs.stats import rates
from frappe_celery.watch import minutes
from tests.integration.stores import message, queued, started

SITES = ("site1", "site2")
QUEUES = ("short", "default")


def fill(store: JobStore, number: int, **fields: object) -> list[str]:
    """Jobs of all sites and queues, newest first; every third was enqueued with the one before."""
    runs = []
    for n in range(number):
        values = {"site": SITES[n % 2], "queue": QUEUES[n // 2 % 2], "enqueued_at": 1000.0 + n // 3}
        made = message(**{**values, **fields})
        store.enqueue(made)
        runs.append((made.enqueued_at, made.run))
    return [run for _, run in sorted(runs, reverse=True)]


def pages(store: JobStore, wanted: Wanted, length: int) -> list[list[str]]:
    found, after = [], None
    while True:
        one = page(store, wanted, length, after)
        found.append([job.run_id for job in one.jobs])
        after = one.after
        if after is None:
            return found


def flat(found: list[list[str]]) -> list[str]:
    return [run for some in found for run in some]


def test_all_pages_together_are_all_jobs_once_in_order(store: JobStore) -> None:
    runs = fill(store, 40)
    found = pages(store, Wanted(), 7)
    assert flat(found) == runs
    assert [len(some) for some in found] == [7, 7, 7, 7, 7, 5]
    assert [len(some) for some in pages(store, Wanted(), 8)] == [8] * 5
    assert flat(pages(store, Wanted(), 1)) == runs


def test_many_of_one_instant_are_paged_too(store: JobStore) -> None:
    runs = fill(store, 20, enqueued_at=1000.0)
    assert flat(pages(store, Wanted(), 3)) == runs


def test_of_hundreds_of_sites_all_are_paged_and_counted(store: JobStore) -> None:
    made = []
    for number in range(450):  # of which three are of each instant
        at = 1000.0 + number // 3
        job = queued(store, site=f"site{number % 225}", enqueued_at=at)
        made.append((at, job.run_id))
    runs = [run for _, run in sorted(made, reverse=True)]
    assert flat(pages(store, Wanted(), 50)) == runs
    assert flat(pages(store, Wanted(since=1010.0, until=1020.0), 4)) == [
        run for at, run in sorted(made, reverse=True) if 1010 <= at <= 1020
    ]
    assert store.counts()[JobStatus.QUEUED] == 450
    assert store.counts(since=1010.0, until=1020.0)[JobStatus.QUEUED] == 33


def test_a_long_index_among_short_ones_is_read_on(
    store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("frappe_celery.jobs.record.paging.AT_ONCE", 4)
    runs = fill(store, 40, queue="short")
    few = [queued(store, site="site3", enqueued_at=at).run_id for at in (1012.5, 1002.5, 900.0)]
    wanted = sorted(
        [*runs, *few], key=lambda run: (store.fetch_run(run).enqueued_at, run), reverse=True
    )
    assert [job.run_id for job in search(store, Wanted())] == wanted
    assert flat(pages(store, Wanted(method="myapp.*"), 9)) == wanted


def test_what_comes_meanwhile_shifts_nothing(store: JobStore) -> None:
    runs = fill(store, 10)
    first = page(store, Wanted(), 4)
    queued(store)
    store.fetch_run(first.jobs[-1].run_id).delete()
    second = page(store, Wanted(), 4, first.after)
    assert [job.run_id for job in second.jobs] == runs[4:8]


def test_filters(store: JobStore) -> None:
    runs = fill(store, 12)
    queued(store, method="other.method", name="other.method")
    site2 = flat(pages(store, Wanted(site="site2"), 5))
    assert len(site2) == 6
    assert all(store.fetch_run(run).site == "site2" for run in site2)
    assert flat(pages(store, Wanted(since=1001.0, until=1002.0), 4)) == runs[3:9]
    assert store.counts(since=1001.0, until=1002.0)[JobStatus.QUEUED] == 6
    assert store.counts(site="site2")[JobStatus.QUEUED] == 6
    assert flat(pages(store, Wanted(statuses=(JobStatus.FAILED,)), 5)) == []
    assert flat(pages(store, Wanted(method="other.*"), 5)) not in ([], runs)
    assert flat(pages(store, Wanted(method="myapp.*"), 5)) == runs


def test_a_rare_method_does_not_make_a_page_dear(
    store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("frappe_celery.jobs.record.paging.LOOKED_AT", 10)
    monkeypatch.setattr("frappe_celery.jobs.record.paging.AT_ONCE", 5)
    rare = message(method="rare", name="rare", enqueued_at=999.0)
    store.enqueue(rare)
    fill(store, 24)
    first = page(store, Wanted(method="rare"), 2)
    assert (first.jobs, first.looked_at) == ([], 10)
    assert flat(pages(store, Wanted(method="rare"), 2)) == [rare.run]


def test_nonsense_is_no_place(store: JobStore) -> None:
    for made_up in ("nonsense", "nan-x", "inf-x", "1-\ud800"):
        with pytest.raises(NoPlace, match="is no place in a list"):
            page(store, Wanted(), 5, made_up)


def test_what_ended_is_counted_by_the_minute(store: JobStore, tmp_path: Path) -> None:
    for site, ends in (("site1", True), ("site1", False), ("site2", True)):
        queued(store, site=site)
        run = started(store)
        store.finish(run, None) if ends else store.fail(run, "no")
    store.fetch_run(run).delete()  # its record is gone, the count stays
    now = int(time.time()) // 60
    ended = rates.by_minute(store, [now - 1, now])
    assert sum(ended.values(), rates.Ended()) == {
        ("site1", "default", JobStatus.FINISHED): 1,
        ("site1", "default", JobStatus.FAILED): 1,
        ("site2", "default", JobStatus.FINISHED): 1,
    }
    points = minutes.hour(store, "site1")
    assert len(points) == 60
    assert now * 60 <= points[-1].at <= (now + 1) * 60
    assert sum(point.finished for point in points) == 1
    key = store.keys.ended(int(time.time()) // 60)
    assert 3600 < store.client.ttl(key) <= 7200
