"""The store's own connections: few, whoever calls, and never one that two processes share."""

from __future__ import annotations

import multiprocessing
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from frappe_celery.jobs import JobStatus, JobStore
from tests.integration.stores import make_store, queued, take_all
from tests.project import Project
from tests.servers import RedisServer


@pytest.fixture
def alone(project: Project, own_redis: RedisServer) -> JobStore:
    return make_store(project.root, own_redis.url, "alone")


def connections(store: JobStore) -> int:
    return len(store.client.client_list())


def test_a_thread_for_each_call_leaves_no_connection_behind(alone: JobStore) -> None:
    """As a development server that starts a thread for each request."""
    for _ in range(150):
        thread = threading.Thread(target=queued, args=(alone,))
        thread.start()
        thread.join()
    assert alone.counts()[JobStatus.QUEUED] == 150
    assert connections(alone) <= 3


def test_threads_at_once_have_connections_of_their_own_and_give_them_back(alone: JobStore) -> None:
    with ThreadPoolExecutor(16) as pool:
        jobs = list(pool.map(lambda _: queued(alone), range(800)))
    assert sorted(take_all(alone)) == sorted(job.run_id for job in jobs)
    assert connections(alone) <= 18


def test_a_forked_process_does_not_use_its_parent_s_connection(alone: JobStore) -> None:
    queued(alone)
    fork = multiprocessing.get_context("fork")
    children = [fork.Process(target=_enqueue_many, args=(alone,)) for _ in range(4)]
    for child in children:
        child.start()
    _enqueue_many(alone)
    for child in children:
        child.join(30)
        assert child.exitcode == 0
    assert alone.counts()[JobStatus.QUEUED] == 1 + 5 * 100


def _enqueue_many(store: JobStore) -> None:
    for _ in range(100):
        job = queued(store)
        assert store.fetch_run(job.run_id) == job


def test_an_exception_in_the_midst_of_a_call_spoils_none_after_it(alone: JobStore) -> None:
    """A job's timeout can be raised anywhere: the answer of then must not be the next call's."""

    class TimeIsUp(Exception):
        pass

    def raise_it(*_: object) -> None:
        raise TimeIsUp

    before = signal.signal(signal.SIGALRM, raise_it)
    raised = 0
    try:
        for n in range(300):
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.00005 + n * 0.000002)
                queued(alone)
                signal.setitimer(signal.ITIMER_REAL, 0)
            except TimeIsUp:
                raised += 1
            job = queued(alone)
            assert alone.fetch_run(job.run_id) == job
            assert alone.start(job.run_id, "worker") == "claimed"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert raised > 10
