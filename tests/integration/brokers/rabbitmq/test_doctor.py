"""What doctor says of jobs that wait in RabbitMQ, and of those that are nowhere."""

from __future__ import annotations

import time

from frappe_celery.brokers.rabbitmq.outbox import Outbox
from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import Job, JobStore
from frappe_celery.watch import snapshot
from frappe_celery.watch.doctor import ghosts
from frappe_celery.watch.doctor.report import Section


def waiting_long(store: JobStore) -> Job:
    job = enqueue("myapp.tasks.record")
    assert job is not None
    store.client.hset(store.keys.record(job.run_id), "enqueued_at", repr(time.time() - 100))
    return job


def ghosts_of(store: JobStore) -> list[str]:
    found = Section("ghosts")
    ghosts.check(found, store, snapshot.take(store, 0), None)
    return [row["id"] for row in found.rows]


def test_a_job_that_waits_in_rabbitmq_is_no_ghost_and_one_that_is_nowhere_is(
    store: JobStore,
) -> None:
    job = waiting_long(store)
    assert ghosts_of(store) == []
    outbox = store.outbox
    assert isinstance(outbox, Outbox)
    outbox.publisher.ask(lambda channel: channel.queue_purge(outbox.names.main("default")))
    assert ghosts_of(store) == [job.id]
