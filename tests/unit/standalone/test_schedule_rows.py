"""Scheduled Job Type rows: the live schedule, its runs, and how it follows the hooks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from frappe_celery import error_mail
from frappe_celery.config import settings
from frappe_celery.jobs import hosts
from frappe_celery.jobs.hosts import ScheduleRow
from frappe_celery.schedule.events import read_hooks
from frappe_standalone.host import StandaloneHost
from frappe_standalone.schedule import rows as schedule_rows
from frappe_standalone.site.context import visit

Write = Callable[[str, str], Path]
SITE = "standalone"


@pytest.fixture
def host(frappe: Any) -> StandaloneHost:
    return StandaloneHost()


def wanted(
    method: str, frequency: str = "Daily", cron: str | None = None, create_log: bool = True
) -> ScheduleRow:
    now = datetime.now(timezone.utc)
    return ScheduleRow(SITE, "", method, frequency, "default", now, cron, create_log=create_log)


def rows(host: StandaloneHost) -> dict[str, ScheduleRow]:
    return {row.name: row for row in host.schedule_rows(SITE)}


def test_rows_follow_the_hooks_and_keep_what_is_theirs(host: StandaloneHost, frappe: Any) -> None:
    report = host.sync_schedule(SITE, [wanted("myapp.tasks.a"), wanted("myapp.tasks.b")])
    assert (report.added, report.changed, report.removed) == (
        ["myapp.tasks.a", "myapp.tasks.b"],
        [],
        [],
    )
    assert set(rows(host)) == {"tasks.a", "tasks.b"}
    assert not host.sync_schedule(SITE, [wanted("myapp.tasks.a"), wanted("myapp.tasks.b")])

    ran = frappe.utils.now_datetime()
    values = {"stopped": 1, "last_execution": ran, "create_log": 0}
    frappe.db.set_value("Scheduled Job Type", "tasks.a", values)
    frappe.db.commit()
    report = host.sync_schedule(SITE, [wanted("myapp.tasks.a", "Cron", "0 9 * * *")])
    assert (report.added, report.changed, report.removed) == (
        [],
        ["myapp.tasks.a"],
        ["myapp.tasks.b"],
    )
    row = rows(host)["tasks.a"]
    assert (row.frequency, row.cron_format) == ("Cron", "0 9 * * *")
    assert (row.stopped, row.create_log) == (True, False)
    assert row.last_execution is not None
    assert abs(row.last_execution - datetime.now(timezone.utc)) < timedelta(minutes=1)


def test_rows_of_ones_own_are_left_alone(host: StandaloneHost, frappe: Any) -> None:
    event = frappe.get_doc(
        {"doctype": "Scheduler Event", "scheduled_against": "X", "method": "frappe.ping"}
    ).insert()
    own = {"doctype": "Scheduled Job Type", "frequency": "Daily"}
    frappe.get_doc({**own, "scheduler_event": event.name}).insert(set_name="by event")
    frappe.get_doc({**own, "server_script": "script"}).insert(set_name="by script")
    frappe.get_doc({**own, "method": "frappe.get_hooks"}).insert(set_name="by hand")
    frappe.db.commit()
    assert host.sync_schedule(SITE, []).removed == ["frappe.get_hooks"]
    assert set(rows(host)) == {"by event", "by script"}
    assert rows(host)["by event"].method == "frappe.ping"


def test_methods_that_share_their_last_two_parts_do_not_collide(host: StandaloneHost) -> None:
    both = [wanted("myapp.one.tasks.a"), wanted("myapp.two.tasks.a")]
    host.sync_schedule(SITE, both)
    assert {name: row.method for name, row in rows(host).items()} == {
        "tasks.a": "myapp.one.tasks.a",
        "myapp.two.tasks.a": "myapp.two.tasks.a",
    }
    assert not host.sync_schedule(SITE, both)


def test_one_method_in_two_frequencies_has_two_rows(host: StandaloneHost) -> None:
    both = [wanted("myapp.tasks.a", "Daily"), wanted("myapp.tasks.a", "Hourly")]
    host.sync_schedule(SITE, both)
    assert sorted(row.frequency for row in rows(host).values()) == ["Daily", "Hourly"]
    assert host.sync_schedule(SITE, both[:1]).removed == ["myapp.tasks.a"]


def test_a_row_like_one_that_is_there_is_a_duplicate(host: StandaloneHost, frappe: Any) -> None:
    every = {"doctype": "Scheduled Job Type", "method": "myapp.tasks.a", "frequency": "Cron"}
    frappe.get_doc({**every, "cron_format": "0 9 * * *"}).insert()
    with pytest.raises(frappe.DuplicateEntryError):
        frappe.get_doc({**every, "cron_format": "0 9 * * *"}).insert()
    frappe.get_doc({**every, "cron_format": "0 9 * * *"}).insert(ignore_if_duplicate=True)
    assert frappe.get_doc({**every, "cron_format": "0 10 * * *"}).insert().name == every["method"]
    frappe.db.commit()
    assert set(rows(host)) == {"tasks.a", "myapp.tasks.a"}


def test_a_failure_in_between_changes_nothing(host: StandaloneHost, frappe: Any) -> None:
    broken = replace(wanted("myapp.tasks.b"), method=None)  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        host.sync_schedule(SITE, [wanted("myapp.tasks.a"), broken])
    assert rows(host) == {}


def test_the_hooks_rows_are_taken_as_they_come(host: StandaloneHost, write: Write) -> None:
    write(
        "myapp/hooks.py",
        """
        scheduler_events = {
            "all": ["myapp.tasks.tick"],
            "daily_long": ["myapp.tasks.heavy"],
            "cron": {"*/15 * * * *": ["myapp.tasks.quarter"], "annual": ["myapp.tasks.yearly"]},
        }
        """,
    )
    found, problems = read_hooks(host.app_hooks(SITE), settings.current(), SITE)
    assert problems == []
    host.sync_schedule(SITE, found)
    kept = ("method", "frequency", "cron_format", "queue", "create_log", "app", "stopped")

    def shown(some: list[ScheduleRow]) -> list[tuple[Any, ...]]:
        return sorted(tuple(getattr(row, name) for name in kept) for row in some)

    assert shown(host.schedule_rows(SITE)) == shown(found)
    assert not host.sync_schedule(SITE, found)


def test_the_repeated_hour_is_kept_apart(host: StandaloneHost, frappe: Any) -> None:
    host.sync_schedule(SITE, [wanted("myapp.tasks.a")])
    frappe.conf.time_zone = "Europe/Amsterdam"
    for hour in (0, 1):  # both are 02:30 on that clock
        moment = datetime(2026, 10, 25, hour, 30, tzinfo=timezone.utc)
        schedule_rows.started("tasks.a", moment)
        doc = frappe.get_doc("Scheduled Job Type", "tasks.a")
        assert doc.last_execution.hour == 2
        assert doc.as_row().last_execution == moment


# -- documents of one's own (research document section 8)


def test_a_schedule_made_at_run_time(frappe: Any, write: Write, host: StandaloneHost) -> None:
    against = "Process Payment Reconciliation"
    write("myapp/hooks.py", f'scheduled_against = {{"{against}": "myapp.tasks.reconcile"}}')
    event = frappe.new_doc("Scheduler Event")
    event.scheduled_against = against
    event.save()
    job = frappe.new_doc("Scheduled Job Type")
    job.frequency = "Cron"
    job.scheduler_event = event.name
    job.cron_format = "0/5 * * * *"
    job.save()
    assert job.method == "myapp.tasks.reconcile"
    assert job.next_execution.minute % 5 == 0
    assert frappe.get_doc("Scheduled Job Type", job.name).create_log == 1
    frappe.db.commit()
    assert rows(host)[job.name].scheduler_event == event.name


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"frequency": "Daily"}, "has no method.*scheduled_against"),
        ({"frequency": "Cron", "method": "frappe.ping"}, "Cron format is required"),
        ({"frequency": "Cron", "method": "frappe.ping", "cron_format": "61 * * * *"}, "61"),
        ({"frequency": "Sometimes", "method": "frappe.ping"}, "Sometimes"),
    ],
)
def test_a_row_that_could_never_run_is_refused(frappe: Any, values: Any, words: str) -> None:
    with pytest.raises(frappe.ValidationError, match=words):
        frappe.get_doc({"doctype": "Scheduled Job Type", **values}).insert()


# -- runs

TASKS = """
import frappe

def good():
    frappe.log("a debug line")
    frappe.get_doc({"doctype": "Memo", "owner": "x@example.com"}).insert()

def bad():
    frappe.get_doc({"doctype": "Memo"}).insert()
    raise ValueError("on purpose")

def again():
    raise frappe.RetryBackgroundJobError
"""


@pytest.fixture
def run_it(frappe: Any, host: StandaloneHost, write: Write) -> Callable[..., None]:
    write("myapp/tasks.py", TASKS)

    def run_scheduled(name: str, **row: Any) -> None:
        from frappe.core.doctype.scheduled_job_type.scheduled_job_type import run_scheduled_job

        host.sync_schedule(SITE, [wanted(f"myapp.tasks.{name}", **row)])
        with visit(SITE, "Administrator"):
            run_scheduled_job(job_type=f"myapp.tasks.{name}")

    return run_scheduled


def logs(frappe: Any) -> list[Any]:
    return list(frappe.get_all("Scheduled Job Log", fields=["*"], order_by="creation"))


def test_a_run_is_logged_and_its_start_committed(frappe: Any, run_it: Any, host: Any) -> None:
    run_it("good")
    (log,) = logs(frappe)
    assert (log.status, log.scheduled_job_type, log.owner) == (
        "Complete",
        "tasks.good",
        "Administrator",
    )
    assert log.debug_log == "a debug line"
    assert rows(host)["tasks.good"].last_execution is not None
    assert frappe.get_all("Memo", pluck="owner") == ["x@example.com"]


def test_a_failure_is_swallowed_logged_and_reported(frappe: Any, run_it: Any, host: Any) -> None:
    told: list[Any] = []

    def listen(exception: BaseException, **_: Any) -> None:
        told.append(exception)

    error_mail.swallowed.connect(listen)
    try:
        run_it("bad")
    finally:
        error_mail.swallowed.disconnect(listen)
    (log,) = logs(frappe)
    assert log.status == "Failed"
    assert "ValueError: on purpose" in log.details
    assert not frappe.db.exists("Memo", {"docstatus": 0})
    assert [str(error) for error in told] == ["on purpose"]
    assert rows(host)["tasks.bad"].last_execution is not None


def test_a_row_without_log(frappe: Any, run_it: Any, host: Any) -> None:
    run_it("good", frequency="All", create_log=False)
    assert logs(frappe) == []
    assert rows(host)["tasks.good"].last_execution is not None


def test_a_rerun_is_asked_for_by_raising(frappe: Any, run_it: Any) -> None:
    with pytest.raises(frappe.RetryBackgroundJobError):
        run_it("again")
    assert [log.status for log in logs(frappe)] == ["Failed"]


def test_deleting_a_row_deletes_its_logs(frappe: Any, run_it: Any) -> None:
    run_it("good")
    frappe.delete_doc("Scheduled Job Type", "tasks.good")
    assert logs(frappe) == []


def test_the_scheduler_of_a_site_can_be_switched_off(frappe: Any) -> None:
    from frappe.utils import scheduler

    scheduler.toggle_scheduler(False)
    assert scheduler.is_scheduler_inactive()
    scheduler.toggle_scheduler(True)
    for key in ("maintenance_mode", "pause_scheduler", "disable_scheduler"):
        frappe.conf[key] = 1
        assert scheduler.is_scheduler_inactive(), key
        frappe.conf[key] = 0
    assert not scheduler.is_scheduler_inactive()


@pytest.mark.no_database
def test_the_host_of_a_project_without_frappe() -> None:
    assert isinstance(hosts.current(), StandaloneHost)
