"""The page for Django projects, followed: three apps, tasks of both kinds, rows and requests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import django
import pytest
import yaml

from frappe_celery.config.option_checks import unknown_keys
from tests.acceptance.documentation import DOCS, blocks
from tests.acceptance.shell import Shell
from tests.acceptance.test_start_pages import BROKER, job_statuses, write_files
from tests.brokers import both_brokers
from tests.waiting import wait_until

PAGE = DOCS / "django.md"
BILLING = """
from celery import chain, chord, group, shared_task


@shared_task
def double(amount):
    return amount * 2


@shared_task
def total(amounts):
    return sum(amounts)


def invoice(amounts):
    return chord(group(double.s(amount) for amount in amounts), total.s()).delay()


def nothing(): ...


def twice(amount):
    return chain(double.s(amount), double.s()).delay()
"""
REPORTS = """
from reports.models import Report


def make():
    Report.objects.create()
"""
MODELS = """
from django.db import models


class Report(models.Model):
    made = models.DateTimeField(auto_now_add=True)
"""
HOOKS = """
scheduler_events = {"cron": {"* * * * * *": ["reports.tasks.make"]}}
"""
ROWS = """
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from django.contrib.auth.models import User
every = IntervalSchedule.objects.create(every=1, period="seconds")
PeriodicTask.objects.create(name="own", task="billing.tasks.double", args="[21]", interval=every)
User.objects.create_superuser("anna", password="x")
"""
VISIT = """
from django.contrib.auth.models import User
from django.test import Client
anna = Client()
anna.force_login(User.objects.get())
print(anna.get("/orders/SO-1/").json())
for page in (
    *("frappe_celery", "frappe_celery/batch", "frappe_celery/scheduledjobtype"),
    "django_celery_beat/periodictask",
):
    assert anna.get(f"/admin/{page}/").status_code == 200, page
"""
RESULTS = """
INSTALLED_APPS.append("django_celery_results")
CELERY_RESULT_BACKEND = "django-db"
CELERY_RESULT_EXTENDED = True
"""
CANVAS = """
import frappe_celery
from billing.tasks import invoice, twice
from django_celery_results.models import TaskResult

done = frappe_celery.signature("billing.tasks.nothing").delay()
print(invoice([1, 2]).get(20), twice(3).get(20), done.get(20))
print("rows of", *TaskResult.objects.filter(task_id=done.id).values_list("task_name", flat=True))
"""
SHOW = """
import frappe
from shop.models import Order
print(*Order.objects.values_list("state", flat=True), *frappe.get_all("Memo", pluck="text"))
"""
READY = "import django; django.setup()\n"


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    shell = Shell(tmp_path / "project", tmp_path)
    shell.folder.mkdir()
    yield shell
    shell.close()


def write(shell: Shell, name: str, text: str) -> None:
    file = shell.folder / name
    file.parent.mkdir(exist_ok=True)
    (file.parent / "__init__.py").touch()
    file.write_text(text)


def test_a_project_of_three_apps_with_a_celery_app_of_its_own(shell: Shell, redis_url: str) -> None:
    write_files(PAGE.name, shell)
    write(shell, "billing/tasks.py", BILLING)
    write(shell, "reports/models.py", MODELS)
    write(shell, "reports/tasks.py", REPORTS)
    write(shell, "reports/hooks.py", HOOKS)
    settings = shell.folder / "team" / "settings.py"
    settings.write_text(
        settings.read_text().replace('"shop",', '"shop", "billing", "reports",')
        + f'FRAPPE_CELERY["bench_id"] = "{shell.app.name}"\n{RESULTS}'
    )
    shell.typed = {
        "DJANGO_SETTINGS_MODULE": "team.settings",
        "CELERY_BROKER_URL": redis_url,  # said once
        "PYTHONPATH": f"{shell.folder}:{DOCS.parent}",
    }
    shell.run("python", "-m", "django", "makemigrations", "shop", "reports")
    shell.run("python", "-m", "django", "migrate")
    shell.run("python", "-c", READY + ROWS)
    worker = shell.start("celery", "-A", "team", "worker", "-l", "INFO", "-c", "2")
    worker.wait_for(" ready.")
    beat = shell.start("celery", "-A", "team", "beat", "-l", "INFO")

    assert "{'ordered': 'SO-1'}" in shell.run("python", "-c", READY + VISIT)
    printed = shell.run("python", "-c", READY + CANVAS)
    assert "6 12 None" in printed
    assert "rows of billing.tasks.nothing\n" in printed
    wait_until(
        lambda: "shipped SO-1, by anna" in shell.run("python", "-c", READY + SHOW),
        what="it is shipped",
    )
    beat.wait_for("Sending due task own")
    wait_until(
        lambda: "finished" in job_statuses(shell).get("reports.tasks.make", []),
        what="Frappe's schedule runs beside the rows",
    )
    assert re.search(r"shop.tasks.price\[\S+\] succeeded in \S+: 40", worker.output())


@pytest.mark.skipif(django.VERSION < (6,), reason="needs Django 6")
@both_brokers
def test_djangos_own_tasks(
    shell: Shell, redis_url: str, broker: str, request: pytest.FixtureRequest
) -> None:
    page = PAGE.read_text()
    (broker_line,) = re.findall(r'`(FRAPPE_CELERY = \{"broker_url": "amqp:.*)`', page)
    (added,) = (block.text for block in blocks(PAGE) if "TASKS = {" in block.text)
    (tasks,) = (block for block in blocks(PAGE) if block.file == "letters/tasks.py")
    typed = re.findall(r"^    >>> (.*)", page, re.MULTILINE)
    if broker == "rabbitmq":
        url = request.getfixturevalue("rabbitmq_server").url
        broker_line = broker_line.replace("amqp://guest:guest@localhost//", url)
        added = re.sub("^FRAPPE_CELERY.*", broker_line, added, flags=re.MULTILINE)

    shell.typed = {"PYTHONPATH": f"{shell.folder}:{DOCS.parent}"}
    shell.run("django-admin", "startproject", "team", ".")
    shell.run("python", "manage.py", "startapp", "letters")
    with (shell.folder / "team" / "settings.py").open("a") as settings:
        settings.write(added.replace(BROKER, redis_url))
    (shell.folder / tasks.file).write_text(tasks.text)
    shell.typed["DJANGO_SETTINGS_MODULE"] = "team.settings"
    shell.run("python", "manage.py", "migrate")
    shell.start("frappe-celery", "worker").wait_for(" ready.")
    *before, refresh, shown = typed
    code = [*before, f"while not result.is_finished: {refresh}", f"print(({shown}))"]
    ended = "(TaskResultStatus.SUCCESSFUL, 'posted to Anna')"
    assert ended in page
    assert ended in shell.run("python", "manage.py", "shell", "-c", "\n".join(code))


def test_the_compose_file_says_nothing_that_there_is_not() -> None:
    (text,) = re.findall(r"```yaml\n([\s\S]*?)```", PAGE.read_text())
    services = yaml.safe_load(text)["services"]
    assert list(services) == ["redis", "migrate", "web", "worker", "beat"]
    for name in ("migrate", "web", "worker", "beat"):
        assert list(unknown_keys((), (), services[name]["environment"])) == []
    longest = 1500 + 60  # of the queues that a worker of all takes from
    assert services["worker"]["stop_grace_period"] == f"{longest // 60}m"
