"""`aenqueue` and `Job.ended`: code on an event loop enqueues and waits without blocking it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from frappe_celery import aenqueue, enqueue
from frappe_celery.errors import NotEnded, UnknownQueue
from frappe_celery.jobs import Job, JobStatus, JobStore
from tests.integration.benches import inside_with, worker
from tests.project import Project
from tests.servers import RedisServer

SILENT_SECONDS = 0.4


def turns_during(waits: Callable[[], Coroutine[Any, Any, Any]]) -> tuple[Any, int]:
    """What it returns, and how many turns the loop has had meanwhile."""
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0.005)

    async def both() -> Any:
        counting = asyncio.create_task(count())
        try:
            return await waits()
        finally:
            counting.cancel()

    return asyncio.run(both()), turns


def test_a_broker_that_is_slow_to_answer_stops_no_loop(
    project: Project, own_redis: RedisServer
) -> None:
    with inside_with(project, own_redis.url) as store:
        enqueue("myapp.core.record", text="warm")

        async def asks() -> Job:
            store.client.client_pause(int(SILENT_SECONDS * 1000))
            return await aenqueue("myapp.core.record", text="x")

        job, turns = turns_during(asks)
        assert turns > 20
        assert job.get_status() == JobStatus.QUEUED
        with pytest.raises(NotEnded, match=r"is queued after 0\.1 seconds"):
            turns_during(lambda: job.ended(0.1))
        worker(project)
        assert turns_during(job.ended)[0] == JobStatus.FINISHED
        assert job.result == "x"


def test_what_enqueue_raises(pool_store: JobStore) -> None:
    with pytest.raises(UnknownQueue):
        asyncio.run(aenqueue("myapp.core.record", "nowhere"))
