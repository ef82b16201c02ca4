"""A message of a Celery task's that is found among jobs goes where workers' parents take it."""

from __future__ import annotations

import uuid
from typing import Any

import amqp
import pytest

from frappe_celery import celery_app, enqueue
from frappe_celery.brokers.rabbitmq.forwarder import Forwarder
from frappe_celery.jobs import JobStore
from tests.integration.benches import ended
from tests.integration.brokers.hands import Hand
from tests.project import Project
from tests.servers import RabbitMQServer
from tests.waiting import wait_until


@pytest.fixture
def somebody(rabbitmq_server: RabbitMQServer) -> str:
    """Another user of RabbitMQ's."""
    name = f"u{uuid.uuid4().hex[:8]}"
    for words in (["add_user", name, "secret"], ["set_permissions", name, ".*", ".*", ".*"]):
        assert rabbitmq_server.ctl(*words).returncode == 0
    return name


def among_jobs(hand: Hand, user: str = "guest", password: str = "guest", **more: Any) -> str:
    """Put one into the queue of jobs, as that user; gives its id."""
    assert isinstance(hand.store.forwarder, Forwarder)
    id = uuid.uuid4().hex
    headers = {"task": "myapp.own.add", "id": id, **more.pop("headers", {})}
    host = str(hand.url).split("@")[1].split("/")[0]
    with amqp.Connection(host, userid=user, password=password) as connection:
        message = amqp.Message(b"[[], {}, {}]", application_headers=headers, **more)
        name = hand.store.forwarder.names.main("default")
        connection.channel().basic_publish_confirm(message, "", name)
    hand.store.forwarder.ring("default")
    return id


def reasons(store: JobStore) -> dict[str, str]:
    return {entry["run"]: entry["reason"] for entry in store.refused()}


def test_one_of_another_user_s_does_not_stand_in_the_way(
    project: Project, store: JobStore, somebody: str
) -> None:
    """RabbitMQ takes a `user_id` from that user alone."""
    worker = project.worker()
    assert ended(enqueue("myapp.tasks.record", text="first")).is_finished
    hand = Hand(store, celery_app.build())
    id = among_jobs(hand, somebody, "secret", user_id=somebody)
    assert ended(enqueue("myapp.tasks.record", text="next")).is_finished
    wait_until(lambda: id in reasons(store), 30, "its parent has it")
    assert "the signature is missing or wrong" in reasons(store)[id]
    assert "does not answer" not in worker.output()


def test_one_that_asks_for_copies_does_not_come_back(project: Project, store: JobStore) -> None:
    worker = project.worker()
    hand = Hand(store, celery_app.build())
    assert isinstance(store.forwarder, Forwarder)
    name = store.forwarder.names.main("default")
    id = among_jobs(hand, headers={"CC": [name, name]})
    wait_until(lambda: id in reasons(store), 30, "its parent has it")
    assert ended(enqueue("myapp.tasks.record", text="next")).is_finished
    wait_until(lambda: store.queue_length("default") == 0, 30, "nothing comes again")
    assert len([e for e in store.refused(1000) if e["run"] == id]) <= 2
    assert worker.popen.poll() is None


def test_one_that_rabbitmq_does_not_take_is_parked_and_told_of_as_what_it_is(
    project: Project, store: JobStore, caplog: pytest.LogCaptureFixture
) -> None:
    """It came another way than by publishing, where RabbitMQ had refused its `expiration` too."""
    assert isinstance(store.forwarder, Forwarder)
    outbox, hand = store.forwarder, Hand(store, celery_app.build())
    headers = {"task": "myapp.own.add", "id": "x"}
    raw = amqp.Message("text", application_headers=headers, message_id="m", expiration="never")
    outbox.hand_to_parents(raw, "default")
    assert enqueue("myapp.tasks.record", text="next").is_queued
    assert outbox.left(["default"]) == [], "RabbitMQ is asked at once"
    assert "answers, and refuses what it is asked: " in reasons(store)["m"]
    assert "406" in reasons(store)["m"]
    assert "a message in queue default is parked: " in caplog.text
    assert "does not answer" not in caplog.text
    with hand.rabbitmq() as channel:  # whose end gives it back
        assert channel.basic_get(outbox.names.parked).body == "text"
    told = project.start("doctor", "-m", "frappe_celery.cli", "doctor")
    told.wait()
    assert "1 message parked: the Redis lost its record, or RabbitMQ did not" in told.output()
    assert "does not answer" not in told.output()
