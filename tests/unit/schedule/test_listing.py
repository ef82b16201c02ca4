"""`frappe-celery schedule` and `sync`, on hooks and rows in memory and on real hooks.py files."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from frappe_celery.cli import main
from frappe_celery.config import settings
from frappe_celery.jobs import hosts
from frappe_celery.jobs.hosts import AppHooks
from frappe_celery.schedule.listing import COUNT, site_schedule
from frappe_celery.schedule.sync import differences
from frappe_celery.schedule.timing import maintenance_shift
from frappe_celery.watch.schedule_tables import schedule_listing
from tests.unit.schedule.memory_host import SITE, MemoryHost, row, utc

HOOKS = {
    "daily": ["os.getpid"],
    "hourly_long": "os.gone",
    "cron": {"0 9 * * 1-5": ["os.getcwd"], "61 * * * *": ["os.getppid"]},
}


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryHost]:
    site = tmp_path / "sites" / SITE
    site.mkdir(parents=True)
    (site / "site_config.json").write_text("{}")
    (tmp_path / "sites" / "common_site_config.json").write_text(
        '{"time_zone": "Europe/Amsterdam", "scheduler_tick_interval": 120}'
    )
    host = MemoryHost(HOOKS)
    monkeypatch.setattr(hosts, "current", lambda: host)
    settings.use(settings.Settings.load(tmp_path, {}))
    yield host
    settings.use(None)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def entries(*arguments: str) -> list[dict[str, Any]]:
    result = run("schedule", "--json", *arguments)
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.output)
    return found


def by_method(*arguments: str) -> dict[str, dict[str, Any]]:
    return {entry["method"]: entry for entry in entries(*arguments) if entry["method"]}


def test_before_any_row_exists_it_shows_the_hooks(host: MemoryHost) -> None:
    found = by_method("--at", "2026-06-01T08:00", "--count", "2")
    assert list(found) == ["os.getpid", "os.gone", "os.getcwd"]
    assert found["os.getcwd"] == {
        "site": SITE,
        "app": "myapp",
        "source": 'myapp hooks.py scheduler_events.cron["0 9 * * 1-5"]',
        "method": "os.getcwd",
        "queue": "default",
        "frequency": "Cron",
        "expression": "0 9 * * 1-5",
        "last": None,
        "next": ["2026-06-01T09:00:00+02:00", "2026-06-02T09:00:00+02:00"],
        "in_force": False,
        "state": "not yet in force",
        "problem": "",
        "misfire": "",
    }
    assert not host.rows
    assert (
        "the first start of beat, or `frappe-celery schedule sync`, does" in run("schedule").output
    )


def test_on_80_columns_an_entry_is_two_lines_with_its_whole_name(host: MemoryHost) -> None:
    methods = ["myapp.very.deeply.nested.package.tasks.reconcile_all_payments", "os.getpid"]
    host.hooks = [AppHooks("myapp", {"scheduler_events": {"daily": methods, "all": "os.gone"}})]
    _title, *lines = on_80_columns()
    assert max(map(len, lines)) <= 80
    entries = dict(zip(lines[:6:2], lines[1:6:2], strict=True))
    assert sorted(entries) == sorted([*methods, "os.gone"])
    assert entries[methods[0]].startswith("  cannot be imported: ModuleNotFoundError: No module ")
    assert entries["os.gone"].startswith("  cannot be imported: AttributeError: ")
    assert entries["os.getpid"].startswith("  not yet in force  default  Daily, 0 0 * * *  next: ")
    assert "all` is due every" in lines[6]


def test_more_times_than_usual_are_all_shown(host: MemoryHost) -> None:
    host.hooks = [AppHooks("myapp", {"scheduler_events": {"daily": ["os.getpid"]}})]
    shown = " ".join(on_80_columns(count=7))
    assert shown.count("00:00:") == 7


def on_80_columns(count: int = COUNT) -> list[str]:
    found = site_schedule(hosts.current(), settings.current(), SITE, count=count)
    terminal = Console(width=80, file=io.StringIO())
    terminal.print(schedule_listing(found))
    return terminal.file.getvalue().splitlines()  # type: ignore[attr-defined,no-any-return]


def test_into_a_pipe_goes_a_line_an_entry(host: MemoryHost) -> None:
    result = run("schedule", "--at", "2026-06-01T08:00", "--count", "2")
    entries = [line.split("\t") for line in result.stdout.splitlines()]
    assert [len(entry) for entry in entries] == [9] * 4
    assert entries[0][:5] == [SITE, "myapp", "os.getpid", "default", "Daily, 0 0 * * *"]
    assert "`all` is due every" in result.stderr


def test_what_is_wrong_is_listed_with_the_reason(host: MemoryHost) -> None:
    host.hooks.append(AppHooks("other", error="other.hooks cannot be imported: NameError: x"))
    found = entries()
    assert "AttributeError" in next(e["problem"] for e in found if e["method"] == "os.gone")
    broken = {e["source"]: e["problem"] for e in found if e["method"] is None}
    key = 'myapp hooks.py scheduler_events.cron["61 * * * *"]'
    assert "'61' cannot be its minute" in broken[key]
    assert broken["other hooks.py"] == "other.hooks cannot be imported: NameError: x"


def test_rows_are_the_schedule_and_the_hooks_say_where_they_came_from(host: MemoryHost) -> None:
    assert run("sync").exit_code == 1  # a broken key
    host.change("os.getpid", last_execution=utc("2026-05-31 22:00:05"))
    host.change("os.getcwd", stopped=True)
    of_event = {"scheduler_event": "EV-1", "source": "Scheduler Event EV-1"}
    host.rows[SITE, "own"] = row("os.times", name="own", cron_format="0/5 * * * *", **of_event)
    found = by_method("--at", "2026-06-01T08:00")
    assert found["os.getpid"]["last"] == "2026-06-01T00:00:05+02:00"
    assert found["os.getpid"]["next"][0] == "2026-06-02T00:00:00+02:00"
    assert found["os.getpid"]["source"] == "myapp hooks.py scheduler_events.daily"
    assert found["os.getcwd"]["state"] == "stopped"
    assert found["os.times"]["source"] == "Scheduler Event EV-1"
    assert all(entry["in_force"] for entry in found.values())
    assert [len(entry["next"]) for entry in found.values()] == [5] * 4


def test_hooks_that_changed_are_announced(host: MemoryHost) -> None:
    host.hooks = [AppHooks("myapp", {"scheduler_events": {"daily": ["os.getpid"]}})]
    assert run("sync").output == f"{SITE}: added os.getpid\n"
    assert run("sync").output == f"{SITE}: nothing to change\n"
    host.hooks = [AppHooks("myapp", {"scheduler_events": {"weekly": ["os.getcwd"]}})]
    output = run("schedule").output
    assert (
        "added in the hooks, not in force until `frappe-celery schedule sync`: os.getcwd" in output
    )
    assert (
        "removed in the hooks, not in force until `frappe-celery schedule sync`: os.getpid"
        in output
    )
    assert list(by_method()) == ["os.getpid"]
    result = run("sync")
    assert result.exit_code == 0
    assert result.output == f"{SITE}: added os.getcwd\n{SITE}: removed os.getpid\n"


def test_while_a_hooks_py_cannot_be_read_nothing_is_removed(host: MemoryHost) -> None:
    host.hooks = [AppHooks("myapp", {"scheduler_events": {"daily": ["os.getpid", "os.getcwd"]}})]
    run("sync")
    host.hooks = [AppHooks("myapp", error="myapp.hooks cannot be imported: NameError: x")]
    result = run("sync")
    assert result.exit_code == 1
    assert "myapp.hooks cannot be imported: NameError: x" in result.output
    assert "nothing was removed" in result.output
    assert len(host.rows) == 2


def test_a_paused_site_says_why(host: MemoryHost) -> None:
    run("sync")
    path = settings.current().root / "sites" / SITE / "site_config.json"
    path.write_text('{"pause_scheduler": 1}')
    states = {entry["state"] for entry in by_method().values()}
    assert states == {"paused: pause_scheduler is set in its configuration"}


def test_the_table_says_where_the_interval_of_all_came_from(host: MemoryHost) -> None:
    output = run("schedule").output
    assert "`all` is due every 120 s (scheduler_tick_interval)" in output
    assert "times in Europe/Amsterdam" in output
    assert 'scheduler_events.cron["0 9 * * 1-5"]' in output


def test_an_entry_that_somebody_put_off_is_shown_so(host: MemoryHost) -> None:
    run("sync")
    host.change("os.getpid", last_execution=utc("2126-06-01 00:00"))
    assert by_method()["os.getpid"]["next"][0].startswith("2126-06-02T00:00:00")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--at", "tomorrow"], "'tomorrow' is no time; write 30m, 2h or 7d"),
        (["--at", "99999999w"], "out of range"),
        (["--site", "other"], f"'other' is no site here; there are: {SITE}"),
        (["--hooks", "/nowhere/hooks.py"], "does not exist"),
    ],
)
def test_wrong_options(host: MemoryHost, arguments: list[str], message: str) -> None:
    result = run("schedule", *arguments)
    assert result.exit_code == 2
    assert message in result.output


@pytest.mark.parametrize(
    "time", ["2026-03-28T23:30Z", "2026-03-29T00:30", "2026-03-29T05:00+05:30"]
)
def test_at_takes_the_sites_time_or_an_offset(host: MemoryHost, time: str) -> None:
    """The clock is changed in between: 02:30 is left out, so that it runs at 03:00."""
    host.hooks = [AppHooks("myapp", {"scheduler_events": {"cron": {"30 2 * * *": ["os.getpid"]}}})]
    found = by_method("--at", time, "--count", "2")["os.getpid"]["next"]
    assert found == ["2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"]


def test_hooks_of_any_app_without_a_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = tmp_path / "checkouts" / "some-app" / "some_app"
    app.mkdir(parents=True)
    (app / "__init__.py").write_text("__version__ = '1'")
    (app / "hooks.py").write_text(
        "from . import __version__\nfrom .constants import METHODS\n"
        "scheduler_events = {'daily': [m for m in METHODS] + ['some_app.tasks.gone']}\n"
    )
    (app / "constants.py").write_text("METHODS = ['some_app.tasks.report']")
    (app / "tasks.py").write_text("def report(): pass")
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    monkeypatch.syspath_prepend(str(empty))
    settings.use(None)
    try:
        for path in (app / "hooks.py", app, app.parent):
            found = by_method("--hooks", str(path))
            assert found["some_app.tasks.report"]["app"] == "some_app"
            assert not found["some_app.tasks.report"]["problem"]
            assert "no attribute 'gone'" in found["some_app.tasks.gone"]["problem"]
    finally:
        settings.use(None)
    assert not list(empty.iterdir()), "nothing is started or written"


def test_the_hooks_of_frappe_itself_beside_our_stand_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frappe = tmp_path / "frappe"
    frappe.mkdir()
    (frappe / "__init__.py").write_text("raise ImportError('needs a bench')")
    (frappe / "hooks.py").write_text(
        "import frappe\nfrom . import __version__\nscheduler_events = {'daily': ['frappe.ping']}"
    )
    monkeypatch.chdir(tmp_path / "frappe")
    settings.use(None)
    try:
        assert by_method("--hooks", str(frappe))["frappe.ping"]["app"] == "frappe"
    finally:
        settings.use(None)


def test_a_hooks_py_that_raises_is_shown(
    host: MemoryHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path / "nothing"))
    (tmp_path / "broken_app").mkdir()
    (tmp_path / "broken_app" / "__init__.py").write_text("")
    (tmp_path / "broken_app" / "hooks.py").write_text("scheduler_events = {'daily': [undefined]}")
    (problem,) = entries("--hooks", str(tmp_path / "broken_app"))
    assert "broken_app/hooks.py cannot be imported: NameError" in problem["problem"]


def test_the_shift_of_maintenance_is_said(host: MemoryHost) -> None:
    assert "maintenance starts" not in run("schedule").output
    host.hooks = [AppHooks("myapp", {"scheduler_events": {"daily_maintenance": ["os.getpid"]}})]
    shift = maintenance_shift(SITE)
    assert f"maintenance starts {shift} minutes after its time" in run("schedule").output


def test_a_row_that_desk_saved_has_not_changed_in_the_hooks(host: MemoryHost) -> None:
    """Frappe fills in the expression of a row's word when it is saved."""
    host.hooks = [AppHooks("myapp", {"scheduler_events": {"daily": ["os.getpid"]}})]
    run("sync")
    host.change("os.getpid", cron_format="0 0 * * *")
    assert "in the hooks" not in run("schedule").output


def test_rows_with_a_script_of_their_own_are_none_of_the_hooks() -> None:
    script = row("a_script_daily", name="s", server_script="A Script")
    assert not differences([script], [script])
