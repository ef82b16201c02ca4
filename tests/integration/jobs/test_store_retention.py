"""Records go when their time is over, and nothing of them stays behind."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from frappe_celery.errors import NoSuchJob
from frappe_celery.jobs import JobStatus, JobStore
from tests.integration.stores import (
    SITE,
    broken,
    enqueue,
    keys,
    make_store,
    queued,
    started,
)
from tests.waiting import HANG_SECONDS, wait_until


def limited(store: JobStore, **options: int) -> JobStore:
    """The same bench with other limits."""
    texts = {name: str(value) for name, value in options.items()}
    bench_id = store.settings.bench_id
    assert bench_id is not None
    return make_store(store.settings.root, store.url, bench_id, **texts)


def ended(store: JobStore, status: JobStatus, job_id: str | None = None) -> str:
    run = queued(store, job_id).run_id
    started(store)
    if status == JobStatus.FINISHED:
        store.finish(run, {"a": 1})
    elif status == JobStatus.FAILED:
        store.fail(run, "broken")
    else:
        store.end(store.fetch_run(run), status)
    return run


ENDS = [JobStatus.FINISHED, JobStatus.FAILED, JobStatus.STOPPED, JobStatus.CANCELED]


def test_nothing_is_left_once_the_retention_is_over(store: JobStore) -> None:
    store = limited(store, rq_results_ttl=1, rq_job_failure_ttl=1)
    for status in ENDS:
        ended(store, status)
        ended(store, status, "own_id")
    assert sum(store.counts().values()) == 8
    wait_until(lambda: not any(store.counts().values()), HANG_SECONDS, "no job is counted any more")
    assert store.page() == []
    with pytest.raises(NoSuchJob):
        store.fetch(f"{SITE}::own_id")
    wait_until(
        lambda: keys(store) == ["consumers", "consumers:server", "inflight:consumer", "places"],
        HANG_SECONDS,
        "no key",
    )


def test_each_end_is_kept_for_its_own_time(store: JobStore) -> None:
    store = limited(store, rq_results_ttl=100, rq_job_failure_ttl=5000)
    left = {status: store.client.ttl(store.keys.record(ended(store, status))) for status in ENDS}
    assert 98 <= left[JobStatus.FINISHED] <= 100
    assert 98 <= left[JobStatus.CANCELED] <= 100
    assert 4998 <= left[JobStatus.FAILED] <= 5000
    assert 4998 <= left[JobStatus.STOPPED] <= 5000


def test_what_waits_or_runs_never_goes(store: JobStore) -> None:
    store = limited(store, rq_results_ttl=1, rq_job_failure_ttl=1)
    ended(store, JobStatus.FINISHED, "same")
    queued(store, "same")
    waits = queued(store, "same")
    works = started(store)
    gone = ended(store, JobStatus.CANCELED, "other")
    wait_until(
        lambda: not store.client.exists(store.keys.record(gone)), HANG_SECONDS, "the other went"
    )
    assert store.client.ttl(store.keys.ids(f"{SITE}::same")) == -1
    assert store.fetch(f"{SITE}::same") == waits
    assert store.fetch_run(works).status == JobStatus.STARTED
    assert broken(store) == []


def test_an_id_is_kept_as_long_as_any_of_its_runs(store: JobStore) -> None:
    store = limited(store, rq_results_ttl=1, rq_job_failure_ttl=1000)
    failed = ended(store, JobStatus.FAILED, "same")
    finished = ended(store, JobStatus.FINISHED, "same")
    assert store.fetch(f"{SITE}::same").run_id == finished
    wait_until(
        lambda: store.fetch(f"{SITE}::same").run_id == failed,
        HANG_SECONDS,
        "the failed one is newest",
    )


def test_an_expired_job_is_neither_counted_nor_shown(store: JobStore) -> None:
    long = limited(store, rq_results_ttl=1000)
    store = limited(store, rq_results_ttl=1)
    ended(store, JobStatus.FINISHED)
    wait_until(
        lambda: not store.counts()[JobStatus.FINISHED], HANG_SECONDS, "the first is not counted"
    )
    kept = [ended(long, JobStatus.FINISHED) for _ in range(3)]
    assert long.counts()[JobStatus.FINISHED] == 3
    assert [job.run_id for job in long.page(length=3)] == kept[::-1]


def test_of_failed_jobs_the_newest_are_kept(store: JobStore) -> None:
    store = limited(store, rq_failed_jobs_limit=3)
    runs = [ended(store, JobStatus.FAILED, "same" if n % 2 else None) for n in range(8)]
    assert [job.run_id for job in store.page(statuses=[JobStatus.FAILED])] == runs[:-4:-1]
    assert store.counts()[JobStatus.FAILED] == 3
    records = [key for key in keys(store) if key.startswith("job:")]
    assert records == sorted(f"job:{run}" for run in runs[-3:])
    assert broken(store) == []


def test_the_limit_is_one_queue_s_of_one_site(store: JobStore) -> None:
    store = limited(store, rq_failed_jobs_limit=1)
    for site in ("site1", "site2"):
        for queue in ("short", "long"):
            for _ in range(2):
                job = queued(store, queue=queue, site=site)
                store.fail(started(store, queue), "broken")
    assert store.counts()[JobStatus.FAILED] == 4
    assert store.counts(site="site2", queue="long")[JobStatus.FAILED] == 1
    assert store.fetch_run(job.run_id).status == JobStatus.FAILED


def test_a_site_s_own_limit_counts(store: JobStore, tmp_path: Path) -> None:
    folder = tmp_path / "sites" / SITE
    folder.mkdir(parents=True)
    (folder / "site_config.json").write_text('{"rq_failed_jobs_limit": 2}')
    for _ in range(4):
        queued(store)
        store.fail(started(store), "broken", site=SITE)
    assert store.counts()[JobStatus.FAILED] == 2


def test_a_job_s_own_retention_wins(store: JobStore) -> None:
    own = {"result_ttl": 50, "failure_ttl": 70}
    finished = queued(store, **own)
    store.finish(started(store), 1)
    failed = queued(store, **own)
    store.fail(started(store), "broken")
    assert 48 <= store.client.ttl(store.keys.record(finished.run_id)) <= 50
    assert 68 <= store.client.ttl(store.keys.record(failed.run_id)) <= 70


def test_a_short_retention_of_one_job_s_own_hides_no_other(store: JobStore) -> None:
    """In the index that they share the others stay."""
    first = ended(store, JobStatus.FINISHED)
    store.client.zadd(  # an hour ago
        store.keys.index(f"{SITE}|default", "finished"), {first: time.time() - 500}
    )
    enqueue(store, result_ttl=1)
    store.finish(started(store), 1)
    assert store.counts()[JobStatus.FINISHED] == 2
    assert store.page(statuses=[JobStatus.FINISHED])[-1].run_id == first
