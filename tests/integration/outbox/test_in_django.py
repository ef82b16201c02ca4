"""A team's Django project: its own models, its own blocks, its own Celery tasks."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator

import pytest

from frappe_celery.jobs import JobStore
from frappe_celery.jobs.outbox.relay import states
from tests.integration.benches import inside
from tests.project import Process, Project
from tests.waiting import wait_until
from tests.warm import WarmPython

Effects = Callable[[], list[str]]

SETTINGS = """
from pathlib import Path
SECRET_KEY = "x"
USE_TZ = True
INSTALLED_APPS = ["frappe_celery", "shop"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3",
    "NAME": Path(__file__).parents[1] / "team.db",
    "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"}},
    "other": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
"""
MODELS = """
from django.db import models

class Order(models.Model):
    number = models.CharField(max_length=20)
"""
APP = """
import celery
import frappe_celery
from frappe_celery.config import settings

app = celery.Celery("team", broker=settings.current().broker_url or settings.current().redis_queue)
app.conf.task_default_queue = f"{settings.current().bench_id}-own"  # one RabbitMQ for all tests
frappe_celery.setup(app)

@app.task
def charge(number):
    from myapp.tasks import record
    record(f"charged {number}")

@app.task(bind=True)
def refund(self, number):
    from myapp.tasks import record
    record(f"{self.request.id} refunded {number}")
"""
CALLER = """
import os, signal, sys
import django; django.setup()
from django.db import transaction
import frappe, team.celery
from shop.models import Order
from frappe_celery.jobs.outbox import at_commit

ending, number = sys.argv[1:]
if ending == "dies":
    at_commit._publish = lambda held: os.kill(os.getpid(), signal.SIGKILL)
class Back(Exception): pass
try:
    with transaction.atomic():
        Order.objects.create(number=number)
        frappe.enqueue("myapp.tasks.record", text=f"shipped {number}", enqueue_after_commit=True)
        team.celery.charge.delay_on_commit(number)
        try:
            with transaction.atomic():
                frappe.enqueue("myapp.tasks.record", text="never", enqueue_after_commit=True)
                team.celery.charge.delay_on_commit("never")
                raise Back
        except Back:
            pass
        if ending == "raises":
            raise Back
except Back:
    pass
"""
OTHER_DATABASE = """
import django; django.setup()
from django.db import transaction
import frappe, team.celery
from frappe_celery import ConfigError
from frappe_celery.jobs import hosts

def asked(enqueue):
    try:
        enqueue()
    except ConfigError as exc:
        print(exc)

later = {"text": "never", "enqueue_after_commit": True}
with transaction.atomic(using="other"):
    asked(lambda: frappe.enqueue("myapp.tasks.record", **later))
    asked(lambda: team.celery.charge.delay_on_commit("never"))
    hosts.current().outbox_rows()  # which a resumable job asks around each item
    frappe.enqueue("myapp.tasks.record", text="at once")
    with transaction.atomic():
        frappe.enqueue("myapp.tasks.record", **{**later, "text": "within both"})
"""
REFUNDS = """
import sys
import django; django.setup()
from django.db import transaction
import team.celery

with transaction.atomic():
    for number in sys.argv[1:]:
        team.celery.refund.apply_async_on_commit((number,), task_id="same")
"""
OLDER = """
import django; django.setup()
import json, time
from django.db import transaction
import team.celery
from frappe_celery.jobs import get_store
from frappe_celery.jobs.hosts import current
from frappe_celery.jobs.outbox import table, tasks

store, said = get_store(), json.dumps(["older", "team.celery.refund", ["4"], {}, {}])
sealed = store.signer.seal(tasks.PURPOSE, said.encode()).decode()
queue, prefix = team.celery.app.conf.task_default_queue, store.settings.prefix
row = table.Row("older", time.time(), prefix, queue, sealed, table.OF_A_TASK)
with transaction.atomic():
    table.Table(current()).add([row])
"""


@pytest.fixture(scope="module", params=["redis", "rabbitmq"])
def project(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    redis_url: str,
    warm: WarmPython,
) -> Iterator[Project]:
    """The team's, with a worker."""
    project = Project(tmp_path_factory.mktemp("team") / "project", redis_url, warm)
    if request.param == "rabbitmq":
        project.configure(broker_url=request.getfixturevalue("rabbitmq_server").url)
    project.write("team/__init__.py", "")
    project.write("team/settings.py", SETTINGS)
    project.write("team/celery.py", APP)
    project.write("shop/__init__.py", "")
    project.write("shop/models.py", MODELS)
    project.configure(frappe_celery_outbox=True)
    run(project, "-m", "django", "migrate", "--run-syncdb").popen.wait(60)
    with sqlite3.connect(project.root / "team.db") as database:
        database.execute("SELECT run FROM frappe_celery_outbox")
    run(project, "-m", "celery", "-A", "team.celery", "worker", "-c", "1", "-l", "INFO")
    with inside(project) as store:
        wait_until(lambda: states(store), 60, "the relay has made the table")
    yield project
    project.close()


@pytest.fixture
def store(project: Project) -> Iterator[JobStore]:
    with inside(project) as store:
        yield store


@pytest.fixture
def effects(project: Project) -> Callable[[], list[str]]:
    """What was recorded since the test began."""
    so_far = len(project.effects())
    return lambda: project.effects()[so_far:]


def run(project: Project, *arguments: str) -> Process:
    return project.start(
        f"program{len(project.processes)}", *arguments, DJANGO_SETTINGS_MODULE="team.settings"
    )


def no_row_is_left(store: JobStore) -> None:
    marks = store.keys.outbox_marks("standalone")
    wait_until(lambda: not store.client.zcount(marks, 0, 0), 30, "no row is left")


@pytest.mark.parametrize(
    ("ending", "wanted"),
    [
        ("commits", ["charged 1", "shipped 1"]),
        ("raises", []),
        ("dies", ["charged 1", "shipped 1"]),
    ],
)
def test_what_a_block_enqueues_on_its_commit(
    project: Project, store: JobStore, effects: Effects, ending: str, wanted: list[str]
) -> None:
    caller = run(project, "-c", CALLER, ending, "1")
    assert caller.popen.wait(60) == (-9 if ending == "dies" else 0), caller.output()
    run(project, "-c", CALLER, "commits", "2")
    wanted = sorted([*wanted, "charged 2", "shipped 2"])
    wait_until(lambda: {*wanted} <= {*effects()}, 60, "all that was committed runs")
    no_row_is_left(store)
    assert sorted(effects()) == wanted


def refund(project: Project, store: JobStore, *numbers: str) -> None:
    """In one transaction, and all of it is over."""
    caller = run(project, "-c", REFUNDS, *numbers)
    assert caller.popen.wait(60) == 0, caller.output()
    wanted = {f"same refunded {number}" for number in numbers}
    wait_until(lambda: wanted <= {*project.effects()}, 30, "what was committed runs")
    no_row_is_left(store)


def test_a_task_id_may_be_used_again(project: Project, store: JobStore, effects: Effects) -> None:
    refund(project, store, "1")
    refund(project, store, "2")
    refund(project, store, "3", "4")
    assert sorted(effects()) == [f"same refunded {number}" for number in range(1, 5)]


def test_a_row_of_an_older_version_has_its_task_s_id(
    project: Project, store: JobStore, effects: Effects
) -> None:
    caller = run(project, "-c", OLDER)
    assert caller.popen.wait(60) == 0, caller.output()
    wait_until(effects, 60, "it runs")
    no_row_is_left(store)
    assert effects() == ["older refunded 4"]


def test_in_a_block_of_another_database_alone_nothing_can_wait_for_the_commit(
    project: Project, store: JobStore, effects: Effects
) -> None:
    caller = run(project, "-c", OTHER_DATABASE)
    assert caller.popen.wait(60) == 0, caller.output()
    said = "the open block is atomic(using='other'): enqueue after its commit by"
    assert caller.output().count(said) == 2, caller.output()
    wait_until(lambda: len(effects()) == 2, 60, "what was not refused runs")
    no_row_is_left(store)
    assert sorted(effects()) == ["at once", "within both"]
