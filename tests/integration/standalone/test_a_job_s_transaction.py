"""What a job of a team's Django project has of its database, on PostgreSQL."""

from __future__ import annotations

import shutil
from itertools import count
from pathlib import Path

import pytest

from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import Job, JobStatus
from tests.integration.benches import ended
from tests.project import Project
from tests.servers import PostgresServer
from tests.waiting import wait_until
from tests.warm import WarmPython

_numbers = count(1)
SETTINGS = """
SECRET_KEY = "x"
INSTALLED_APPS = ["frappe_celery", "myapp"]
DATABASES = {{"default": {{"ENGINE": "django.db.backends.postgresql", "NAME": "{name}",
    "USER": "root", "HOST": "127.0.0.1", "PORT": {port}, "CONN_MAX_AGE": 600}}}}
"""
MODELS = """
from django.db import models

class Order(models.Model):
    number = models.CharField(max_length=20, unique=True)
"""
TASKS = """
import frappe
from django.db import IntegrityError, connection, transaction
from myapp.models import Order

def backend():
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        return cursor.fetchone()[0]

def order(number):
    Order.objects.create(number=number)

def durable(number):
    with transaction.atomic(durable=True):
        Order.objects.create(number=number)

def durable_after_commit(number):
    frappe.db.commit()
    with transaction.atomic(durable=True):
        Order.objects.create(number=number)

def caught_outside(number):
    try:
        Order.objects.create(number=number)
    except IntegrityError:
        pass

def caught_in_a_block(number):
    try:
        with transaction.atomic():
            Order.objects.create(number=number)
    except IntegrityError:
        Order.objects.create(number=f"{number} again")
"""


TEAM = """
import celery
import frappe_celery
from frappe_celery.config import settings

app = celery.Celery("team", broker=settings.current().redis_queue)
app.config_from_object("django.conf:settings", namespace="CELERY")
frappe_celery.setup(app)
"""


PATTERN = "team"


@pytest.fixture(scope="module")
def migrations(
    tmp_path_factory: pytest.TempPathFactory,
    redis_url: str,
    warm: WarmPython,
    postgres_server: PostgresServer,
) -> Path:
    """Those of the app, which the database PATTERN has been through."""
    project = Project(tmp_path_factory.mktemp("team"), redis_url, warm)
    postgres_server.sql(f"create database {PATTERN}")
    write_app(project, PATTERN, postgres_server.port)
    project.write("myapp/migrations/__init__.py", "")
    for words in ("['makemigrations', 'myapp']", "['migrate']"):
        code = (
            "import django; from django.core.management import call_command;"
            f" django.setup(); call_command(*{words})"
        )
        project.python(code, DJANGO_SETTINGS_MODULE="team_settings")
    return project.root / "myapp" / "migrations"


@pytest.fixture
def project_of_a_team(
    project: Project, migrations: Path, postgres_server: PostgresServer
) -> Project:
    """A Django project whose connections may be 600 s old; its tables are made."""
    name = f"{PATTERN}{next(_numbers)}"
    postgres_server.copy(PATTERN, name)
    write_app(project, name, postgres_server.port)
    shutil.copytree(migrations, project.root / "myapp" / "migrations")
    return project


def write_app(project: Project, database: str, port: int) -> None:
    project.write("team_settings.py", SETTINGS.format(name=database, port=port))
    project.write("myapp/models.py", MODELS)
    project.write("myapp/orders.py", TASKS)


@pytest.fixture
def team(project_of_a_team: Project) -> Project:
    """A worker of it runs, two processes."""
    project_of_a_team.worker("-c", "2", DJANGO_SETTINGS_MODULE="team_settings")
    return project_of_a_team


def job(method: str, number: str) -> Job:
    return ended(enqueue(f"myapp.orders.{method}", number=number))


@pytest.mark.parametrize(
    ("app", "more", "connections", "left"),
    [
        ("frappe_celery", "", 2, 2),
        ("frappe_celery", "DATABASES['default']['CONN_MAX_AGE'] = 0", 40, 0),
        ("team", "", 40, 0),
        ("team", "CELERY_DB_REUSE_MAX = 1000", 2, 2),
    ],
)
def test_how_long_a_connection_lives(
    project_of_a_team: Project,
    postgres_server: PostgresServer,
    app: str,
    more: str,
    connections: int,
    left: int,
) -> None:
    settings = project_of_a_team.root / "team_settings.py"
    settings.write_text(f"{settings.read_text()}\n{more}\n")
    project_of_a_team.write("team.py", TEAM)
    words = ("-m", "celery", "-A", app, "worker", "-l", "INFO", "-c", "2")
    worker = project_of_a_team.start("worker", *words, DJANGO_SETTINGS_MODULE="team_settings")
    worker.wait_for(" ready.")

    jobs = [enqueue("myapp.orders.backend") for _ in range(40)]
    backends = {ended(job).result for job in jobs}

    def open_ones() -> list[str]:
        ask = "select pid from pg_stat_activity"
        return [pid for pid in postgres_server.sql(ask).split() if int(pid) in backends]

    assert len(backends) == connections
    wait_until(lambda: len(open_ones()) == left, what=f"{left} are left open")


def test_a_durable_block_is_refused_until_the_job_has_committed(team: Project) -> None:
    refused = job("durable", "1")
    assert refused.status == JobStatus.FAILED
    assert "A durable atomic block cannot be nested" in str(refused.exc_info)
    assert job("durable_after_commit", "1").status == JobStatus.FINISHED


def test_an_integrity_error_spoils_the_job_unless_caught_outside_a_block_of_its_own(
    team: Project,
) -> None:
    assert job("order", "1").status == JobStatus.FINISHED
    spoilt = job("caught_outside", "1")
    assert spoilt.status == JobStatus.FAILED
    assert "put the statement that may fail into `with django.db.transaction.atomic():`" in str(
        spoilt.exc_info
    )
    assert job("caught_in_a_block", "1").status == JobStatus.FINISHED
