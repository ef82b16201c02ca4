"""What comes again since nobody acted on it says so, as Celery's tasks and settings read it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

import frappe_celery
from frappe_celery import celery_app
from frappe_celery.jobs import JobStatus, JobStore
from tests.brokers import both_brokers
from tests.integration.benches import ended, inside, write_tasks
from tests.project import Project
from tests.waiting import wait_until

OWN = """
import os
import signal

from celery import current_task, shared_task
from celery.exceptions import Reject

import frappe_celery
from myapp.tasks import record


def comes_again():
    again = current_task.request.delivery_info["redelivered"]
    record(f"again: {again}")
    return again


@shared_task(acks_late=True)
def once_more():
    if not comes_again():
        raise Reject("not yet", requeue=True)


@shared_task(acks_late=True)
def add(a, b):
    record(f"{a} + {b}")
    return a + b


@frappe_celery.options(idempotent=True)
def die_once():
    if not comes_again():
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"
"""
CONFIG = """
result_backend = {redis_url!r}
imports = ("myapp.own",)
task_acks_late = True
worker_deduplicate_successful_tasks = True
"""
SEND = """
import frappe_celery
frappe_celery.app.set_current()
from myapp.own import add, once_more
"""


@pytest.fixture
def store(project: Project, redis_url: str) -> Iterator[JobStore]:
    project.write("celeryconfig.py", CONFIG.format(redis_url=redis_url))
    project.write("myapp/own.py", OWN)
    write_tasks(project)
    with inside(project) as store:
        yield store


@both_brokers
def test_a_task_that_rejects_itself_sees_that_it_comes_again(
    project: Project, store: JobStore
) -> None:
    project.worker("--without-mingle")
    project.python(f"{SEND}once_more.delay()")
    wait_until(lambda: "again: True" in project.effects(), 30, "it comes again")
    assert project.effects() == ["again: False", "again: True"]


def test_a_task_that_had_succeeded_when_its_worker_died_is_not_run_again(
    project: Project, store: JobStore
) -> None:
    """It had its result, and was not acknowledged yet."""
    known, _ = project.python(f"{SEND}print(add.delay(1, 2).id, add.delay(3, 4).id)").split()
    keys, client = store.keys, store.client
    queue, held = keys.whole("default"), keys.in_flight("gone")
    client.hset(held, "tag", f"{queue}\n{client.rpop(queue).decode()}")
    store.run_script("let_go", (held, keys.consumers), keys.prefix, "gone", "inf", "1", "")
    celery_app.build().backend.store_result(known, 3, "SUCCESS")
    project.worker("--without-mingle").wait_for("Task already completed successfully.")
    wait_until(project.effects, 30, "the other one runs")
    assert project.effects() == ["3 + 4"]


@both_brokers
def test_a_job_whose_process_died_sees_that_it_comes_again(
    project: Project, store: JobStore
) -> None:
    project.worker("--without-mingle", "-c", "1")
    job = frappe_celery.options(idempotent=True).enqueue("myapp.own.die_once")
    wait_until(lambda: "again: True" in project.effects(), 60, "it comes again")
    assert ended(store.fetch(job.id)).status == JobStatus.FINISHED
    assert project.effects() == ["again: False", "again: True"]


def test_a_job_that_had_succeeded_when_its_process_died_is_recorded_and_not_run_again(
    project: Project, store: JobStore
) -> None:
    """Celery had its result, and its record did not say so yet."""
    sent = frappe_celery.signature("myapp.own.die_once").apply_async(task_id=str(uuid.uuid4()))
    celery_app.build().backend.store_result(sent.id, "done", "SUCCESS")
    worker = project.worker("--without-mingle", "-c", "1")
    worker.wait_for("Task already completed successfully.", 60)
    wait_until(lambda: store.counts()[JobStatus.FINISHED] == 1, 30, "it is recorded")
    assert project.effects() == ["again: False"]
