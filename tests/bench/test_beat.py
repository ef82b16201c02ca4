"""A real beat, real workers, and the sites' own Scheduled Job Type rows."""

from __future__ import annotations

import json
import re
import shutil
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bench.as_before import Before
from tests.bench.bench import Bench
from tests.project import Process
from tests.waiting import wait_until

SEEN_SECONDS = 15
"""How soon an edit in Desk counts."""
SWEEP_SECONDS = 75
C = "frappe.utils.change_log.check_for_update"
A = "frappe.oauth.delete_oauth2_data"
B = "frappe.twofactor.delete_all_barcodes_for_users"

QUIET = """
from frappe_celery.jobs import get_store
store = get_store()
for known in ("due:", "beat:seen:"):  # to the schedulers of tests before
    for key in store.client.scan_iter(store.keys.prefix + known + frappe.local.site + "*"):
        store.client.delete(key)
frappe.db.sql("update `tabScheduled Job Type` set stopped = 1")
frappe.get_doc(doctype="Activity Log", subject="fc_probe").insert(ignore_permissions=True)
frappe.db.delete("Scheduled Job Log")
frappe.db.set_single_value("System Settings", "enable_scheduler", 1)
"""
LONG_AGO = "2024-01-01 00:00:00"
SAVED = """
row = frappe.get_doc("Scheduled Job Type", {{"method": {method!r}}})
row.update({values!r})
row.save()
"""


@pytest.fixture
def sites(bench: Bench) -> Iterator[list[str]]:
    """Two sites of which nothing is scheduled yet, afterwards as they were."""
    assert bench.other_site, "give the bench a second site"
    sites = [bench.site, bench.other_site]
    configs = [bench.root / "sites" / site / "site_config.json" for site in sites]
    before = [config.read_text() for config in configs]
    known = Before(bench)
    known.keep_rows(sites)
    for site in sites:
        bench.ask(QUIET, site)
    try:
        yield sites
    finally:
        for process in bench.processes:
            process.kill()
        for config, text in zip(configs, before, strict=True):
            config.write_text(text)
        known.rows_back()


def beat(bench: Bench) -> Process:
    """A scheduler that leads, also when the one before was killed and its lease has to run out."""
    process = bench.start("frappe-celery", "beat")
    leads = re.compile(r"scheduler \S+ leads$", re.MULTILINE)
    wait_until(lambda: leads.search(process.output()), 30, "beat leads")
    return process


def change(bench: Bench, site: str, **values: Any) -> None:
    """Set keys of a site's configuration; None takes one away."""
    path = bench.root / "sites" / site / "site_config.json"
    config = {**json.loads(path.read_text()), **values}
    path.write_text(json.dumps({key: value for key, value in config.items() if value is not None}))


def within(seconds: float, predicate: Callable[[], Any], what: str) -> float:
    """Wait; how long it took."""
    began = time.monotonic()
    wait_until(predicate, seconds, what, interval=0.1)
    took = time.monotonic() - began
    print(f"{what}: {took:.1f} s")
    return took


def says(process: Process, text: str, seconds: float = SEEN_SECONDS, times: int = 1) -> None:
    within(seconds, lambda: process.output().count(text) >= times, f"beat says {text!r}")
    assert process.output().count(text) == times


def test_every_row_that_is_due_runs_once_and_is_logged(bench: Bench, sites: list[str]) -> None:
    began = bench.ask(
        f"""
        frappe.db.sql("update `tabScheduled Job Type` set stopped = 0,"
                      " last_execution = {LONG_AGO!r}")
        answer = frappe.utils.now()
        """
    )
    bench.worker(2)
    scheduler = beat(bench)
    rows = bench.ask(
        f"""
        def rows():
            frappe.db.rollback()
            return frappe.get_all("Scheduled Job Type", fields=["*"], limit=0)
        until(lambda: all(str(row.last_execution) > {began!r} for row in rows()), 100)
        from frappe.utils.background_jobs import get_jobs
        until(lambda: not get_jobs(site=frappe.local.site), 60)
        answer = rows()
        """
    )
    found = bench.ask(
        """
        answer = {
            "logs": frappe.get_all("Scheduled Job Log", fields=["scheduled_job_type", "status"],
                                   limit=0),
            "written": [text for event in ("all", "hourly", "daily", "weekly", "monthly",
                        "yearly", "annual", "cron") for text in written(event + "|")
                        + written(event + "_long|") + written(event + "_weekdays|")],
        }
        """
    )
    logs: dict[str, list[str]] = {}
    for log in found["logs"]:
        logs.setdefault(log["scheduled_job_type"], []).append(log["status"])
    often = {row["name"] for row in rows if "/" in (row["cron_format"] or "/")}
    for row in rows:
        assert bool(logs.get(row["name"])) == bool(row["create_log"]), row
        assert set(logs.get(row["name"], [])) <= {"Complete", "Failed"}, row
        assert row["name"] in often or len(logs.get(row["name"], [])) <= 1, row
        assert f"{row['method']} of site {bench.site}" in scheduler.output()
    apps = {row["method"].split(".")[0] for row in rows}
    if "fcapp" in apps:
        events = [text.removesuffix(f"|{bench.site}|Administrator") for text in found["written"]]
        assert len(set(events)) == 13, events
        assert len(events) - len(set(events)) == sum(events.count(e) - 1 for e in ("all", "cron"))


def test_edits_are_seen_without_a_restart(bench: Bench, sites: list[str]) -> None:
    scheduler = beat(bench)
    due = f"{A} of site {bench.site}"
    values = {
        "stopped": 0, "frequency": "Cron", "cron_format": "0 0 1 1 *", "last_execution": LONG_AGO,
    }  # fmt: skip
    bench.ask(SAVED.format(method=A, values=values))
    says(scheduler, f"{due}, due")
    # a run waits: neither a new expression nor Execute in Desk adds another one
    again = {"cron_format": "0 0 1 2 *", "last_execution": "2024-01-02 00:00:00"}
    bench.ask(SAVED.format(method=A, values=again))
    says(scheduler, f"{due}, due", times=2)
    says(scheduler, "left out, a run of it waits or runs")
    assert bench.ask(
        f"""
        row = frappe.get_doc("Scheduled Job Type", {{"method": {A!r}}})
        from frappe.utils.background_jobs import get_jobs
        answer = [row.is_job_in_queue(), bool(row.enqueue(force=True)), get_jobs(
            site=frappe.local.site, key="job_type")]
        """
    ) == [True, False, {bench.site: [A]}]

    # Execute first, beat afterwards; and a row that is deleted is not scheduled any more
    bench.ask(
        f"""
        row = frappe.get_doc("Scheduled Job Type", {{"method": {B!r}}})
        assert row.enqueue(force=True)
        """
    )
    bench.ask(SAVED.format(method=B, values=values))
    says(scheduler, f"{B} of site {bench.site}, due")
    says(scheduler, "left out, a run of it waits or runs", times=2)

    # what SQL changed is found by the sweep, on the other site too
    for site in sites:
        bench.ask(
            f"""
            frappe.db.sql("update `tabScheduled Job Type` set stopped = 0, last_execution = %s"
                          " where method = %s", ({LONG_AGO!r}, {C!r}))
            """,
            site,
        )
    for site in sites:
        says(scheduler, f"{C} of site {site}", SWEEP_SECONDS)


DESK = {
    "a cell of a list": """
import frappe.client
frappe.client.set_value("Scheduled Job Type", name, "stopped", 0)
""",
    "Edit in a list": """
from frappe.desk.doctype.bulk_update.bulk_update import submit_cancel_or_update_docs
submit_cancel_or_update_docs("Scheduled Job Type", json.dumps([name]), "update", {"stopped": 0})
""",
    "code of the System Console": """
import frappe.utils.background_jobs  # as in every web server
frappe.db.set_value("Scheduled Job Type", name, "stopped", 0)
""",
}


def test_every_way_to_edit_a_row_in_desk_is_seen(bench: Bench, sites: list[str]) -> None:
    ago = "update `tabScheduled Job Type` set last_execution = %s"
    bench.ask(f"frappe.db.sql({ago!r}, {LONG_AGO!r})")
    scheduler = beat(bench)
    for (way, edit), method in zip(DESK.items(), (A, B, C), strict=True):
        row = f"name = frappe.get_all('Scheduled Job Type', {{'method': {method!r}}})[0].name\n"
        bench.ask(row + edit)
        print(way)
        says(scheduler, f"{method} of site {bench.site}, due")


def test_a_row_that_is_deleted_in_desk_is_forgotten(bench: Bench, sites: list[str]) -> None:
    scheduler = beat(bench)
    scheduler.wait_for("beat: Starting")
    assert bench.ask(
        f"""
        from frappe.desk.reportview import delete_bulk
        from frappe_celery.jobs import get_store
        name = frappe.get_all("Scheduled Job Type", {{"method": {A!r}}})[0].name
        seen = get_store().keys.prefix + "beat:seen:" + frappe.local.site
        known = lambda: get_store().client.hexists(seen, name)
        until(known, {SEEN_SECONDS})
        delete_bulk("Scheduled Job Type", [name])
        frappe.db.commit()
        until(lambda: not known(), {SEEN_SECONDS})
        answer = True
        """
    )
    bench.run("frappe-celery", "sync", "--site", bench.site)


def test_a_scheduler_event_is_scheduled_and_outlives_migrate(
    bench: Bench, sites: list[str]
) -> None:
    if not bench.ask("answer = frappe.db.exists('DocType', 'Scheduler Event')"):
        pytest.skip("this version of Frappe has no Scheduler Event")
    scheduler = beat(bench)
    bench.worker(1)
    method = "frappe.ping"
    name = bench.ask(
        f"""
        event = frappe.get_doc(doctype="Scheduler Event", scheduled_against="ToDo",
                               method={method!r}).insert()
        answer = frappe.get_doc(
            doctype="Scheduled Job Type", scheduler_event=event.name, method=event.method,
            frequency="Cron", cron_format="0 0 1 1 *", last_execution={LONG_AGO!r},
        ).insert().name
        """
    )
    try:
        says(scheduler, f"{method} of site {bench.site}, due")
        ran = f"""
            def row():
                frappe.db.rollback()
                return frappe.get_doc("Scheduled Job Type", {name!r})
            until(lambda: frappe.utils.getdate(row().last_execution).year > 2024)
        """
        bench.ask(ran)
        again = {"cron_format": "0 0 1 2 *", "last_execution": LONG_AGO, "create_log": 1}
        bench.ask(SAVED.format(method=method, values=again))
        says(scheduler, f"{method} of site {bench.site}, due", times=2)
        assert bench.ask(
            ran
            + """
            until(lambda: frappe.db.rollback() or frappe.get_all(
                "Scheduled Job Log", {"status": "Complete", "scheduled_job_type": row().name}))
            answer = row().scheduler_event and row().cron_format
        """
        )
        bench.run("frappe-celery", "sync", "--site", bench.site)
        shown = bench.run("frappe-celery", "schedule", "--json", "--site", bench.site)
        lines = json.loads(shown[shown.index("[\n") :])
        assert [line["expression"] for line in lines if line["method"] == method] == ["0 0 1 2 *"]
    finally:
        bench.ask(
            f"""
            event = frappe.db.get_value("Scheduled Job Type", {name!r}, "scheduler_event")
            frappe.delete_doc("Scheduled Job Type", {name!r}, force=True)
            frappe.delete_doc("Scheduler Event", event, force=True)
            """
        )


def test_why_a_site_is_not_scheduled_is_said_once(bench: Bench, sites: list[str]) -> None:
    site, other = sites
    scheduler = beat(bench)
    scheduler.wait_for("beat: Starting")
    off, again = f"site {site}: nothing is scheduled, ", f"site {site}: is scheduled again"
    for number, key in enumerate(("maintenance_mode", "pause_scheduler", "disable_scheduler"), 1):
        change(bench, site, **{key: 1})
        says(scheduler, f"{off}{key} is set in its configuration")
        change(bench, site, **{key: None})
        says(scheduler, again, times=number)

    bench.frappe("--site", site, "scheduler", "disable")
    says(scheduler, f"{off}enable_scheduler is off in its System Settings")
    bench.ask(
        """
        settings = frappe.get_doc("System Settings")
        settings.enable_scheduler = 1
        settings.flags.ignore_mandatory = True
        settings.save()
        """
    )
    says(scheduler, again, times=4)
    assert f"site {other}: nothing is scheduled" not in scheduler.output()


def test_a_dormant_site_is_said_once(bench: Bench, sites: list[str]) -> None:
    """Its file changes too, so that it is looked at before the sweep."""
    if bench.ask(
        "import importlib.util as u; answer = bool(u.find_spec('frappe.utils.frappecloud'))"
    ):
        pytest.skip("this Frappe knows dormant sites on Frappe Cloud only, by their domain")
    site, other = sites
    scheduler = beat(bench)
    scheduler.wait_for("beat: Starting")
    off, again = f"site {site}: nothing is scheduled, ", f"site {site}: is scheduled again"
    ago = bench.ask(
        """
        answer = frappe.get_all("Activity Log", fields=["name", "creation", "modified"], limit=0)
        frappe.db.sql("update `tabActivity Log` set creation = '2024-01-01',"
                      " modified = '2024-01-01'")
        frappe.get_doc(doctype="Scheduled Job Log", status="Complete",
            scheduled_job_type=frappe.get_all("Scheduled Job Type")[0].name,
        ).insert(ignore_permissions=True)
        """
    )
    change(bench, site, fc_probe_looks=1)
    says(scheduler, f"{off}it is dormant")
    bench.ask(
        f"""
        for row in {ago!r}:
            frappe.db.set_value("Activity Log", row.pop("name"), row, update_modified=False)
        """
    )
    change(bench, site, fc_probe_looks=2)
    says(scheduler, again, times=1)
    assert f"site {other}: nothing is scheduled" not in scheduler.output()


@pytest.mark.usefixtures("on_a_server")
def test_a_database_that_is_away_or_hangs_holds_up_nobody_else(
    bench: Bench, sites: list[str]
) -> None:
    site, other = sites
    port = json.loads((bench.root / "sites" / other / "site_config.json").read_text()).get(
        "db_port"
    )
    with socket.socket() as closed, socket.create_server(("127.0.0.1", 0)) as silent:
        closed.bind(("127.0.0.1", 0))  # nobody listens
        change(bench, other, db_port=closed.getsockname()[1])
        scheduler = beat(bench)
        off = f"site {other}: nothing is scheduled, its schedule cannot be read"
        says(scheduler, off)
        values = {"stopped": 0, "last_execution": LONG_AGO}
        bench.ask(SAVED.format(method=A, values=values))
        says(scheduler, f"{A} of site {site}, due")
        change(bench, other, db_port=port)
        says(scheduler, f"site {other}: is scheduled again")
        says(scheduler, off)  # once, though it was asked again and again

        change(bench, other, db_port=silent.getsockname()[1])
        bench.ask(SAVED.format(method=B, values=values))
        says(scheduler, f"{B} of site {site}, due")
        says(scheduler, f"the database of site {other} is away: it does not answer", 20)
        change(bench, other, db_port=port)
    says(scheduler, f"the database of site {other} is back")


def test_sites_come_and_go(bench: Bench, sites: list[str]) -> None:
    """A site that shares the other one's database: to the scheduler a new one."""
    folder = bench.root / "sites" / sites[1]
    values = {"stopped": 0, "last_execution": LONG_AGO, "frequency": "Daily", "cron_format": ""}
    scheduler = beat(bench)
    name = f"fc-{uuid.uuid4().hex[:8]}.test"
    copied = Path(shutil.copytree(folder, bench.root / "sites" / name))
    try:
        bench.ask(SAVED.format(method=A, values=values), name)
        says(scheduler, f"{A} of site {name}, due")
        bench.worker(1)
        written = bench.ask(
            f"""
            def row():
                frappe.db.rollback()
                return frappe.get_all("Scheduled Job Type", {{"method": {A!r}}}, ["*"])[0]
            until(lambda: frappe.utils.getdate(row().last_execution).year > 2024)
            answer = frappe.get_all("Scheduled Job Log", pluck="scheduled_job_type")
            assert set(answer) == {{row().name}}
            """,
            name,
        )
        assert written
    finally:
        shutil.rmtree(copied)
    bench.ask(SAVED.format(method=A, values=values), sites[0])
    says(scheduler, f"{A} of site {sites[0]}, due")
    assert name not in scheduler.output().rpartition(f"{A} of site {sites[0]}, due")[2]


def test_what_frappe_swallows_is_reported(bench: Bench, sites: list[str]) -> None:
    beat(bench)
    worker = bench.worker(1)
    method = f"frappe.fc_probe_{uuid.uuid4().hex}"
    row, todo = bench.ask(
        f"""
        row = frappe.get_doc(doctype="Scheduled Job Type", method={method!r},
                             frequency="Daily", last_execution={LONG_AGO!r}).insert()
        todo = frappe.get_doc(doctype="ToDo", description="fc|probe|action").insert()
        todo.queue_action("fc_probe_no_such_action", text="x")
        answer = [row.name, todo.name]
        """
    )
    reported = "failed, and its failure was caught"
    within(30, lambda: worker.output().count(reported) == 2, "both are reported")
    assert method.split(".")[1] in worker.output()
    assert "no attribute 'fc_probe_no_such_action'" in worker.output()
    look = f"""
        about = {{"reference_doctype": "ToDo", "reference_name": {todo!r}}}
        logs = frappe.get_all("Scheduled Job Log", {{"scheduled_job_type": {row!r}}},
                              ["status", "details"])
        comments = frappe.get_all("Comment", about, pluck="content")
        answer = [[log.status for log in logs],
                  ["has no attribute 'fc_probe" in log.details for log in logs],
                  ["Action Failed" in comment for comment in comments]]
        """
    told = [["Failed"], [True], [True]]
    within(30, lambda: bench.ask(look) == told, "Frappe, which catches it later, notes it too")


def test_a_server_script_of_the_schedule_runs(bench: Bench, sites: list[str]) -> None:
    """Its row comes and goes with it, while beat runs."""
    enabled = bench.config.get("server_script_enabled")
    bench.frappe("set-config", "-g", "server_script_enabled", "1")
    try:
        scheduler = beat(bench)
        bench.worker(1)
        bench.ask(
            """
            todo = '{"doctype": "ToDo", "description": "fc|script|ran"}'
            frappe.get_doc(
                doctype="Server Script", name="fc_probe script", script_type="Scheduler Event",
                event_frequency="Daily", script=f"frappe.get_doc({todo}).insert()",
            ).insert()
            """
        )
        values = {"last_execution": LONG_AGO}
        bench.ask(SAVED.format(method="fc_probe_script_daily", values=values))
        says(scheduler, f"fc_probe_script_daily of site {bench.site}, due")
        assert bench.ask("until(lambda: written('fc|script|ran')); answer = written('fc|script')")
        bench.ask("frappe.delete_doc('Server Script', 'fc_probe script')")
        assert (
            bench.ask(
                """
            answer = frappe.get_all("Scheduled Job Type", {"server_script": "fc_probe script"})
            """
            )
            == []
        )
    finally:
        bench.frappe("set-config", "-g", "server_script_enabled", str(int(bool(enabled))))


def test_sync_is_what_migrate_does(bench: Bench, sites: list[str]) -> None:
    bench.ask(f"frappe.db.delete('Scheduled Job Type', {{'method': {A!r}}})")
    assert f"{bench.site}: added {A}" in bench.run("frappe-celery", "sync", "--site", bench.site)
    assert f"{bench.site}: nothing to change" in bench.run(
        "frappe-celery", "sync", "--site", bench.site
    )
    apps = "answer = frappe.get_installed_apps()"
    shown = bench.run("frappe-celery", "schedule", "--json", "--site", sites[1])
    lines = json.loads(shown[shown.index("[\n") :])  # after what modules warn of
    assert {line["app"] for line in lines} <= set(bench.ask(apps, sites[1]))


def test_sites_are_read_from_the_bench_s_own_folder_too(bench: Bench) -> None:
    """Where process managers start beat, and people the commands."""
    program = str(bench.root / "env" / "bin" / "frappe-celery")
    log = bench.logs / "schedule.log"
    shown = Process([program, "schedule"], bench.root, log, bench.environment())
    bench.processes.append(shown)
    assert shown.wait(60) == 0, shown.output()
    assert "cannot be read" not in shown.output()
