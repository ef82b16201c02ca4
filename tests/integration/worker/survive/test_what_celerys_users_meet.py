"""What users of Celery report of workers that live and take nothing any more: not here."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator

import pytest

from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStatus, JobStore
from tests.brokers import both_brokers
from tests.integration.benches import ended, inside, write_tasks
from tests.integration.test_own_celery_app import TEAM, team_worker
from tests.project import Project
from tests.proxy import Proxy
from tests.servers import RabbitMQServer, RedisServer
from tests.waiting import wait_until

EATS = """
@app.task(acks_late=True)
def eats():
    record("ate")
    raise MemoryError("no memory left")


frappe_celery.setup(app)
"""
LOOKS = """
import team
while True:
    team.app.control.inspect(timeout=0.5).active()
    print("looked", flush=True)
"""


@pytest.fixture
def proxies(
    project: Project, own_redis: RedisServer, broker: str, request: pytest.FixtureRequest
) -> Iterator[list[Proxy]]:
    """On the way to each server that the project uses."""
    redis = Proxy(own_redis.port)
    found = [redis]
    url = f"redis://127.0.0.1:{redis.port}/0"
    project.configure(redis_queue=url)
    if broker == "rabbitmq":
        server: RabbitMQServer = request.getfixturevalue("rabbitmq_server")
        found.append(Proxy(server.port))
        url = f"amqp://guest:guest@127.0.0.1:{found[1].port}//"
        project.configure(broker_url=url)
    write_tasks(project)
    project.write("team.py", TEAM.replace("frappe_celery.setup(app)", EATS).replace("BROKER", url))
    yield found
    for proxy in found:
        proxy.close()


@pytest.fixture
def store(project: Project, proxies: list[Proxy]) -> Iterator[JobStore]:
    with inside(project) as store:
        yield store
        sys.modules.pop("team", None)


def send(task: str, *words: str) -> None:
    getattr(importlib.import_module("team"), task).delay(*words)


@both_brokers
def test_a_task_that_runs_out_of_memory_blocks_no_slot(project: Project, store: JobStore) -> None:
    """celery#10462: acknowledged late, it stays unacknowledged and holds its slot."""
    team_worker(project, "--prefetch-multiplier", "1")
    send("eats")
    wait_until(lambda: "ate" in project.effects(), 30, "it ran")
    for number in range(3):
        send("note", f"note {number}")
    wait_until(lambda: "note 2" in project.effects(), 30, "others run after it")
    assert ended(enqueue("myapp.core.record", text="job")).status == JobStatus.FINISHED
    assert project.effects().count("ate") == 1


@both_brokers
def test_a_worker_takes_tasks_and_jobs_after_several_cuts_within_seconds(
    project: Project, store: JobStore, proxies: list[Proxy]
) -> None:
    """celery#8030, #10205: it says that it is connected, and takes nothing."""
    team_worker(project)
    for _ in range(5):
        for proxy in proxies:
            wait_until(lambda proxy=proxy: proxy.connections, what="somebody is connected again")
            proxy.cut_all()
    send("note", "task")
    wait_until(lambda: "task" in project.effects(), 40, "a task of the team's own runs")
    assert ended(enqueue("myapp.core.record", text="job")).status == JobStatus.FINISHED
    assert [project.effects().count(text) for text in ("task", "job")] == [1, 1]


@both_brokers
def test_who_inspects_and_is_killed_moves_nothing(project: Project, store: JobStore) -> None:
    """flower#1406."""
    team_worker(project)
    for number in range(10):
        looks = project.start(f"looks{number}", "-c", LOOKS)
        looks.wait_for("looked")
        send("note", f"task {number}")
        enqueue("myapp.core.record", text=f"job {number}")
        looks.kill()
    wanted = sorted(f"{what} {number}" for what in ("task", "job") for number in range(10))
    wait_until(lambda: len(project.effects()) >= 20, 60, "all have run")
    assert sorted(project.effects()) == wanted
