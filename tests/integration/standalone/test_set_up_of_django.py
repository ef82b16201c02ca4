"""Django is set up once, in a worker's parent: there no job's time limit can cut that short."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from frappe_celery import enqueue
from frappe_celery.jobs import JobStatus, JobStore
from tests.integration.benches import ended, inside
from tests.project import Project

TIMEOUT = 2
SET_UP = 4
"""Seconds that setting Django up takes, more than the first job may."""

SLOW_IMPORT = f"""
import sys, time

class SlowImport:
    def find_spec(self, name, *_):
        if name == "frappe_standalone.models":
            time.sleep({SET_UP})

sys.meta_path.insert(0, SlowImport())
"""

TASKS = """
import os
from pathlib import Path

import frappe

def note(name):
    return frappe.get_doc({"doctype": "Memo", "name": name}).insert().name

def files_of_parent():
    return [str(file.readlink()) for file in Path(f"/proc/{os.getppid()}/fd").iterdir()]
"""

ERROR_LOG = """
def error_log():
    return frappe.get_all("Error Log", pluck="method")
"""

SLOW_APP = f"""
import time
from django.apps import AppConfig

class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        from django.db import connection
        connection.ensure_connection()
        time.sleep({SET_UP})
"""

BROKEN_APP = """
from django.apps import AppConfig

class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        raise KeyError("SHOP_URL")
"""

SETTINGS = """
from pathlib import Path

SECRET_KEY = "x"
USE_TZ = True
INSTALLED_APPS = ["frappe_celery", "shop"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3",
                         "NAME": Path(__file__).parents[1] / "team.db"}}
"""

CONFIGURED = """
from celery import Celery
from django.conf import settings as django_settings
import frappe_celery
from team import settings

names = filter(str.isupper, dir(settings))
django_settings.configure(**{name: getattr(settings, name) for name in names})
app = Celery("team", broker="BROKER")
frappe_celery.setup(app)
"""


@pytest.fixture
def store(project: Project) -> Iterator[JobStore]:
    project.write("myapp/notes.py", TASKS)
    with inside(project) as store:
        yield store


@pytest.fixture
def team(project: Project, store: JobStore) -> Project:
    """A Django project with the app `shop`, in a module and as a Celery app configures it."""
    for package in ("team", "shop"):
        project.write(f"{package}/__init__.py", "")
    project.write("team/settings.py", SETTINGS)
    project.write("team/celery.py", CONFIGURED.replace("BROKER", store.url))
    project.write("shop/apps.py", SLOW_APP)
    return project


def start_configured(team: Project) -> None:
    options = ("-Q", "default", "-c", "1", "-l", "INFO")
    team.start("team", "-m", "celery", "-A", "team.celery", "worker", *options).wait_for(" ready.")


def assert_a_timeout_spoils_no_later_job() -> None:
    ended(enqueue("myapp.notes.note", name="first", timeout=TIMEOUT))
    second = ended(enqueue("myapp.notes.note", name="second"))
    assert second.status == JobStatus.FINISHED, second.exc_info


def test_a_timeout_in_django_s_first_use_spoils_no_later_job(
    project: Project, store: JobStore
) -> None:
    project.write("sitecustomize.py", SLOW_IMPORT)
    project.worker()
    assert_a_timeout_spoils_no_later_job()


def test_the_same_in_a_team_s_own_django_project(team: Project) -> None:
    team.worker(DJANGO_SETTINGS_MODULE="team.settings")
    assert_a_timeout_spoils_no_later_job()


def test_the_same_in_a_project_that_configures_django_itself(team: Project) -> None:
    start_configured(team)
    assert_a_timeout_spoils_no_later_job()


def test_what_an_app_opens_in_the_set_up_is_closed_before_processes_are_forked(
    team: Project,
) -> None:
    start_configured(team)
    job = ended(enqueue("myapp.notes.files_of_parent"))
    assert job.status == JobStatus.FINISHED, job.exc_info
    assert [name for name in job.result if "team.db" in name] == []


def test_a_set_up_that_fails_is_the_reason_that_each_job_gives(team: Project) -> None:
    team.write("shop/apps.py", BROKEN_APP)
    start_configured(team)
    for name in ("first", "second"):
        job = ended(enqueue("myapp.notes.note", name=name))
        assert "KeyError: 'SHOP_URL'" in (job.exc_info or "")
    assert ended(enqueue("myapp.notes.files_of_parent")).status == JobStatus.FINISHED


def test_what_imports_write_is_committed_and_locks_nothing(
    project: Project, store: JobStore
) -> None:
    project.write("myapp/hooks.py", 'import frappe\nfrappe.log_error("imported", "text")\n')
    project.write("myapp/notes.py", TASKS + ERROR_LOG)
    project.worker()
    job = ended(enqueue("myapp.notes.note", name="written"))
    assert job.status == JobStatus.FINISHED, job.exc_info
    assert "imported" in ended(enqueue("myapp.notes.error_log")).result
