"""A message of RabbitMQ's that is none of ours, or whose record makes no sense, ends no process."""

from __future__ import annotations

from typing import Any

import amqp
import psutil
import pytest
from kombu import Connection

from frappe_celery import enqueue
from frappe_celery.brokers.rabbitmq.forwarder import Forwarder
from frappe_celery.jobs import JobStore
from frappe_celery.jobs.queue.publish import TASK_NAME
from tests.integration.benches import ended
from tests.project import Project
from tests.servers import RabbitMQServer
from tests.waiting import wait_until

QUEUED = {"id": "x", "about": '["u", "m", "n", 300]', "message": "x", "status": "queued"}
MESSAGES: dict[str, tuple[bytes, dict[str, Any]]] = {
    "a list for a task": (b"[[], {}, {}]", {"task": ["x"], "id": "1"}),
    "bytes for a task": (b"[[], {}, {}]", {"task": b"\xff\xfe", "id": "1"}),
    "no UTF-8": (b"\xff\xfe", {"task": TASK_NAME, "id": "unknown"}),
    "a record that is no hash": (b"{}", {"task": TASK_NAME, "id": "text"}),
    "a record without a place": (b"{}", {"task": TASK_NAME, "id": "nowhere"}),
    "a record with a status that is none": (b"{}", {"task": TASK_NAME, "id": "odd"}),
    "a list for an id": (b"{}", {"task": TASK_NAME, "id": [[["x"]]]}),
    "half a letter for an id": (b"{}", {"task": TASK_NAME, "id": "\ud800"}),
}


@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_it_is_refused_in_whichever_queue_and_the_next_job_runs(
    project: Project, store: JobStore, rabbitmq_server: RabbitMQServer, pool: str
) -> None:
    assert isinstance(store.forwarder, Forwarder)
    worker = project.worker("--without-mingle", "--pool", pool)
    assert ended(enqueue("myapp.tasks.record")).is_finished
    processes = psutil.Process(worker.pid).children()  # what these fork may end
    for what, (body, headers) in MESSAGES.items():
        for name in store.forwarder.names.all("default"):
            store.client.set(store.keys.record("text"), "x")
            store.client.hset(store.keys.record("nowhere"), mapping=QUEUED)
            odd = {**QUEUED, "place": "site1.localhost|default", "status": b"\xff\xfe"}
            store.client.hset(store.keys.record("odd"), mapping=odd)
            before = len(store.refused())
            with Connection(rabbitmq_server.url) as connection:
                connection.default_channel.basic_publish(
                    amqp.Message(body, application_headers=headers), routing_key=name
                )
            store.forwarder.ring("default")
            store.forwarder.publisher.ring(store.forwarder.names.whole("default"))
            if "status" not in what:  # which forbids that it starts, as any but `queued` does
                wait_until(lambda: len(store.refused()) > before, 10, f"{what} is refused")  # noqa: B023
            assert ended(enqueue("myapp.tasks.record")).is_finished, what
    store.client.delete(*map(store.keys.record, ("text", "nowhere", "odd")))
    assert worker.popen.poll() is None
    assert [process for process in processes if not process.is_running()] == []
    assert "no job can be fetched" not in worker.output()
    wait_until(lambda: store.queue_length("default") == 0, 5, "all are acknowledged")
