"""Tasks of `django.tasks` as jobs: what its contract says, with real workers on both brokers."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from typing import Any

import django
import pytest

from tests.project import Project

pytestmark = pytest.mark.skipif(django.VERSION < (6,), reason="needs Django 6")

SETTINGS = """
import os
from pathlib import Path

SECRET_KEY = "x"
USE_TZ = "NAIVE" not in os.environ
TIME_ZONE = "America/New_York"
INSTALLED_APPS = ["frappe_celery", "shop"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3",
    "NAME": Path(__file__).parents[1] / "team.db",
    "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"}}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
BACKEND = "frappe_standalone.django_tasks.Backend"
TASKS = {
    "default": {"BACKEND": BACKEND, "QUEUES": ["default", "brief", "nowhere"]},
    "on_commit": {"BACKEND": BACKEND, "OPTIONS": {"enqueue_after_commit": True}},
}
"""
MODELS = """
from django.db import models

class Order(models.Model):
    number = models.CharField(max_length=20)
"""
TASKS = """
import os, signal, sys, time
from pathlib import Path

import frappe
from django.tasks import task
from django.tasks.signals import task_enqueued, task_finished, task_started
from frappe_celery import Retry, options
from shop.models import Order

ROOT = Path(__file__).parents[1]

def tell(signal, sender, task_result, **_):
    names = {task_enqueued: "enqueued", task_started: "started", task_finished: "finished"}
    text = f"{task_result.id} {names[signal]} {task_result.status} {task_result.attempts}"
    with (ROOT / "signals.txt").open("a") as file:
        file.write(f"{text} {sender.__module__}.{sender.__qualname__}\\n")

for one in (task_enqueued, task_started, task_finished):
    one.connect(tell)

@task
def add(a, b=0, *more, **named):
    return [a, b, more, named, frappe.session.user]

@task
async def add_async(a, b):
    return a + b

@task(takes_context=True)
def about(context, word):
    result = context.task_result
    return [word, context.attempt, result.id, result.status, result.worker_ids]

@task
def order(number, fail=False):
    Order.objects.create(number=number)
    if fail:
        raise LookupError(f"no {number}")

@task
def count():
    return Order.objects.count()

@task
def unfit():
    return object()

@task
def leave():
    sys.exit("gone")

@task
def die():
    os.kill(os.getpid(), signal.SIGKILL)

@task(queue_name="brief")
def sleep():
    time.sleep(60)

@task(takes_context=True)
@options(retry=Retry(max=2, delay=0))
def third_time(context):
    if context.attempt < 3:
        raise ValueError(f"attempt {context.attempt}")
    return context.attempt

@task
@options(retry=Retry(max=1, delay=0))
def never():
    raise ValueError("again")

def kept(): pass

lost = task(kept)
"""
READY = """
import json, sys, time
from contextlib import suppress
import django; django.setup()
from datetime import datetime, timedelta
from django.db import connection, transaction
from django.tasks import default_task_backend as backend, task_backends
from django.tasks.exceptions import *
from django.utils.timezone import now
from shop import tasks
from shop.models import Order

def ended(result):
    until = time.monotonic() + 60
    while not result.is_finished:
        assert time.monotonic() < until, result
        time.sleep(0.05)
        with suppress(TaskResultDoesNotExist):  # the relay has not enqueued it yet
            result.refresh()
    return result

def say(**values):
    print("said", json.dumps(values, default=str))
"""
OUTBOX = """
until = time.monotonic() + 60
while "frappe_celery_outbox" not in connection.introspection.table_names():
    assert time.monotonic() < until
    time.sleep(0.1)
say()
"""


@pytest.fixture(scope="module", params=["redis", "rabbitmq"])
def team(request: pytest.FixtureRequest, redis_url: str) -> Iterator[Project]:
    """A Django project with its worker."""
    factory = request.getfixturevalue("tmp_path_factory")
    project = Project(factory.mktemp("team"), redis_url)
    if request.param == "rabbitmq":
        project.configure(broker_url=request.getfixturevalue("rabbitmq_server").url)
    project.configure(frappe_celery_outbox=True, workers={"brief": {"timeout": 1}})
    project.write("team/__init__.py", "")
    project.write("team/settings.py", SETTINGS)
    project.write("shop/__init__.py", "")
    project.write("shop/hooks.py", "")
    project.write("shop/models.py", MODELS)
    project.write("shop/tasks.py", TASKS)
    project.write("sites/apps.txt", "shop\n")
    try:
        migrate = (
            "from django.core.management import call_command as c; c('migrate', run_syncdb=True)"
        )
        said(project, f"{migrate}; say()")
        project.worker(DJANGO_SETTINGS_MODULE="team.settings")
        said(project, OUTBOX)
        yield project
    finally:
        project.close()


def said(team: Project, code: str, **environment: str) -> dict[str, Any]:
    """What a script, a process of the project, says."""
    environment = {"DJANGO_SETTINGS_MODULE": "team.settings", **environment}
    lines = team.python(READY + textwrap.dedent(code), **environment).splitlines()
    (line,) = (line for line in lines if line.startswith("said "))
    found: dict[str, Any] = json.loads(line.removeprefix("said "))
    return found


def test_a_task_and_its_result(team: Project) -> None:
    found = said(
        team,
        """
        before = now()
        new = tasks.add.enqueue(1, 2, (3, 4), five=[5])
        first = backend.get_result(new.id)
        done = ended(tasks.add.get_result(new.id))
        assert before <= new.enqueued_at <= done.started_at <= done.finished_at <= now()
        assert done.started_at == done.last_attempted_at and done.enqueued_at == new.enqueued_at
        assert done.task == new.task == tasks.add
        say(new=[new.status, new.attempts, new.started_at, new.args, new.kwargs, len(new.id)],
            status=done.status, value=done.return_value, errors=done.errors,
            attempts=done.attempts, workers=done.worker_ids)
        """,
    )
    assert found["new"] == ["READY", 0, None, [1, 2, [3, 4]], {"five": [5]}, 32]
    assert found["status"] == "SUCCESSFUL"
    assert found["value"] == [1, 2, [[3, 4]], {"five": [5]}, "Administrator"]
    assert found["attempts"] == len(found["workers"]) == 1
    assert found["errors"] == []


def test_async(team: Project) -> None:
    found = said(
        team,
        """
        import asyncio

        async def main():
            new = await tasks.add_async.aenqueue(3, b=4)
            while not new.is_finished:
                await asyncio.sleep(0.05)
                await new.arefresh()
            return await tasks.add_async.aget_result(new.id)

        say(value=asyncio.run(main()).return_value)
        """,
    )
    assert found == {"value": 7}


def test_the_context_and_the_signals(team: Project) -> None:
    found = said(
        team,
        """
        done = ended(tasks.about.enqueue("word"))
        failed = ended(tasks.order.enqueue("x", fail=True))
        say(id=done.id, value=done.return_value, failed=failed.id)
        """,
    )
    word, attempt, own, status, workers = found["value"]
    assert (word, attempt, own, status, len(workers)) == ("word", 1, found["id"], "RUNNING", 1)
    sender = "frappe_standalone.django_tasks.Backend"
    assert signals(team, found["id"]) == [
        f"enqueued READY 0 {sender}",
        f"started RUNNING 1 {sender}",
        f"finished SUCCESSFUL 1 {sender}",
    ]
    assert signals(team, found["failed"])[-1] == f"finished FAILED 1 {sender}"


def signals(team: Project, result: str) -> list[str]:
    lines = (team.root / "signals.txt").read_text().splitlines()
    return [line.removeprefix(f"{result} ") for line in lines if line.startswith(result)]


def test_failures(team: Project) -> None:
    found = said(
        team,
        """
        names = ("leave", "unfit", "die", "sleep")
        results = {name: ended(getattr(tasks, name).enqueue()) for name in names}
        results["order"] = ended(tasks.order.enqueue("rolled back", fail=True))
        for result in results.values():
            try:
                result.return_value
            except ValueError as exc:
                assert str(exc) == "Task failed"
        say(rows=Order.objects.filter(number="rolled back").count(), **{
            name: [r.status, r.attempts, error.exception_class.__name__, error.traceback]
            for name, r in results.items() for error in r.errors})
        """,
    )
    assert found.pop("rows") == 0
    wanted = {
        "order": ("LookupError", "LookupError: no rolled back\n"),
        "leave": ("SystemExit", "SystemExit: gone\n"),
        "unfit": ("TypeError", "Unsupported type: <class 'object'>\n"),
        "die": ("AbandonedJobError", ""),
        "sleep": ("JobTimeoutException", ""),
    }
    assert found.keys() == wanted.keys()
    for name, (status, attempts, error, traceback) in found.items():
        assert (status, attempts, error) == ("FAILED", 1, wanted[name][0])
        assert traceback.endswith(wanted[name][1]), traceback


def test_repetitions_are_attempts_of_one_result(team: Project) -> None:
    found = said(
        team,
        """
        done, failed = ended(tasks.third_time.enqueue()), ended(tasks.never.enqueue())
        assert done.started_at < done.last_attempted_at
        say(value=done.return_value, attempts=done.attempts, id=failed.id,
            errors=[error.exception_class_path for error in done.errors],
            failed=[failed.status, failed.attempts, len(failed.errors)])
        """,
    )
    assert found["value"] == found["attempts"] == 3
    assert found["errors"] == ["builtins.ValueError"] * 2
    assert found["failed"] == ["FAILED", 2, 2]
    told = [line.split()[0] for line in signals(team, found["id"])]
    assert told == ["enqueued", "started", "started", "finished"]


def test_run_after(team: Project) -> None:
    found = said(
        team,
        """
        task = tasks.add.using(run_after=now() + timedelta(seconds=3))
        new = task.enqueue(1)
        known = backend.get_result(new.id)
        assert known == new and known.task == task, (known, new)
        done = ended(new)
        say(early=(task.run_after - done.started_at).total_seconds())
        """,
    )
    assert found["early"] <= 0


def test_times_without_zones(team: Project) -> None:
    found = said(
        team,
        """
        from frappe_celery.enqueue_shim import create_job_id
        from frappe_celery.host import get_store

        later = datetime.now() + timedelta(hours=1)
        new = tasks.add.using(run_after=later).enqueue(1)
        assert backend.get_result(new.id) == new and new.task.run_after == later
        (job,) = get_store().runs(create_job_id(new.id))
        at = job.store.client.zscore(job.store.keys.scheduled, job.run_id)
        say(waits=at - time.time(), enqueued=(later - new.enqueued_at).total_seconds())
        """,
        NAIVE="yes",
    )
    assert all(3000 < seconds <= 3600 for seconds in found.values())


def test_what_is_enqueued_in_a_block_does_not_start_before_its_end(team: Project) -> None:
    found = said(
        team,
        """
        before = Order.objects.count()
        with transaction.atomic():
            Order.objects.create(number="in a block")
            new = tasks.count.enqueue()
            inside = backend.get_result(new.id).status
            time.sleep(1)  # a worker is quicker than that
        say(inside=inside, seen=ended(new).return_value - before)
        """,
    )
    assert found == {"inside": "READY", "seen": 1}


@pytest.mark.parametrize("outbox", ["false", "true"])
def test_after_the_commit(team: Project, outbox: str) -> None:
    found = said(
        team,
        """
        class Back(Exception): pass
        task, gone = tasks.count.using(backend="on_commit"), []
        with transaction.atomic():
            kept = task.enqueue()
            try:
                with transaction.atomic():
                    gone.append(task.enqueue())
                    raise Back
            except Back:
                pass
            for result in (kept, *gone):
                try:
                    result.refresh()
                except TaskResultDoesNotExist:
                    continue
                raise AssertionError(result)
            with connection.cursor() as cursor:
                cursor.execute("select count(*) from frappe_celery_outbox")
                rows, = cursor.fetchone()
        try:
            backend.get_result(gone[0].id)
        except TaskResultDoesNotExist:
            say(status=ended(kept).status, rows=rows, kept=kept.id, gone=gone[0].id)
        """,
        FRAPPE_CELERY_OUTBOX=outbox,
    )
    assert found["status"] == "SUCCESSFUL"
    assert found["rows"] == (outbox == "true")
    assert [line.split()[0] for line in signals(team, found["kept"])] == [
        *("enqueued", "started", "finished")
    ]
    assert signals(team, found["gone"]) == []


def test_what_cannot_be_is_said_at_enqueue(team: Project) -> None:
    found = said(
        team,
        """
        def refused(call, *args, **kwargs):
            try:
                call(*args, **kwargs)
            except Exception as exc:
                return f"{type(exc).__name__}: {exc}"
        import django.tasks
        import frappe
        from django.core.checks import run_checks
        frappe.enqueue("shop.tasks.kept", job_id="no-task")
        say(priority=refused(tasks.add.using, priority=5),
            declared=refused(django.tasks.task(priority=5), tasks.add.func),
            queue=refused(tasks.add.using, queue_name="elsewhere"),
            unknown=refused(tasks.add.using(queue_name="nowhere").enqueue, 1),
            argument=refused(tasks.add.enqueue, object()),
            naive=refused(tasks.add.using, run_after=datetime.now()),
            lost=refused(tasks.lost.enqueue),
            nobody=refused(backend.get_result, "123"),
            no_task=refused(backend.get_result, "no-task"),
            other=refused(tasks.count.get_result, tasks.add.enqueue(1).id),
            checks=[error.msg for error in run_checks() if error.id == "frappe_celery.E001"])
        """,
    )
    assert found.pop("checks") == [
        "TASKS['default'] has the queue 'nowhere', which is not configured: there are short,"
        " default, long, brief, and what you add as `workers`"
    ]
    wanted = {
        "priority": "InvalidTask: Backend does not support setting priority of tasks. In place of",
        "declared": "InvalidTask: Backend does not support setting priority of tasks. In place of",
        "queue": "InvalidTask: Queue 'elsewhere' is not valid for backend.",
        "unknown": "InvalidTask: ",
        "argument": "TypeError: Unsupported type",
        "naive": "InvalidTask: run_after must be an aware datetime.",
        "lost": "InvalidTask: shop.tasks.kept is no task where a worker looks for it",
        "nobody": "TaskResultDoesNotExist: 123",
        "no_task": "TaskResultDoesNotExist: no-task is a job of shop.tasks.kept",
        "other": "TaskResultMismatch: Task does not match",
    }
    assert found.keys() == wanted.keys()
    for name, text in found.items():
        assert text.startswith(wanted[name]), text
    assert "nowhere" in found["unknown"]
