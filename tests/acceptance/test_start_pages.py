"""The pages of where to start, followed in an empty folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.documentation import DOCS, blocks
from tests.acceptance.shell import Shell
from tests.waiting import wait_until

BROKER = "redis://localhost:6379/0"
"""The one in the pages."""
VIEW = """
import frappe
from django.db import transaction
with transaction.atomic():
    Order.objects.create(number="SO-1")
    frappe.enqueue("shop.tasks.ship", enqueue_after_commit=True, number="SO-1")
"""
SHOW = "from shop.models import Order; print(*Order.objects.values_list('state', flat=True))"


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    folder = tmp_path / "folder"
    folder.mkdir()
    shell = Shell(folder, folder)
    yield shell
    shell.close()


def write_files(page: str, shell: Shell, broker: str = BROKER) -> None:
    """The files of a page, with a broker of the test's."""
    for block in blocks(DOCS / page):
        if block.language != "python" or not block.file:
            continue
        file = shell.folder / block.file
        file.parent.mkdir(exist_ok=True)
        if file.parent != shell.folder:
            (file.parent / "__init__.py").touch()
        file.write_text(block.text.replace(BROKER, broker))


def job_statuses(shell: Shell) -> dict[str, list[str]]:
    """By method."""
    found: dict[str, list[str]] = {}
    for job in json.loads(shell.run("frappe-celery", "jobs", "list", "--json")):
        found.setdefault(job["method"], []).append(job["status"])
    return found


def test_a_frappe_developer(shell: Shell) -> None:
    write_files("start-frappe.md", shell)
    assert "myapp.tasks.good_morning" in shell.run("frappe-celery", "schedule")
    shell.start("frappe-celery", "worker").wait_for(" ready.")
    shell.start("frappe-celery", "beat").wait_for("its schedule is filled from the hooks")
    assert shell.run("python", "call.py").startswith("standalone::")
    wait_until(
        lambda: sorted(job_statuses(shell).get("myapp.tasks.greet", [])) == ["failed", "finished"]
    )
    shell.run("frappe-celery", "doctor", code=1)  # a job failed


def test_a_celery_app(shell: Shell, redis_url: str) -> None:
    write_files("start-celery.md", shell, redis_url)
    write_files("start-frappe.md", shell)
    shell.typed = {"FRAPPE_CELERY_REDIS_QUEUE": redis_url}
    worker = shell.start("celery", "-A", "ours", "worker", "-l", "INFO")
    worker.wait_for(" ready.")
    code = (
        "from ours import add, app; import frappe; add.delay(1, 2);"
        " frappe.enqueue('myapp.tasks.greet', name='you');"
        " app.tasks['myapp.tasks.good_morning'].delay()"
    )
    shell.run("python", "-c", code)
    wait_until(lambda: worker.output().count("succeeded") == 3, what="all three ran")
    assert job_statuses(shell) == {
        "myapp.tasks.greet": ["finished"],
        "myapp.tasks.good_morning": ["finished"],
    }


def test_a_django_project(shell: Shell, redis_url: str) -> None:
    write_files("django.md", shell, redis_url)
    for name in ("celery.py", "__init__.py"):  # the part with a Celery app of its own
        (shell.folder / "team" / name).write_text("")
    shell.typed = {"DJANGO_SETTINGS_MODULE": "team.settings", "PYTHONPATH": str(shell.folder)}
    shell.run("python", "-m", "django", "makemigrations", "shop")
    shell.run("python", "-m", "django", "migrate")
    del shell.typed["PYTHONPATH"]  # the commands find the project where they are started
    assert "shop.tasks.close_day" in shell.run("frappe-celery", "schedule")
    shell.start("frappe-celery", "worker", "-c", "1").wait_for(" ready.")
    setup = "import django; django.setup(); from shop.models import Order\n"
    shell.run("python", "-c", setup + VIEW)
    wait_until(lambda: shell.run("python", "-c", setup + SHOW) == "shipped\n", what="it is shipped")
    assert job_statuses(shell) == {"shop.tasks.ship": ["finished"]}
