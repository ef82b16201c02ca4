"""RabbitMQ, its connections, callers and workers die; messages come twice, late and forged."""

from __future__ import annotations

import gc
import json
import os
import signal
import time
from pathlib import Path

import pytest
from kombu import Connection, Producer

from frappe_celery import batch, enqueue, options
from frappe_celery.brokers.rabbitmq.forwarder import Forwarder
from frappe_celery.brokers.rabbitmq.publisher import Letter
from frappe_celery.jobs import JobStore
from tests.integration.benches import ended, write_tasks
from tests.integration.frozen import Way
from tests.integration.worker.test_worker_death import working
from tests.project import Project
from tests.servers import LOOPBACK, RabbitMQServer
from tests.waiting import HANG_SECONDS, wait_until


def test_rabbitmq_dies_while_jobs_wait_run_and_come_and_all_run_once(
    project: Project, store: JobStore, rabbitmq_server: RabbitMQServer, tmp_path: Path
) -> None:
    write_tasks(project)
    running = enqueue("myapp.core.work", text="long", until=str(tmp_path / "go on"))
    waits = enqueue("myapp.tasks.record", text="waits")
    worker = project.worker("--without-mingle")
    working(project, "long")
    rabbitmq_server.kill()
    began = time.monotonic()
    meanwhile = enqueue("myapp.tasks.record", text="meanwhile")
    assert time.monotonic() - began < HANG_SECONDS
    assert meanwhile.is_queued
    rabbitmq_server.launch()
    (tmp_path / "go on").touch()
    assert {ended(job, 60).status for job in (running, waits, meanwhile)} == {"finished"}
    assert sorted(project.effects()) == ["long ended", "long started", "meanwhile", "waits"]
    assert store.queue_length("default") == 0
    assert worker.stop() == 0


def test_a_way_on_which_packets_get_lost_is_given_up(
    project: Project, store: JobStore, rabbitmq_server: RabbitMQServer
) -> None:
    way = Way(rabbitmq_server.port)
    project.configure(broker_url=f"amqp://guest:guest@{LOOPBACK}:{way.port}//")
    worker = project.worker("--without-mingle")
    # Another process's job, so that this one has no connection yet: when it has run, the worker has
    # asked all that it asks at its start.
    project.python("import frappe_celery, frappe; frappe.enqueue('myapp.tasks.record')")
    wait_until(project.effects)
    way.freeze()
    job = enqueue("myapp.tasks.record")
    assert ended(job).status == "finished"
    assert "RabbitMQ does not answer" in worker.output()
    way.close()


@pytest.mark.parametrize(
    ("step", "sent"), [("Publisher.publish", 0), ("Forwarder.ring", 1)], ids=["before", "after"]
)
def test_a_caller_that_dies_before_or_after_its_message_is_sent(
    project: Project, store: JobStore, step: str, sent: int
) -> None:
    """Its record says that it waits: a worker sends it, perhaps once more, and it runs once."""
    caller = project.start(
        "caller",
        "-c",
        "import os, signal\n"
        "from frappe_celery import enqueue\n"
        "from frappe_celery.brokers.rabbitmq.forwarder import Forwarder\n"
        "from frappe_celery.brokers.rabbitmq.publisher import Publisher\n"
        f"{step} = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "enqueue('myapp.tasks.record')\n",
    )
    assert caller.wait() == -signal.SIGKILL
    assert store.forwarder is not None
    assert store.forwarder.waiting("default") == sent
    assert len(store.forwarder.left(["default"])) == 1
    project.worker("--without-mingle")
    wait_until(lambda: project.effects() == ["ran"], what="it has run")
    wait_until(lambda: not store.queue_length("default"), what="nothing is left")
    assert store.forwarder.left(["default"]) == []
    assert project.effects() == ["ran"]


def test_a_run_whose_record_is_gone_leaves_the_outbox(store: JobStore) -> None:
    """Who sent it died before it said so, and it ended so long ago that its record has expired."""
    assert store.forwarder is not None
    store.client.lpush(store.keys.queue("default"), "long-gone")
    store.forwarder.forward(store.forwarder.left(["default"]))
    assert store.forwarder.left(["default"]) == []
    assert store.forwarder.waiting("default") == 0


def test_a_forged_message_starts_nothing_and_harms_no_job(
    project: Project, store: JobStore, rabbitmq_server: RabbitMQServer
) -> None:
    waits = enqueue("myapp.tasks.record", text="waits")
    forged = (
        {"task": "frappe_celery.run_job", "id": waits.run_id},
        {"task": "frappe_celery.run_job", "id": "f" * 32},
        {"task": "frappe_celery.run_job", "id": None},
        {"task": "frappe_celery.run_job"},
        {"task": "os.system", "id": "x", "root_id": "x"},
        {},
    )
    name = f"{store.keys.prefix}default"
    with Connection(rabbitmq_server.url) as connection:
        producer = Producer(connection.default_channel)
        for headers in forged:
            for body in ([["forged"], {}, {}], "forged", {}):
                producer.publish(body, routing_key=name, headers=headers, serializer="json")
    worker = project.worker("--without-mingle")
    assert ended(waits).status == "finished"
    last = enqueue("myapp.tasks.record", text="last")
    assert ended(last).status == "finished"
    assert project.effects() == ["waits", "last"]
    assert worker.popen.poll() is None
    wait_until(lambda: {entry["run"] for entry in store.refused()} >= {"f" * 32})
    wait_until(lambda: not store.queue_length("default"), what="nothing comes again")


def lose_all(project: Project, store: JobStore) -> None:
    """The Redis loses all while jobs lie in RabbitMQ, and a worker parks these."""
    for key in store.client.scan_iter(match=f"{store.keys.prefix}*"):
        store.client.delete(key)
    project.worker("--without-mingle").wait_for("frappe-celery jobs parked")


def parked(project: Project, *options: str, code: int = 0) -> str:
    command = project.start("parked", "-m", "frappe_celery.cli", "jobs", "parked", *options)
    assert command.wait() == code, command.output()
    return command.output()


def test_a_message_whose_record_the_redis_lost_is_parked_and_listed(
    project: Project, store: JobStore
) -> None:
    project.worker("--without-mingle", "-Q", "short")
    wait_until(lambda: store.client.exists(f"{store.keys.prefix}broker:mark"), what="marked")
    job = enqueue("myapp.tasks.record", job_id="precious")
    lose_all(project, store)
    assert project.effects() == []
    assert f"{job.id}  myapp.tasks.record  queue default  run {job.run_id}" in parked(project)
    (told,) = json.loads(parked(project, "--json"))
    assert (told["id"], told["run"], told["queue"]) == (job.id, job.run_id, "default")
    assert "1 messages, enqueued anew" in parked(project, "--requeue")
    wait_until(lambda: project.effects() == ["ran"], what="it has run")
    assert "0 messages" in parked(project)


def test_what_is_parked_is_enqueued_once_whatever_else_was_lost_and_lies_there(
    project: Project, store: JobStore
) -> None:
    project.worker("--without-mingle", "-Q", "short")
    wait_until(lambda: store.client.exists(f"{store.keys.prefix}broker:mark"), what="marked")
    record = "myapp.tasks.record"
    first = ended(enqueue(record, queue="short", text="first"))
    enqueue(record, text="before")
    options(depends_on=first).enqueue(record, text="depends")
    with batch("Close") as b:
        b.enqueue(record, text="of a batch")
    enqueue(record, text="after")
    lose_all(project, store)
    wait_until(lambda: "4 messages" in parked(project), what="all are parked")
    assert isinstance(store.forwarder, Forwarder)
    headers = {"task": "frappe_celery.run_job", "id": "forged"}
    letter = Letter(
        "forged", store.forwarder.names.parked, json.dumps([["forged"], {}, {}]), headers
    )
    store.forwarder.publisher.deliver(letter)
    told = parked(project, "--requeue", code=1)
    assert "4 messages, enqueued anew" in told
    assert "forged stays parked: " in told
    wait_until(lambda: len(project.effects()) == 5, what="all have run")
    again = parked(project, "--requeue", code=1)
    assert "0 messages" in again
    assert "forged stays parked: " in again
    assert sorted(project.effects()) == ["after", "before", "depends", "first", "of a batch"]


def test_benches_that_share_a_virtual_host_see_nothing_of_each_other(
    project: Project, store: JobStore
) -> None:
    job = enqueue("myapp.tasks.record")
    project.configure(bench_id=f"other-{store.keys.prefix.split(':')[1]}")
    assert project.worker("--without-mingle", "--burst").wait() == 0
    assert job.is_queued
    assert project.effects() == []


def test_a_password_is_shown_nowhere(project: Project, store: JobStore) -> None:
    host = store.settings.broker_url.rpartition("@")[2]  # type: ignore[union-attr]
    project.configure(broker_url=f"amqp://guest:sesame@{host}")
    worker = project.celery("worker", "-l", "DEBUG", "-c", "1")
    worker.wait_for("ACCESS_REFUSED")
    with Path(f"/proc/{worker.pid}/cmdline").open() as command:
        assert "sesame" not in command.read()
    told = project.python(
        "import logging\nlogging.basicConfig(level=logging.DEBUG)\n"
        "from frappe_celery import enqueue\nprint(enqueue('myapp.tasks.record').get_status())"
    )
    doctor = project.start("doctor", "-m", "frappe_celery.cli", "doctor")
    doctor.wait()
    for shown in (worker.output(), told, doctor.output()):
        assert "sesame" not in shown
        assert "RabbitMQ" in shown or "amqp" in shown
    assert "queued" in told


def test_a_fork_leaves_the_connection_of_its_parent_alone(store: JobStore) -> None:
    assert store.forwarder is not None
    enqueue("myapp.tasks.record")
    (line,) = store.forwarder.publisher._idle
    child = os.fork()
    if child == 0:
        enqueue("myapp.tasks.record")
        del line
        gc.collect()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    enqueue("myapp.tasks.record")
    assert store.forwarder.publisher._idle == [line]
    assert store.queue_length("default") == 3
