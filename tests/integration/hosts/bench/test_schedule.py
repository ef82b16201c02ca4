"""A site's Scheduled Job Type rows as beat knows them, and why a site is not scheduled."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.hosts.bench.conftest import BEGIN, StandInBench

HOSTED = (
    BEGIN
    + """
from frappe_celery.jobs import hosts
from frappe_celery.config import settings
from frappe_celery.schedule.fire import enqueue_scheduled
from frappe_celery.schedule.timing import Timing
frappe.destroy()
host = hosts.current()
"""
)
REPORT = {
    "name": "tasks.write", "method": "fixture_app.tasks.write", "frequency": "Daily Long",
    "cron_format": "", "creation": "2026-01-01 00:00:00.500000", "last_execution": None,
    "stopped": 0, "create_log": 1, "server_script": None,
}  # fmt: skip


def database(bench: StandInBench, site: str = "site1", **values: Any) -> None:
    bench.write(f"sites/{site}/database.json", json.dumps(values))


def rows(bench: StandInBench, *changed: dict[str, Any], zone: str = "Europe/Brussels") -> None:
    values = {"Scheduled Job Type": [{**REPORT, **row} for row in changed]}
    database(bench, **values, **{"System Settings": {"time_zone": zone}})


def test_rows_are_the_sites_own(bench: StandInBench) -> None:
    rows(
        bench,
        {"last_execution": "2026-06-01 02:00"},
        {"name": "b", "frequency": "Cron", "cron_format": "*/5 * * * *", "stopped": 1},
        {"name": "c", "method": "a_script_daily", "server_script": "a script"},
        {"name": "d", "scheduler_event": "EV-1"},
    )
    bench.configure(cron_queues={"fixture_app.tasks.write": "short"})
    answer = bench.ask(
        """
        rows = host.schedule_rows("site1")
        answer = [[r.site, r.name, r.queue, r.cron_format, r.stopped, r.server_script,
                   r.scheduler_event] for r in rows]
        answer.append([str(rows[0].last_execution), str(rows[0].creation), frappe.db])
        """,
        begin=HOSTED,
    )
    assert answer == [
        ["site1", "tasks.write", "long", None, False, None, None],
        ["site1", "b", "short", "*/5 * * * *", True, None, None],
        ["site1", "c", "long", None, False, "a script", None],
        ["site1", "d", "long", None, False, None, "EV-1"],
        ["2026-06-01 00:00:00+00:00", "2025-12-31 23:00:00.500000+00:00", None],
    ]


def test_times_are_those_of_system_settings(bench: StandInBench) -> None:
    rows(bench, {}, zone="America/New_York")
    bench.configure(time_zone="Asia/Tokyo")
    timing = "answer = Timing.of(settings.current(), 'site1').zone"
    assert bench.ask(timing, begin=HOSTED) == "America/New_York"


@pytest.mark.parametrize(
    ("written", "now", "meant"),
    [
        ("2026-10-25 01:59", "2026-10-25T12:00+00:00", "2026-10-24T23:59"),
        ("2026-10-25 02:30", "2026-10-25T00:31+00:00", "2026-10-25T00:30"),  # the first one
        ("2026-10-25 02:30", "2026-10-25T01:29+00:00", "2026-10-25T00:30"),  # still
        ("2026-10-25 02:30", "2026-10-25T01:30+00:00", "2026-10-25T01:30"),  # the later one
        ("2026-10-25 02:30", "2026-12-01T00:00+00:00", "2026-10-25T01:30"),
        ("2026-10-25 03:00", "2026-10-25T12:00+00:00", "2026-10-25T02:00"),
        ("2027-01-01 00:00", "2026-10-25T12:00+00:00", "2026-12-31T23:00"),  # put off
    ],
)
def test_an_hour_that_is_repeated_is_the_later_one_that_has_come(
    bench: StandInBench, written: str, now: str, meant: str
) -> None:
    answer = bench.ask(
        f"""
        from datetime import datetime
        from frappe_celery.hosts.bench.schedule import instant
        read = datetime.fromisoformat
        answer = instant(read({written!r}), "Europe/Brussels", read({now!r})).isoformat()
        """,
        begin=HOSTED,
    )
    assert answer == f"{meant}:00+00:00"


@pytest.mark.parametrize(
    ("version_16", "job_id", "arguments"),
    [
        ("", "fixture_app.tasks.write", {"job_type": "fixture_app.tasks.write"}),
        (
            "version_16()",
            "by name",
            {"job_type": "fixture_app.tasks.write", "scheduled_job_type": "by name"},
        ),
    ],
)
def test_a_run_has_the_id_and_the_arguments_that_this_frappe_gives_it(
    bench: StandInBench, version_16: str, job_id: str, arguments: dict[str, str]
) -> None:
    rows(bench, {"name": "by name"})
    answer = bench.ask(
        f"""
        from frappe.core.doctype.scheduled_job_type import scheduled_job_type
        scheduled_job_type.{version_16 or "run_scheduled_job"}
        row, = host.schedule_rows("site1")
        job = enqueue_scheduled(row)
        answer = [job.id, job.kwargs["kwargs"], job.queue, job.user, job.method]
        frappe.init("site1"); frappe.connect()
        twice = frappe.enqueue("x", job_id="scheduled_job::{job_id}", deduplicate=True)
        answer.append(twice)
        """,
        begin=HOSTED,
    )
    method = "frappe.core.doctype.scheduled_job_type.scheduled_job_type.run_scheduled_job"
    run = f"site1::scheduled_job::{job_id}"
    assert answer == [run, arguments, "long", "Administrator", method, None]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, None),
        (
            {"System Settings": {"enable_scheduler": 0}},
            "enable_scheduler is off in its System Settings",
        ),
        (
            {"dormant": 1, "System Settings": {"dormant_days": 7}},
            "it is dormant: nobody was there for 7 days, and jobs ran in the last 24 hours",
        ),
    ],
)
def test_why_a_site_is_not_scheduled(
    bench: StandInBench, values: dict[str, Any], reason: str | None
) -> None:
    answer = bench.ask(
        f"""
        import json, pathlib
        assert host.scheduling_off("site1") is None
        pathlib.Path("site1/database.json").write_text(json.dumps({values!r}))
        answer = host.scheduling_off("site1")  # at once, though Frappe keeps its answer
        """,
        begin=HOSTED,
    )
    assert answer == reason


def test_the_return_to_a_dormant_site_is_seen_at_once_from_16_on_too(bench: StandInBench) -> None:
    """There `is_dormant` keeps its answer by itself."""
    answer = bench.ask(
        """
        import pathlib
        database = pathlib.Path("site1/database.json")
        database.write_text('{"dormant": 1, "System Settings": {"enable_scheduler": 1}}')
        first = host.scheduling_off("site1")
        database.write_text('{"System Settings": {"enable_scheduler": 1}}')
        answer = ["dormant" in first, host.scheduling_off("site1")]
        """,
        begin=HOSTED,
        STANDIN_FRAPPE="16.9.0",
    )
    assert answer == [True, None]


@pytest.mark.parametrize(("version", "delayed"), [("15.55.1", True), ("16.9.0", False)])
def test_the_installed_frappe_says_whether_long_events_are_delayed(
    bench: StandInBench, version: str, delayed: bool
) -> None:
    asked = "answer = Timing.of(settings.current(), 'site1').delays_long"
    assert bench.ask(asked, begin=HOSTED, STANDIN_FRAPPE=version) is delayed


def test_desks_execute_finds_the_run_that_beat_enqueued(bench: StandInBench) -> None:
    """Both ids are what the installed Frappe makes of one: `site||…` from 16 stable on."""
    rows(bench, {})
    answer = bench.ask(
        """
        from frappe.core.doctype.scheduled_job_type import scheduled_job_type
        scheduled_job_type.version_16()
        (row,) = host.schedule_rows("site1")
        job = enqueue_scheduled(row)
        frappe.init("site1")
        answer = [job.id, background_jobs.get_job("scheduled_job::tasks.write") == job]
        """,
        begin=HOSTED,
        STANDIN_FRAPPE="16.9.0",
    )
    assert answer == ["site1||scheduled_job||tasks.write", True]


def test_hooks_are_those_of_the_apps_that_the_site_has(bench: StandInBench) -> None:
    bench.write("other_app/__init__.py", "")
    bench.write("other_app/hooks.py", 'scheduler_events = {"daily": ["other_app.x"]}')
    bench.write("sites/apps.txt", "fixture_app\nother_app\n")
    database(bench, installed_apps=["other_app", "gone"])
    answer = bench.ask(
        """
        from frappe_celery import app
        answer = [[found.app, found.error and found.error.split(":")[1]]
                  for site in ("site1", "site2") for found in host.app_hooks(site)]
        frappe.init("site1"); frappe.connect()
        frappe.db.put("down", True)
        frappe.destroy()
        answer.append("other_app.x" in app.tasks)  # a worker starts without any database
        """,
        begin=HOSTED,
    )
    assert answer == [
        ["other_app", None], ["gone", " ModuleNotFoundError"], ["fixture_app", None], True,
    ]  # fmt: skip


def test_the_command_shows_the_other_sites_when_one_s_database_is_down(
    bench: StandInBench,
) -> None:
    rows(bench, {"name": "report"})
    answer = bench.ask(
        """
        frappe.init("site2"); frappe.connect()
        frappe.db.put("down", True)
        frappe.destroy()
        from click.testing import CliRunner
        from frappe_celery.cli import main
        shown = CliRunner().invoke(main, ["schedule"])
        answer = [shown.exit_code, shown.output]
        """,
        begin=HOSTED,
    )
    assert answer[0] == 1
    assert "fixture_app.tasks" in answer[1], "of site1"
    assert "site2: OperationalError: (2003, 'cannot connect')" in answer[1]


def test_sync_is_frappes_own_with_the_hooks_read_anew(bench: StandInBench) -> None:
    rows(bench, {"name": "old", "method": "fixture_app.tasks.gone"})
    answer = bench.ask(
        """
        frappe.cache["app_hooks"] = ["stale"]
        report = host.sync_schedule("site1", [])
        answer = [report.added, report.removed]
        """,
        begin=HOSTED,
    )
    assert answer == [["fixture_app.tasks.write"], ["fixture_app.tasks.gone"]]


def test_an_entry_of_beat_schedule_runs_as_the_sites_own_row(bench: StandInBench) -> None:
    bench.write(
        "fixture_app/hooks.py",
        'scheduler_events = {"daily": ["fixture_app.tasks.write", "fixture_app.tasks.fail"]}',
    )
    bench.configure(default_site="site1")
    rows(bench, {"name": "a row of its own"})
    answer = bench.ask(
        """
        from frappe_celery import app, errors
        from frappe.core.doctype.scheduled_job_type import scheduled_job_type
        scheduled_job_type.version_16()
        answer = [app.send_task("fixture_app.tasks.write", as_scheduled=True).id]
        try:
            app.send_task("fixture_app.tasks.fail", as_scheduled=True)
        except errors.ConfigError as exc:
            answer.append("bench migrate" in str(exc))
        """,
        begin=HOSTED,
    )
    assert answer == ["site1::scheduled_job::a row of its own", True]
