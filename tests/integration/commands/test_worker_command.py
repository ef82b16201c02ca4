"""`frappe-celery worker` and `frappe-celery beat`: Celery's own, in bench's words."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import frappe
import pytest

from frappe_celery.jobs import get_store
from tests.integration.benches import ended, inside, write_tasks
from tests.project import Process, Project
from tests.waiting import wait_until

LOADED = """
import sys


def loaded(names):
    return [name for name in names if name in sys.modules]
"""


@pytest.fixture(autouse=True)
def here(project: Project) -> Iterator[None]:
    write_tasks(project)
    project.write("myapp/modules.py", LOADED)
    with inside(project):
        yield


def command(project: Project, *arguments: str, **environment: str) -> Process:
    name = f"{arguments[0]}{len(project.processes)}"
    return project.start(name, "-m", "frappe_celery.cli", *arguments, **environment)


def test_a_worker_empties_its_queues_in_their_order_and_ends(project: Project) -> None:
    for queue in ("long", "default", "short"):
        frappe.enqueue("myapp.core.record", text=queue, queue=queue)
    worker = command(project, "worker", "--queue", "short, default", "--burst", "-c", "1")
    assert worker.wait() == 0
    assert project.effects() == ["short", "default"]


def test_nothing_is_loaded_that_only_a_shell_or_a_table_needs(project: Project) -> None:
    project.warm = None
    names = ["celery", "click_repl", "prompt_toolkit", "rich"]
    job = frappe.enqueue("myapp.modules.loaded", names=names)
    assert command(project, "worker", "--burst", "-c", "1").wait() == 0
    assert ended(job).result == ["celery"]


def test_variables_of_others_do_not_lead_a_worker_astray(project: Project) -> None:
    """Celery's `celery` command takes $APP for an app and $BROKER_URL for its broker."""
    job = frappe.enqueue("myapp.core.record")
    elsewhere = {"APP": "shop", "BROKER_URL": "redis://127.0.0.1:1/0", "NO_COLOR": "1"}
    assert command(project, "worker", "--burst", "-c", "1", **elsewhere).wait() == 0
    assert ended(job).result == "ran"


STEP = """
import sys
import frappe_celery
from celery import bootsteps
from celery.bin.base import CeleryOption
from frappe_celery.cli import main

class Greeting(bootsteps.StartStopStep):
    def __init__(self, worker, greeting, **options):
        self.greeting = greeting

    def start(self, worker):
        raise RuntimeError(f"{self.greeting} from a step")

option = CeleryOption(["--greeting"], default="hello", help_group="Own")
frappe_celery.app.user_options["worker"].add(option)
frappe_celery.app.steps["worker"].add(Greeting)
main(["worker", "-c", "1"])
"""


def test_a_step_of_the_project_s_own_has_its_options_and_its_failure_is_the_worker_s(
    project: Project,
) -> None:
    worker = project.start("worker", "-c", STEP)
    assert worker.wait() == 1
    assert "Unrecoverable error: RuntimeError('hello from a step')" in worker.output()


@pytest.mark.parametrize("name", ["worker", "beat"])
def test_told_to_stop_it_ends_well_and_quietly(project: Project, name: str) -> None:
    frappe.enqueue("myapp.core.record", text="a worker is there")
    loud, quiet = command(project, name), command(project, name, "--quiet")
    if name == "worker":
        wait_until(project.effects)
    loud.wait_for("ready." if name == "worker" else "beat: Starting")
    wait_until(lambda: not _catches_nothing(quiet.pid), what="the quiet one has its handlers")
    assert loud.stop() == 0
    if name == "beat":
        wait_until(lambda: _leads(quiet.pid), what="the quiet one has begun")
    assert quiet.stop() == 0
    assert "INFO" in loud.output()
    assert "INFO" not in quiet.output()


def _leads(pid: int) -> bool:
    store = get_store()
    return str(pid).encode() in (store.client.get(store.keys.leader) or b"")


def test_a_queue_that_there_is_not_is_named(project: Project) -> None:
    worker = command(project, "worker", "--queue", "short,longer")
    assert worker.wait() == 1
    assert "'longer' is not" in worker.output()
    assert "Traceback" not in worker.output()


def _catches_nothing(pid: int) -> bool:
    """Whether SIGTERM would end the process at once."""
    with open(f"/proc/{pid}/status") as status:
        caught = next(line.split()[1] for line in status if line.startswith("SigCgt"))
    return not int(caught, 16) >> (signal.SIGTERM - 1) & 1
