"""What is RabbitMQ's own about jobs; what both brokers do alike is tested with `both_brokers`."""

from __future__ import annotations

from contextlib import suppress

import frappe_celery
from frappe_celery import enqueue
from frappe_celery.brokers.rabbitmq.forwarder import Forwarder
from frappe_celery.brokers.rabbitmq.publisher import Publisher
from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.jobs.job import ENDED
from frappe_celery.jobs.queue.scheduled import promote
from frappe_celery.worker.ghosts import sweep
from tests.integration.stores import queued
from tests.project import Project
from tests.servers import RabbitMQServer
from tests.waiting import HANG_SECONDS, wait_until


def add(text: str, **options: object) -> None:
    enqueue("myapp.tasks.record", text=text, **options)  # type: ignore[arg-type]


def test_a_job_waits_in_a_quorum_queue_of_the_bench_s_own_and_runs(
    project: Project, store: JobStore, rabbitmq_server: RabbitMQServer
) -> None:
    waiting = enqueue("myapp.tasks.record", text="before")
    assert waiting.is_queued
    assert store.queue_length("default") == store.waiting("default") == 1
    listed = rabbitmq_server.ctl("list_queues", "--quiet", "name", "type", "durable")
    name = f"{store.keys.prefix}default"
    assert f"{name}\tquorum\ttrue" in listed.stdout.splitlines()
    project.worker("--without-mingle")
    wait_until(lambda: waiting.is_finished, 20, "the job that waited has run")
    job = enqueue("myapp.tasks.record", text="after")
    wait_until(lambda: job.is_finished, HANG_SECONDS, "the job has run")
    assert project.effects() == ["before", "after"]
    assert job.result == "after"
    assert waiting.enqueued_at < waiting.started_at < waiting.ended_at  # type: ignore[operator]
    assert store.queue_length("default") == store.waiting("default") == 0


def test_a_team_s_own_task_is_there_when_the_bell_rings_and_in_its_own_queue(
    project: Project, store: JobStore
) -> None:
    """So a parent takes it at once, and none that does not consume that queue."""
    assert isinstance(store.forwarder, Forwarder)
    names = store.forwarder.names
    with frappe_celery.app.connection() as connection:
        short, default = connection.channel(), connection.channel()
        for channel, queue in ((short, "short"), (default, "default")):
            channel.queue_declare(queue)
            channel.basic_consume(queue, callback=print)
            channel._may_have.clear()
        frappe_celery.app.send_task("team.task", queue="short")

        def rang() -> set[str]:
            with suppress(TimeoutError):
                connection.connection.drain_events(timeout=0.1)
            return set(short._may_have)

        assert wait_until(rang, what="it rings") == {names.whole("short")}
        assert default._may_have == set()
    assert store.forwarder.publisher.waiting([names.whole("short")]) == 1
    assert store.forwarder.publisher.waiting([*names.both("short"), *names.all("default")]) == 0
    assert store.queue_length("short") == 1


def test_at_front_goes_before_what_waits(project: Project, store: JobStore) -> None:
    for text in ("a", "b"):
        add(text)
    add("first", at_front=True)
    assert project.worker("--without-mingle", "--burst").wait() == 0
    assert project.effects() == ["first", "a", "b"]


def test_a_job_reaches_rabbitmq_once_its_callers_transaction_has_ended(
    project: Project, store: JobStore
) -> None:
    assert isinstance(store.forwarder, Forwarder)
    queues = store.forwarder.names.all("default")
    first, job = (queued(store, transaction="t") for _ in range(2))
    assert store.forwarder.publisher.waiting(queues) == 0
    assert store.waiting("default") == 2
    first.cancel()
    store.transaction_ended("t")
    assert store.forwarder.publisher.waiting(queues) == 1
    project.worker("--without-mingle")
    wait_until(lambda: job.get_status() in ENDED, 20, "the job has run")


def test_one_that_is_due_before_that_end_reaches_it_no_earlier(
    project: Project, store: JobStore
) -> None:
    assert isinstance(store.forwarder, Forwarder)
    queues = store.forwarder.names.all("default")
    queued(store, at=1.0)
    queued(store, transaction="t", at=1.0)
    promote(store)
    assert store.forwarder.publisher.waiting(queues) == 1
    store.transaction_ended("t")
    assert store.forwarder.publisher.waiting(queues) == 2


def test_a_transaction_that_ends_while_rabbitmq_is_away_fails_nobody(
    project: Project, store: JobStore
) -> None:
    assert isinstance(store.forwarder, Forwarder)
    job = queued(store, transaction="t")
    publisher = store.forwarder.publisher
    store.forwarder.publisher = Publisher("amqp://guest@127.0.0.1:1//")
    store.transaction_ended("t")
    store.forwarder.publisher = publisher
    project.worker("--without-mingle")
    wait_until(lambda: job.get_status() in ENDED, 30, "the job has run")


def test_two_workers_share_a_backlog_and_each_job_runs_once(
    project: Project, store: JobStore
) -> None:
    for number in range(60):
        add(str(number), queue=("short", "default", "long")[number % 3])
    workers = [project.worker("--without-mingle", "--burst", "-c", "2") for _ in range(2)]
    assert [worker.wait() for worker in workers] == [0, 0]
    assert sorted(project.effects(), key=int) == [str(number) for number in range(60)]


def test_what_is_canceled_or_deleted_while_it_waits_never_runs(
    project: Project, store: JobStore
) -> None:
    canceled, deleted = (enqueue("myapp.tasks.record", text=text) for text in ("a", "b"))
    canceled.cancel()
    deleted.delete()
    add("last")
    assert project.worker("--without-mingle", "--burst").wait() == 0
    assert project.effects() == ["last"]
    assert canceled.get_status() == JobStatus.CANCELED


def test_what_somebody_purged_waits_again(store: JobStore) -> None:
    job, outbox = enqueue("myapp.tasks.record"), store.forwarder
    assert isinstance(outbox, Forwarder)
    wait_until(lambda: outbox.waiting("default") == 1, what="RabbitMQ has it")
    assert sweep(store, old=0) == []
    outbox.publisher.ask(lambda channel: channel.queue_purge(outbox.names.main("default")))
    store.client.delete(store.keys.sweeping)
    assert sweep(store, old=0) == [job.run_id]
    assert store.queue_length("default") == 1


def test_purge_cancels_what_waits(project: Project, store: JobStore) -> None:
    jobs = [enqueue("myapp.tasks.record", queue=queue) for queue in ("short", "default", "default")]
    assert "Purged 3 messages" in project.python(
        "from frappe_celery import app; print('Purged', app.control.purge(), 'messages')"
    )
    assert {job.get_status() for job in jobs} == {JobStatus.CANCELED}
    assert [store.queue_length(queue) for queue in store.settings.queues] == [0, 0, 0]
