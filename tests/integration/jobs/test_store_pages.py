"""A page of jobs costs the same at a thousand and at twenty thousand: counted in commands."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from frappe_celery.errors import NoSuchJob
from frappe_celery.jobs import JobStatus, JobStore
from tests.integration.stores import make_store, queued, started
from tests.servers import RedisServer

SITES = ("site1", "site2", "site3")
QUEUES = ("short", "default", "long")


@pytest.fixture
def alone(own_redis: RedisServer, tmp_path: Path) -> JobStore:
    """A store on a server that nobody else sends commands to."""
    return make_store(tmp_path, own_redis.url, "alone")


def commands(store: JobStore, action: Callable[[], Any]) -> dict[str, int]:
    """How often the server ran which command, those inside scripts too."""

    def calls(client: Redis) -> dict[str, int]:
        found = client.info("commandstats")
        return {name.partition("_")[2]: stats["calls"] for name, stats in found.items()}

    before = calls(store.client)
    action()
    after = calls(store.client)
    uncounted = ("info", "client|setinfo", "hello")
    changed = {name: number - before.get(name, 0) for name, number in after.items()}
    return {name: n for name, n in changed.items() if n and name not in uncounted}


def fill(store: JobStore, numbers: range) -> None:
    """Jobs of all sites and queues; every tenth is ended."""
    for n in numbers:
        queued(store, f"job{n}", site=SITES[n % 3], queue=QUEUES[n // 3 % 3])
        if n % 10 == 0:
            run = started(store, *QUEUES)
            store.fail(run, "broken") if n % 20 else store.finish(run, n)


READERS: dict[str, Callable[[JobStore], Any]] = {
    "first page": lambda store: store.page(),
    "failed ones": lambda store: store.page(statuses=[JobStatus.FAILED]),
    "of a site": lambda store: store.page(site="site1", length=50),
    "of a queue": lambda store: store.page(queue="long"),
    "of both": lambda store: store.page(site="site2", queue="short", start=20),
    "counts": lambda store: store.counts(),
    "one": lambda store: store.fetch("site1::job0"),
    "is active": lambda store: store.is_active("site1::job0"),
    "enqueue": lambda store: queued(store, "new", deduplicate=True),
}


def costs(store: JobStore) -> dict[str, dict[str, int]]:
    found = {name: commands(store, partial(reader, store)) for name, reader in READERS.items()}
    store.fetch("site1::new").delete()
    return found


def test_reading_costs_the_same_at_1_000_and_at_20_000_jobs(alone: JobStore) -> None:
    fill(alone, range(1_000))
    costs(alone)  # the server knows the scripts from here on
    at_1_000 = costs(alone)
    fill(alone, range(1_000, 20_000))
    assert sum(alone.counts().values()) == 20_000
    assert costs(alone) == at_1_000
    assert sum(at_1_000["first page"].values()) < 150


def test_all_pages_together_are_all_jobs_newest_first(alone: JobStore) -> None:
    jobs = [queued(alone, site=SITES[n % 3], queue=QUEUES[n % 2]) for n in range(30)]
    found = [job for start in range(0, 28, 7) for job in alone.page(start=start, length=7)]
    assert found == jobs[:-29:-1]
    assert alone.page(start=10**6) == []


def test_of_many_sites_none_is_left_out(alone: JobStore) -> None:
    jobs = [queued(alone, site=f"site{n}") for n in range(120)]
    more = [queued(alone, site="site7", queue="short") for _ in range(2)]
    assert alone.counts(queue="default")[JobStatus.QUEUED] == 120
    assert alone.counts(site="site7")[JobStatus.QUEUED] == 3
    assert alone.page(length=122) == [*more[::-1], *jobs[::-1]]
    assert alone.runs_of("default", JobStatus.QUEUED) == [job.run_id for job in jobs]
    assert sorted(map(bytes.decode, alone.entered(0, 1, JobStatus.QUEUED))) == sorted(
        [*(job.run_id for job in jobs), more[0].run_id]
    )


def test_a_page_goes_on_without_a_record_that_was_lost(alone: JobStore) -> None:
    jobs = [queued(alone) for _ in range(3)]
    alone.client.delete(alone.keys.record(jobs[1].run_id))
    assert alone.page(length=2) == [jobs[2], jobs[0]]
    with pytest.raises(NoSuchJob):
        alone.fetch_run(jobs[1].run_id)


def test_what_came_from_another_site_s_place_is_not_shown(alone: JobStore) -> None:
    queued(alone, site="site4", queue="short")
    for site, queue in (("site4", "long"), ("site", "short"), ("4", "short"), ("", "short")):
        assert alone.page(site=site, queue=queue) == []
        assert not any(alone.counts(site=site, queue=queue).values())
    assert len(alone.page(site="site4")) == 1
