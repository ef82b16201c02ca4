"""From Redis to RabbitMQ and back: what waits comes along within seconds."""

from __future__ import annotations

from frappe_celery import enqueue
from frappe_celery.config import settings
from frappe_celery.jobs import JobStatus, JobStore, get_store
from tests.project import Project
from tests.servers import RabbitMQServer
from tests.waiting import wait_until

QUICK_SECONDS = 25
"""Less than a ghost's age, after which the sweeper would have found them."""


def go_to(project: Project, broker_url: str | None) -> JobStore:
    project.configure(broker_url=broker_url)
    settings.use(None)
    return get_store()


def enqueued(project: Project, number: int) -> None:
    for i in range(number):
        enqueue("myapp.tasks.record", text=str(i), queue=["short", "long"][i % 2])


def ran(project: Project, store: JobStore, number: int) -> None:
    project.worker("--without-mingle")
    wait_until(lambda: len(project.effects()) == number, QUICK_SECONDS, "what waited has run")
    assert sorted(project.effects(), key=int) == [str(i) for i in range(number)]
    assert store.counts()[JobStatus.QUEUED] == 0
    assert store.queue_length("short") == store.queue_length("long") == 0


def test_what_waits_in_redis_runs_from_rabbitmq(
    project: Project, rabbitmq_server: RabbitMQServer
) -> None:
    go_to(project, None)
    enqueued(project, 40)
    ran(project, go_to(project, rabbitmq_server.url), 40)


def test_what_waits_in_rabbitmq_runs_from_redis(
    project: Project, rabbitmq_server: RabbitMQServer
) -> None:
    go_to(project, rabbitmq_server.url)
    project.worker("--without-mingle").stop()
    enqueued(project, 40)
    ran(project, go_to(project, None), 40)
