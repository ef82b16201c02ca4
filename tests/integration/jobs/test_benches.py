"""Benches that share one Redis do not see each other."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from frappe_celery.enqueue_shim import enqueue, is_job_enqueued
from frappe_celery.jobs import JobStatus, get_store
from tests.integration.benches import ended, inside, worker, write_tasks
from tests.project import Project
from tests.waiting import wait_until
from tests.warm import WarmPython


@pytest.fixture
def benches(tmp_path: Path, redis_url: str, warm: WarmPython) -> Iterator[tuple[Project, Project]]:
    """One whose id begins with the other's, with signs that patterns and formats know."""
    found = []
    for name in ("bench{0}*[a]?", "bench{0}*[a]?b"):
        bench = Project(tmp_path / name, redis_url, warm)
        bench.configure(bench_id=f"{tmp_path.name}-{name}")
        write_tasks(bench)
        found.append(bench)
    yield found[0], found[1]
    for bench in found:
        bench.close()


def test_each_worker_runs_its_own_bench_s_jobs(benches: tuple[Project, Project]) -> None:
    one, other = benches
    processes = [worker(bench) for bench in benches]
    for number in range(3):
        for bench in benches:
            with inside(bench):
                enqueue("myapp.core.record", text=f"{bench.root.name} {number}", job_id="same")
    for bench in benches:
        mine = [f"{bench.root.name} {number}" for number in range(3)]
        wait_until(lambda: bench.effects() == mine, what="its jobs ran")  # noqa: B023
    processes[0].stop()
    with inside(other):
        assert ended(enqueue("myapp.core.record", text="still there")).is_finished
    with inside(one):
        assert get_store().workers.all() == []
        left = enqueue("myapp.core.record", text="waits", job_id="only here", deduplicate=True)
        assert left.is_queued
        assert is_job_enqueued("only here")
    with inside(other):
        store = get_store()
        assert not is_job_enqueued("only here")
        assert len(store.workers.all()) == 1
        assert store.counts()[JobStatus.FINISHED] == 4
        assert store.counts()[JobStatus.QUEUED] == 0
        assert enqueue("myapp.core.record", job_id="only here", deduplicate=True) is not None
    assert one.effects() == [f"{one.root.name} {number}" for number in range(3)]


def test_a_message_of_one_is_refused_by_the_other(benches: tuple[Project, Project]) -> None:
    one, other = benches
    with inside(one) as store:
        job = enqueue("myapp.core.record", text="mine")
        record = store.client.hgetall(store.keys.record(job.run_id))
    with inside(other) as store:
        store.client.hset(store.keys.record(job.run_id), mapping=record)
        store.client.lpush(store.keys.queue("default"), job.run_id)
    assert worker(other, "--burst").wait() == 0
    with inside(other) as store:
        assert store.fetch_run(job.run_id).status == JobStatus.FAILED
        assert store.refused()[0]["run"] == job.run_id
    assert (one.effects(), other.effects()) == ([], [])


def test_remote_control_reaches_the_own_bench_only(benches: tuple[Project, Project]) -> None:
    for bench in benches:
        worker(bench)
    for bench in benches:
        process = bench.celery("inspect", "ping", "--json", "-t", "1")
        assert process.wait() == 0, process.output()
        answers = json.loads(process.output()[process.output().index("{") :])
        assert list(answers) == [f"w0@{socket.gethostname()}"]
