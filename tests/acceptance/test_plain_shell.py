"""Celery's own commands, as somebody types them into a shell in a project's folder."""

from __future__ import annotations

import json
import textwrap
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.shell import Shell
from tests.waiting import wait_until

TASKS = """
    from pathlib import Path

    import frappe

    RAN = Path(__file__).parent / "ran.txt"


    def note(text):
        with RAN.open("a") as ran:
            ran.write(f"{text} {frappe.local.site} {frappe.session.user}\\n")


    def on_long():
        note("on_long")


    def on_default():
        note("on_default")
"""
HOOKS = """
    scheduler_events = {
        "cron": {"* * * * * *": ["shop.tasks.on_long", "shop.tasks.on_default"]},
        "daily": ["shop.tasks.daily_report"],
    }
"""
CRON_QUEUES = {"shop.tasks.on_long": "long"}


def write_app(folder: Path) -> Path:
    """A Frappe app in a folder; its package's path."""
    app = folder / "shop"
    app.mkdir(parents=True)
    for name, text in {"__init__.py": "", "hooks.py": HOOKS, "tasks.py": TASKS}.items():
        (app / name).write_text(textwrap.dedent(text))
    return app


def bench(folder: Path, redis_url: str, app: Path, **common: object) -> Shell:
    """A folder with sites/: apps.txt, common_site_config.json and a site."""
    site = folder / "sites" / "shop.localhost"
    site.mkdir(parents=True)
    (site / "site_config.json").write_text("{}")
    config = {"redis_queue": redis_url, "cron_queues": CRON_QUEUES, **common}
    (folder / "sites" / "apps.txt").write_text("shop\n")
    (folder / "sites" / "common_site_config.json").write_text(json.dumps(config))
    return Shell(folder, app, "shop.localhost")


@pytest.fixture(params=["sites", "in_sites", "hooks_here", "hooks_on_the_path"])
def shell(request: pytest.FixtureRequest, tmp_path: Path, redis_url: str) -> Iterator[Shell]:
    """Each kind of folder that the commands work in."""
    folder = tmp_path / "folder"
    queues = {"FRAPPE_CELERY_CRON_QUEUES": json.dumps(CRON_QUEUES)}
    if request.param == "sites":  # the app as a bench has it; the bench's id is its path
        shell = bench(folder, redis_url, write_app(folder / "apps" / "shop"))
    elif request.param == "in_sites":
        bench_id = f"test-{uuid.uuid4().hex[:12]}"
        shell = bench(folder, redis_url, write_app(folder), bench_id=bench_id)
        shell.folder = folder / "sites"
    elif request.param == "hooks_here":  # no configuration at all: the embedded server
        shell = Shell(folder, write_app(folder), "standalone", queues)
    else:
        folder.mkdir()
        app = write_app(tmp_path / "elsewhere")
        on_path = {"PYTHONPATH": str(app.parent), "FRAPPE_CELERY_REDIS_QUEUE": redis_url}
        shell = Shell(folder, app, "standalone", queues | on_path)
    yield shell
    shell.close()


def test_worker_beat_inspect_and_report_work(shell: Shell) -> None:
    assert "frappe_celery.brokers.redis.transport:Transport" in shell.run_celery("report")

    worker = shell.celery("worker", "-Q", "long")
    worker.wait_for(".> long ")
    registered = wait_until(
        lambda: (p := shell.celery("inspect", "registered")).wait(30) == 0 and p.output(), 30
    )
    for task in ("frappe_celery.run_job", "shop.tasks.on_long", "shop.tasks.daily_report"):
        assert f"* {task}\n" in str(registered)

    enqueue = "frappe.enqueue('shop.tasks.note', queue='long', text='by hand')"
    script = shell.start("python", "-c", f"import frappe_celery, frappe; {enqueue}")
    assert script.wait(30) == 0
    shell.celery("beat")
    by_hand = f"by hand {shell.site} Administrator"
    by_beat = f"on_long {shell.site} Administrator"
    wait_until(lambda: set(shell.ran()) == {by_hand, by_beat}, 30, "both ran on `long`")
    assert not [line for line in shell.ran() if "on_default" in line]

    shell.celery("worker").wait_for(".> short ")
    wait_until(lambda: f"on_default {shell.site} Administrator" in shell.ran(), 30)
