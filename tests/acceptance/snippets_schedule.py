"""Sections 1, 8, 9 and the first of 12 of the research document: what beat runs."""

from __future__ import annotations

import ast
import json
from datetime import datetime

import frappe

from tests.acceptance.commands import run_cli
from tests.acceptance.desk import forget_app, notes, signed_in, wait_for_notes
from tests.acceptance.research import Source
from tests.acceptance.snippets import snippet
from tests.project import Project
from tests.waiting import wait_until

ADMINISTRATOR = "Administrator"
BASIC = {
    "every_tick": "default",
    "hourly_cleanup": "default",
    "daily_report": "default",
    "heavy_processing": "long",
    "weekly_summary": "default",
    "monthly_archive": "default",
}
CRON_AFTER_31_JANUARY_8_AM = {
    "every_15_minutes": "2026-01-31T08:15:00+00:00",
    "weekday_morning_9am": "2026-02-02T09:00:00+00:00",
    "first_of_month_midnight": "2026-02-01T00:00:00+00:00",
    "daily_at_6_15pm": "2026-01-31T18:15:00+00:00",
    "yearly_task": "2027-01-01T00:00:00+00:00",
}


def install_hooks(project: Project, code: str, **config: object) -> None:
    """Make `code` the app's hooks.py and bring it into the schedule."""
    project.configure(time_zone="UTC", **config)
    project.write("myapp/hooks.py", code)
    forget_app()
    run_cli(project, "sync")


def make_everything_overdue(project: Project) -> None:
    """As if the last runs were years ago."""
    with signed_in(project.site, ADMINISTRATOR):
        for name in frappe.get_all("Scheduled Job Type", pluck="name"):
            frappe.db.set_value("Scheduled Job Type", name, "last_execution", datetime(2020, 1, 1))


@snippet("Basis Syntax", "basic_events")
def every_event_type_runs(source: Source, app_project: Project) -> None:
    install_hooks(app_project, source.code())
    make_everything_overdue(app_project)
    app_project.worker()
    app_project.beat()
    ran = wait_for_notes(app_project, *BASIC)
    assert {note.what: note.queue for note in ran} == BASIC
    assert {note.user for note in ran} == {ADMINISTRATOR}


@snippet("Cron Syntax", "cron_events")
def every_cron_entry_runs(source: Source, app_project: Project) -> None:
    install_hooks(app_project, source.code())
    make_everything_overdue(app_project)
    app_project.worker()
    app_project.beat()
    ran = wait_for_notes(app_project, *CRON_AFTER_31_JANUARY_8_AM)
    assert {(note.queue, note.user) for note in ran} == {("default", ADMINISTRATOR)}


@snippet("Cron Syntax", "cron_events")
def cron_entries_are_due_when_they_say(source: Source, app_project: Project) -> None:
    install_hooks(app_project, source.code())
    listed = json.loads(run_cli(app_project, "schedule", "--json", "--at", "2026-01-31T08:00"))
    assert {line["method"].rpartition(".")[2]: line["next"][0] for line in listed} == (
        CRON_AFTER_31_JANUARY_8_AM
    )


@snippet("8. CONFIGURABLE SCHEDULER EVENTS (Runtime)", "scheduler_event")
def a_scheduler_event_is_scheduled_and_changed_at_run_time(
    source: Source, app_project: Project
) -> None:
    app_project.configure(time_zone="UTC")
    with signed_in(app_project.site):
        scope = {"frappe": frappe}
        exec(source.code(), scope)
        name = scope["job"].name
    (line,) = json.loads(run_cli(app_project, "schedule", "--json", "--at", "2026-01-31T08:01"))
    assert line["method"] == "myapp.tasks.reconcile_payments"
    assert [due[11:16] for due in line["next"][:3]] == ["08:05", "08:10", "08:15"]

    app_project.worker()
    beat = app_project.beat()
    beat.wait_for(" leads")
    with signed_in(app_project.site):  # later, without `bench migrate`
        job = frappe.get_doc("Scheduled Job Type", name)
        job.cron_format = "* * * * * *"
        job.save()
    beat.wait_for("myapp.tasks.reconcile_payments of site", timeout=5)
    (note, *_) = wait_for_notes(app_project, "reconcile_payments")
    assert (note.user, note.queue) == (ADMINISTRATOR, "default")
    run_cli(app_project, "sync")
    with signed_in(app_project.site):
        assert frappe.db.exists("Scheduled Job Type", name), "`sync` leaves it alone"


def todos_of_the_schedule(project: Project, source: Source) -> list[frappe._dict]:
    """What `scheduled_task` of the snippet made, run by beat at every tick."""
    project.write("myapp/tasks.py", "import frappe\n\n\n" + source.code())
    project.write("myapp/__init__.py", "")
    install_hooks(
        project,
        'scheduler_events = {"all": ["myapp.tasks.scheduled_task"]}',
        scheduler_tick_interval=1,
    )
    project.beat()
    project.worker()
    with signed_in(project.site):
        todos = wait_until(lambda: frappe.get_all("ToDo", fields=["owner", "description"]))
    return list(todos)


@snippet("9. SCHEDULER USER CONTEXT", "scheduled_user")
def a_scheduled_task_runs_as_administrator(source: Source, app_project: Project) -> None:
    (todo, *_) = todos_of_the_schedule(app_project, source)
    assert (todo.owner, todo.description) == (ADMINISTRATOR, "Created by scheduler")
    worker = app_project.processes[-1]
    worker.wait_for(f"JobProcess-1] {ADMINISTRATOR} (queue ")  # what it printed


@snippet("9. SCHEDULER USER CONTEXT", "scheduled_owner", number=2)
def a_document_keeps_the_owner_that_it_was_given(source: Source, app_project: Project) -> None:
    (todo, *_) = todos_of_the_schedule(app_project, source)
    assert todo.owner == "specific.user@example.com"


@snippet("❌ Heavy processing in scheduler callback", "heavy_processing")
def a_heavy_all_event_runs(source: Source, app_project: Project) -> None:
    """How beat fares meanwhile: test_beat_lag.py."""
    install_hooks(
        app_project,
        source.only(ast.Assign),
        scheduler_tick_interval=1,
        heavy_seconds=0.5,
    )
    app_project.worker()
    app_project.beat()
    wait_until(lambda: [n for n in notes(app_project) if n.about.get("ended")], timeout=30)


@snippet("❌ Heavy processing in scheduler callback", "heavy_processing")
def the_right_way_enqueues_it_on_long(source: Source, app_project: Project) -> None:
    tasks = (app_project.root / "myapp/tasks.py").read_text()
    app_project.write("myapp/tasks.py", tasks + source.only(ast.FunctionDef))
    hooks = 'scheduler_events = {"all": ["myapp.tasks.every_tick"]}'
    install_hooks(app_project, hooks, scheduler_tick_interval=1)
    app_project.worker()
    app_project.beat()
    (note, *_) = wait_for_notes(app_project, "process_millions")
    assert (note.queue, note.user) == ("long", ADMINISTRATOR)
