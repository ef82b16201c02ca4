"""Process files of a Django project start what it is, in an environment without anything."""

from __future__ import annotations

import os
import re
import signal
import sys
import sysconfig
import uuid
from collections.abc import Iterator
from configparser import RawConfigParser
from pathlib import Path

import pytest

from tests.project import Process
from tests.waiting import wait_until

HERE = Path(__file__).parents[3]
SCRIPTS = sysconfig.get_path("scripts")
SETTINGS = """
from pathlib import Path

ROOT = Path(__file__).parents[1]
SECRET_KEY = "x"
USE_TZ = True
INSTALLED_APPS = ["frappe_celery", "shop"]
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": ROOT / "team.db",
                          "OPTIONS": {{"transaction_mode": "IMMEDIATE"}}}}}}
FRAPPE_CELERY = {{"redis_queue": "{url}", "bench_id": "{bench}"}}
CELERY_BROKER_URL = "{url}"
CELERY_TASK_DEFAULT_QUEUE = "{bench}"
"""
CELERY = """
from celery import Celery

import frappe_celery

app = Celery("team")
app.config_from_object("django.conf:settings", namespace="CELERY")
frappe_celery.setup(app)


@app.task
def own():
    import frappe

    frappe.get_doc({"doctype": "Memo", "name": "own"}).insert()
"""
TASKS = """
import frappe


def note():
    frappe.get_doc({"doctype": "Memo", "name": "frappes"}).insert()
"""
ENQUEUE = """
import django
django.setup()
import time
import frappe
frappe.enqueue("shop.tasks.note", queue="short")
{own}
while not frappe.db.table_exists("Memo") or frappe.db.count("Memo") < {number}:
    time.sleep(0.05)
"""


class Team:
    """A Django project in a folder."""

    def __init__(self, root: Path, url: str) -> None:
        self.root = root
        self.bench = f"test-{uuid.uuid4().hex[:8]}"
        self.processes: list[Process] = []
        self.write("team/__init__.py", "")
        self.write("team/settings.py", SETTINGS.format(url=url, bench=self.bench))
        self.write("shop/__init__.py", "")
        self.write("shop/hooks.py", "")
        self.write("shop/tasks.py", TASKS)

    def write(self, name: str, text: str) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text)

    def run(self, *command: str, **environment: str) -> Process:
        """In an environment that has nothing but what is given."""
        bare = {"PATH": os.environ["PATH"], "HOME": str(self.root), **environment}
        log = self.root / f"{len(self.processes)}.log"
        process = Process([*command], self.root, log, bare)
        self.processes.append(process)
        return process

    def python(self, *arguments: str) -> None:
        process = self.run(sys.executable, *arguments, **SHELL)
        assert process.wait() == 0, process.output()

    def setup(self, *arguments: str, **environment: str) -> str:
        command = ("-m", "frappe_celery.cli", "setup", *arguments, "--yes")
        process = self.run(sys.executable, *command, **SHELL, **environment)
        assert process.wait() == 0, process.output()
        return process.output()


SHELL = {"DJANGO_SETTINGS_MODULE": "team.settings", "PYTHONPATH": os.environ.get("PYTHONPATH", "")}


@pytest.fixture
def team(tmp_path: Path, redis_url: str) -> Iterator[Team]:
    team = Team(tmp_path / "project", redis_url)
    SHELL["PYTHONPATH"] = f"{HERE}:{os.environ.get('PYTHONPATH', '')}"
    yield team
    for process in team.processes:
        process.kill()
        print(process.output())


def commands(team: Team) -> dict[str, str]:
    lines = (team.root / "Procfile").read_text().splitlines()
    return dict(line.partition(": ")[::2] for line in lines)


@pytest.mark.parametrize("app", [False, True], ids=["without an app", "with an app"])
def test_a_procfiles_lines_do_the_projects_jobs(team: Team, app: bool) -> None:
    if app:
        team.write("team/celery.py", CELERY)
    team.python("-m", "django", "migrate")
    team.setup("procfile")
    lines = commands(team)
    program = f"celery -A team worker --queues {team.bench} " if app else "frappe-celery worker "
    assert program in " ".join(lines.values())
    for name, line in lines.items():
        if name != "worker_long":
            team.run("sh", "-c", f"exec env {line}")
    own = "from team.celery import own; own.delay()" if app else ""
    team.python("-c", ENQUEUE.format(own=own, number=1 + app))
    if app:
        wait_until(lambda: "beat: Starting" in logs(team), 20, "beat runs")
    assert "embedded server is started" not in logs(team)


def logs(team: Team) -> str:
    return "".join(path.read_text() for path in (team.root / "logs").glob("*.log"))


def test_supervisor_and_systemd_have_the_variables(team: Team) -> None:
    team.write("team/celery.py", CELERY)
    given = {
        "FRAPPE_CELERY_WORKERS": '{"exports": {}}',
        "FRAPPE_CELERY_KEY": "s" * 32,
        "DATABASE_URL": "mysql://user:word@there/name",
        "OTHER": "1",
    }
    told = team.setup("supervisor", **given)
    assert "they hold a secret: DATABASE_URL, FRAPPE_CELERY_KEY" in told
    file = RawConfigParser()
    file.read(team.root / "config" / "supervisor.conf")
    program = file["program:project-frappe-exports-worker"]
    assert program["command"] == (
        f"{SCRIPTS}/frappe-celery supervise {SCRIPTS}/celery -A team worker --queues exports"
        " --concurrency 1 --hostname 'exports-{pid}@%%h' --without-gossip --without-mingle"
        " --loglevel INFO"
    )
    assert 'DJANGO_SETTINGS_MODULE="team.settings"' in program["environment"]
    assert """FRAPPE_CELERY_WORKERS='{"exports": {}}'""" in program["environment"]
    assert "OTHER" not in program["environment"]
    assert file["program:project-frappe-schedule"]["command"].endswith(
        "-A team beat --loglevel INFO"
    )
    team.setup("systemd", "--user", "root", **given)
    unit = (team.root / "config/systemd/project-celery-exports-worker.service").read_text()
    assert 'Environment="DJANGO_SETTINGS_MODULE=team.settings"\n' in unit
    assert r'Environment="FRAPPE_CELERY_WORKERS={\"exports\": {}}"' in unit
    assert '"-A" "team" "worker" "--queues" "exports"' in unit


def test_variables_of_ones_own_stay_and_a_second_time_nothing_changes(team: Team) -> None:
    team.setup("supervisor")
    path = team.root / "config" / "supervisor.conf"
    path.write_text(path.read_text().replace("environment=", 'environment=MINE="a,b",'))
    before = path.read_text()
    team.setup("supervisor")
    assert path.read_text().count('MINE="a,b"') == before.count("MINE=")
    assert path.read_text().count("DJANGO_SETTINGS_MODULE=") == before.count("DJANGO_SETTINGS_MODU")
    assert "Up to date" in team.setup("supervisor")


def test_an_app_that_cannot_be_imported_is_named(team: Team) -> None:
    team.write("team/celery.py", "import no_such_module\n")
    command = ("-m", "frappe_celery.cli", "setup", "procfile")
    process = team.run(sys.executable, *command, **SHELL)
    assert process.wait() == 1
    assert "the Celery app of team cannot be imported: No module named" in process.output()


def test_the_worker_that_comes_has_a_name_of_its_own(team: Team) -> None:
    team.write("team/celery.py", CELERY)
    command = ("celery", "-A", "team", "worker", "-c", "1", "-n", "short-{pid}@%h", "-l", "INFO")
    supervise = ("-m", "frappe_celery.cli", "supervise", f"{SCRIPTS}/{command[0]}", *command[1:])
    process = team.run(sys.executable, *supervise, **SHELL)
    process.wait_for(" ready.")
    process.popen.send_signal(signal.SIGHUP)
    process.wait_for("is ready, ")

    def ready() -> list[str]:
        return re.findall(r"(short-\d+)@\S+ ready", process.output())

    wait_until(lambda: len(ready()) == 2, what="both have said that they are ready")
    assert len(set(ready())) == 2
    process.popen.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
