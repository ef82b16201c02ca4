"""The history: which minutes are in it, of whom, and what it costs Redis."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from frappe_celery.jobs import JobStore
from frappe_celery.watch import minutes
from frappe_celery.watch.minutes import Point
from tests.integration.benches import inside_with
from tests.integration.stores import make_store, queued, wipe
from tests.project import Project
from tests.waiting import wait_until

SITES = 1000


@pytest.fixture
def store(tmp_path: Path, redis_url: str) -> Iterator[JobStore]:
    store = make_store(tmp_path, redis_url, f"history-{tmp_path.name}")
    yield store
    wipe(store)


def minute_now(store: JobStore) -> int:
    """The one that is not over, as the history sees it."""
    return (int(store.client.time()[0]) - minutes.SETTLED_SECONDS) // 60


def ended(store: JobStore, ago: int, site: str, **numbers: int) -> int:
    """So many runs of a site ended so many minutes ago; that minute."""
    minute = minute_now(store) - ago
    for status, number in numbers.items():
        store.client.hincrby(store.keys.ended(minute), f"{site}|default|{status}", number)
    return minute


def some(points: list[Point]) -> list[tuple[int, int, int]]:
    return [(int(p.at), p.finished, p.failed) for p in points if p.finished or p.failed]


def test_each_minute_is_noted_once_it_is_over_and_once(store: JobStore) -> None:
    first = ended(store, 5, "a", finished=3, failed=1)
    last = ended(store, 1, "a", finished=4, stopped=2)
    ended(store, 0, "a", finished=9)
    with ThreadPoolExecutor(4) as pool:  # workers of which none knows of the others
        list(pool.map(lambda _: minutes.note(store), range(8)))
    assert some(minutes.day(store, "a")) == [(first * 60, 3, 1), (last * 60, 4, 2)]
    by_hour = some(minutes.week(store, "a"))
    assert (sum(n for _, n, _ in by_hour), sum(n for _, _, n in by_hour)) == (7, 3)
    assert [len(minutes.day(store)), len(minutes.week(store))] == [24 * 60, 7 * 24]


def test_each_site_has_its_own_and_all_have_one_together(store: JobStore) -> None:
    minute = ended(store, 1, "a", finished=3)
    ended(store, 1, "b", finished=5, failed=2)
    minutes.note(store)
    assert some(minutes.day(store, "a")) == [(minute * 60, 3, 0)]
    assert some(minutes.day(store, "b")) == [(minute * 60, 5, 2)]
    assert some(minutes.day(store)) == [(minute * 60, 8, 2)]
    assert some(minutes.day(store, "c")) == []
    assert not store.client.exists(store.keys.history("day:c"))


def test_what_waits_is_noted_and_how_long_it_has(store: JobStore) -> None:
    at = float(store.client.time()[0])
    queued(store, site="a", enqueued_at=at - 100)
    queued(store, site="a", enqueued_at=at - 20, queue="long")
    queued(store, site="b", enqueued_at=at - 7)
    store.client.sadd(store.keys.places, "c|default")
    minutes.note(store)
    assert not store.client.exists(store.keys.history("day:c")), "nothing waits there"
    a, b, all_of_them = (minutes.day(store, site)[-1] for site in ("a", "b", None))
    assert (a.waiting, b.waiting, all_of_them.waiting) == (2, 1, 3)
    assert 100 <= a.wait == all_of_them.wait < 160
    assert (
        minutes.week(store, "a")[-1].wait == a.wait or minutes.week(store, "a")[-2].wait == a.wait
    )


def test_an_old_day_is_not_taken_for_this_one(store: JobStore) -> None:
    minute = minute_now(store) - 1
    minutes._write(store, minute - 7 * minutes.MINUTES, [("a", 5, 0, 0, 0)])
    assert some(minutes.day(store, "a")) == []
    assert some(minutes.week(store, "a")) == []
    minutes._write(store, minute, [("a", 6, 0, 0, 0)])
    assert some(minutes.day(store, "a")) == [(minute * 60, 6, 0)]


def test_a_worker_notes_them(project: Project, redis_url: str) -> None:
    with inside_with(project, redis_url) as store:
        minute = ended(store, 1, "a", finished=3)
        project.worker()
        wait_until(lambda: some(minutes.day(store, "a")), 60, "the minute is noted")
        assert some(minutes.day(store, "a")) == [(minute * 60, 3, 0)]


def test_a_thousand_sites_take_a_bounded_amount_of_memory(store: JobStore) -> None:
    minute, client = minute_now(store), store.client
    names = [f"site{number}.example.com" for number in range(SITES)]
    minutes._write(store, minute, [(name, 5, 1, 9, 60) for name in names])
    taken = [client.memory_usage(store.keys.history(f"day:{name}")) for name in names]
    taken += [client.memory_usage(store.keys.history(f"week:{name}")) for name in names]
    for ago in range(1, 3000, 61):
        minutes._write(store, minute + ago, [(name, 5, 1, 9, 60) for name in names[:3]])
    grown = client.memory_usage(store.keys.history(f"day:{names[0]}"))
    assert grown == taken[0]
    assert sum(taken) < SITES * 40_000
    print("history of", SITES, "sites:", sum(taken) / 1e6, "MB")
