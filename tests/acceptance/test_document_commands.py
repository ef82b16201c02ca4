"""What the research document writes for bench, configuration and commands, as it is here."""

from __future__ import annotations

import json

import frappe

from frappe_celery.jobs import get_store
from tests.acceptance.commands import cli, run_cli, worker
from tests.acceptance.desk import notes, signed_in, wait_for_notes
from tests.project import Project
from tests.waiting import wait_until

EVERY_SECOND = 'scheduler_events = {{"cron": {{"* * * * * *": ["myapp.tasks.{}"]}}}}'


def enqueue(project: Project, **queues: str) -> None:
    """Enqueue methods of the app, each on a queue."""
    with signed_in(project.site):
        for method, queue in queues.items():
            frappe.enqueue(f"myapp.tasks.{method}", queue=queue)


def ran(project: Project) -> dict[str, str | None]:
    """What ran, and on which queue."""
    return {note.what: note.queue for note in notes(project)}


def test_changed_hooks_wait_for_sync(app_project: Project) -> None:
    """`bench migrate` (section 1): without it a change of the hooks is not applied."""
    app_project.write("myapp/hooks.py", EVERY_SECOND.format("every_tick"))
    run_cli(app_project, "sync")
    app_project.write("myapp/hooks.py", EVERY_SECOND.format("hourly_cleanup"))
    app_project.worker()
    beat = app_project.beat()
    wait_for_notes(app_project, "every_tick")
    beat.wait_for("not in force until `frappe-celery schedule sync`: myapp.tasks.hourly_cleanup")
    assert "hourly_cleanup" not in ran(app_project)

    output = run_cli(app_project, "sync")
    assert "added myapp.tasks.hourly_cleanup" in output
    assert "removed myapp.tasks.every_tick" in output
    wait_for_notes(app_project, "hourly_cleanup")
    so_far = notes(app_project)[-1]
    wait_until(lambda: notes(app_project)[-1] != so_far)
    assert notes(app_project)[-1].what == "hourly_cleanup"


WORKERS = """
{
    "workers": {
        "myqueue": {
            "timeout": 5000,
            "background_workers": 4
        },
        "priority": {
            "timeout": 60,
            "background_workers": 2
        }
    }
}
"""


def test_custom_queues_as_the_document_has_them(app_project: Project) -> None:
    app_project.configure(**json.loads(WORKERS))
    app_project.worker()
    with signed_in(app_project.site):
        jobs = [
            frappe.enqueue("myapp.tasks.process", queue=queue) for queue in ("myqueue", "priority")
        ]
        own = frappe.enqueue("myapp.tasks.process", queue="priority", timeout=90)
    assert [job.timeout for job in jobs] == [5000, 60]
    assert own.timeout == 90
    wait_until(lambda: all(job.is_finished for job in (*jobs, own)))
    queues = sorted(str(note.queue) for note in notes(app_project))
    assert queues == ["myqueue", "priority", "priority"]


def test_a_worker_of_its_own_for_each_queue(app_project: Project) -> None:
    """The Procfile: `worker --queue short --quiet`, one for each queue."""
    methods = {"process": "short", "heavy_task": "default", "process_millions": "long"}
    enqueue(app_project, **methods)
    for method, queue in methods.items():
        quiet = cli(app_project, "worker", "--queue", queue, "--quiet", "-c", "1")
        wait_for_notes(app_project, method)
        assert "succeeded" not in quiet.output()
    assert ran(app_project) == methods
    each = {("short",), ("default",), ("long",)}  # a job may run before its worker is listed
    wait_until(lambda: {worker.queues for worker in get_store().workers.all()} == each)


def test_a_worker_for_several_queues(app_project: Project) -> None:
    """`worker --queue short,default` leaves `long` alone, `worker --queue long` takes it."""
    enqueue(app_project, process_millions="long", heavy_task="default", process="short")
    worker(app_project, "--queue", "short,default")
    wait_for_notes(app_project, "process", "heavy_task")
    assert ran(app_project) == {"process": "short", "heavy_task": "default"}
    assert get_store().queue_length("long") == 1
    worker(app_project, "--queue", "long")
    wait_for_notes(app_project, "process_millions")


def test_burst_mode(app_project: Project) -> None:
    """`worker --queue short --burst` ends when the queue is empty."""
    enqueue(app_project, process="short", heavy_task="default")
    with signed_in(app_project.site):
        frappe.enqueue("myapp.tasks.process_data", queue="short", customer="CUST-001")
    output = run_cli(app_project, "worker", "--queue", "short", "--burst")
    assert "burst mode: nothing left in short, quitting" in output
    assert ran(app_project) == {"process": "short", "process_data": "short"}
    assert get_store().queue_length("default") == 1
