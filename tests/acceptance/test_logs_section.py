"""Section 7 of the research document (monitoring), line by line, with a real worker."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from typing import Any

import frappe
import psutil
import pytest

from frappe_celery.jobs import Job
from tests.acceptance.desk import signed_in
from tests.acceptance.research import DOCUMENT, blocks
from tests.acceptance.snippets import NO_DOCUMENT
from tests.project import Process, Project
from tests.waiting import wait_until

FAILING = """
import time
from pathlib import Path

import frappe


def fail():
    raise ValueError("no stock")


def ping():
    return "pong"


def stick(until):
    Path(f"{until} began").touch()
    while not Path(until).exists():
        time.sleep(0.02)


def add():
    from frappe.monitor import add_data_to_monitor

    add_data_to_monitor(rows=3)
"""

MONITORED = """
{
    "duration": 1364,
    "job": {
        "method": "frappe.ping",
        "scheduled": false,
        "wait": 90204
    },
    "site": "frappe.local",
    "timestamp": "2020-03-05 09:37:40.124682",
    "transaction_type": "job",
    "uuid": "8225ab76-8bee-462c-b9fc-a556406b1ee7"
}
"""


@pytest.fixture
def shop(app_project: Project) -> Iterator[Project]:
    """A project with these tasks, whose user this process is."""
    app_project.write("myapp/watched.py", FAILING)
    with signed_in(app_project.site):
        yield app_project


def ended(job: Job) -> Job:
    wait_until(lambda: job.get_status() in ("failed", "finished"), what=f"{job.method} ended")
    return job


def workers() -> list[Any]:
    return list(frappe.get_all("RQ Worker", fields=["*"]))


# -- RQ Worker


def test_rq_worker_shows_name_state_counts_and_times(shop: Project) -> None:
    shop.worker()
    (idle,) = wait_until(lambda: [w for w in workers() if w.status == "idle"])
    assert idle.worker_name
    children = psutil.Process(shop.processes[0].pid).children()
    assert str(idle.pid) in [str(child.pid) for child in children]
    release = shop.root / "go_on"
    job = frappe.enqueue("myapp.watched.stick", until=str(release))
    (busy,) = wait_until(lambda: [w for w in workers() if w.status == "busy"], timeout=10)
    assert frappe.get_doc("RQ Job", busy.current_job_id).name == job.id
    release.touch()
    ended(job)
    ended(frappe.enqueue("myapp.watched.fail"))
    (after,) = wait_until(lambda: [w for w in workers() if w.failed_job_count])
    assert (after.successful_job_count, after.failed_job_count) == (1, 1)
    assert float(after.total_working_time) > 0
    assert after.birth_date <= after.last_heartbeat


# -- RQ Job, job statuses


def test_rq_job_filters_by_queue_and_status_and_shows_the_exception(shop: Project) -> None:
    release = shop.root / "go_on"
    started = frappe.enqueue("myapp.watched.stick", queue="short", until=str(release))
    shop.worker()
    wait_until(lambda: started.is_started)
    queued = frappe.enqueue("myapp.watched.ping", queue="long")

    def names(**filters: str) -> list[str]:
        return [job.name for job in frappe.get_all("RQ Job", filters=filters)]

    assert names(status="started") == [started.id]
    assert names(status="queued") == [queued.id]
    assert names(queue="long") == [queued.id]
    release.touch()
    failed = ended(frappe.enqueue("myapp.watched.fail"))
    ended(queued)
    assert set(names(status="finished")) == {started.id, queued.id}
    assert names(status="failed") == [failed.id]
    assert names(queue="short", status="failed") == []
    details = frappe.get_doc("RQ Job", failed.id)
    assert "ValueError: no stock" in details.exc_info
    assert details.queue == "default"
    assert "watched.fail" in str(details.job_name)
    assert details.started_at is not None
    assert details.ended_at is not None


# -- Scheduled Job Log


@pytest.mark.parametrize(("method", "status"), [("ping", "Complete"), ("fail", "Failed")])
def test_the_scheduled_job_log_has_time_method_status_and_error(
    shop: Project, method: str, status: str
) -> None:
    row = frappe.new_doc("Scheduled Job Type")
    row.method, row.frequency = f"myapp.watched.{method}", "Daily"
    row.insert()
    frappe.db.commit()
    shop.worker("--without-mingle")
    row.enqueue(force=True)
    fields = ["scheduled_job_type", "status", "details", "creation"]
    (log,) = wait_until(
        lambda: frappe.get_all("Scheduled Job Log", filters={"status": status}, fields=fields)
    )
    assert log.creation is not None
    assert frappe.db.get_value("Scheduled Job Type", log.scheduled_job_type, "method") == row.method
    assert ("ValueError: no stock" in (log.details or "")) == (status == "Failed")


# -- Bench Doctor Command


def test_doctor_shows_each_site_s_scheduler_the_workers_and_what_is_pending(shop: Project) -> None:
    shop.worker("-Q", "short")
    for _ in range(2):
        frappe.enqueue("myapp.watched.ping", queue="long")

    def told() -> dict[str, Any]:
        doctor = shop.start("doctor", "-m", "frappe_celery.cli", "doctor", "--json")
        doctor.wait()
        sections: dict[str, Any] = json.loads(doctor.output())["sections"]
        assert sections["workers"]["rows"]
        return sections

    sections = wait_until(told, what="the worker is known")
    assert {"site": shop.site, "state": "scheduled"} in sections["scheduler"]["rows"]
    assert [worker["processes"] for worker in sections["workers"]["rows"]] == [1]
    (pending,) = [row for row in sections["queues"]["rows"] if row["queued"]]
    assert (pending["queue"], pending["queued"]) == ("long", 2)
    assert pending["methods"] == {"myapp.watched.ping": 2}


# -- Monitor feature


def lines(project: Project) -> list[dict[str, Any]]:
    file = project.root / "logs" / "monitor.json.log"
    return [json.loads(ln) for ln in file.read_text().splitlines()] if file.exists() else []


def shape(value: Any) -> Any:
    """Names and types."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    return type(value).__name__


def monitored(project: Project, version: int, method: str = "ping") -> tuple[Job, dict[str, Any]]:
    project.configure(frappe_version=version)
    project.write(f"sites/{project.site}/site_config.json", '{"monitor": 1}')
    project.worker("--without-mingle")
    job = ended(frappe.enqueue(f"myapp.watched.{method}"))
    (line,) = wait_until(lambda: lines(project))
    return job, line


def test_the_monitor_s_line_is_the_document_s(shop: Project) -> None:
    """v14's; Frappe's own id of a job has the site before it."""
    job, line = monitored(shop, 14)
    assert shape(line) == shape(json.loads(MONITORED))
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}", line["timestamp"])
    assert line["job"]["method"] == "myapp.watched.ping"
    assert line["job"]["scheduled"] is False
    assert (line["site"], line["transaction_type"]) == (shop.site, "job")
    assert line["uuid"] == job.id
    assert 0 < line["duration"] < 5_000_000
    assert 0 < line["job"]["wait"] < 30_000_000
    raw = (shop.root / "logs" / "monitor.json.log").read_text()
    assert raw == json.dumps(line, sort_keys=True, separators=(",", ":")) + "\n"


@pytest.mark.parametrize("version", [15, 16])
def test_the_monitor_s_line_as_later_versions_write_it(shop: Project, version: int) -> None:
    job, line = monitored(shop, version)
    assert line["timestamp"].endswith("+00:00")
    assert line["uuid" if version == 15 else "job_id"] == job.id
    assert ("job_id" in line) == (version == 16)


def test_a_failed_and_a_scheduled_job_are_monitored_and_a_job_can_add_to_its_line(
    shop: Project,
) -> None:
    monitored(shop, 15, "fail")
    row = frappe.new_doc("Scheduled Job Type")
    row.method, row.frequency = "myapp.watched.add", "Daily"
    row.insert()
    frappe.db.commit()
    row.enqueue(force=True)
    wait_until(lambda: len(lines(shop)) == 2)
    scheduled = lines(shop)[1]
    assert scheduled["job"]["method"] == "myapp.watched.add"
    assert scheduled["job"]["scheduled"] is True
    assert scheduled["rows"] == 3


def test_without_the_setting_nothing_is_monitored(shop: Project) -> None:
    shop.worker("--without-mingle")
    ended(frappe.enqueue("myapp.watched.ping"))
    assert not (shop.root / "logs" / "monitor.json.log").exists()


@pytest.mark.skipif(not DOCUMENT.exists(), reason=NO_DOCUMENT)
def test_the_line_here_is_the_document_s() -> None:
    found = {(block.heading, block.number): block for block in blocks()}
    assert json.loads(found["Monitor Feature", 1].text) == {"monitor": 1}
    assert json.loads(found["Monitor Feature", 2].text) == json.loads(MONITORED)
    assert "kill -SIGUSR1 <WORKER_PID>" in found["Stuck Worker Debug", 1].text


# -- Stuck worker debug


def test_sigusr1_writes_the_stack_to_worker_error_log_and_the_job_goes_on(shop: Project) -> None:
    worker: Process = shop.worker()
    release = shop.root / "go_on"
    job = frappe.enqueue("myapp.watched.stick", until=str(release))
    wait_until((shop.root / "go_on began").exists, what="its method runs")
    log = shop.root / "logs" / "worker.error.log"
    worker.popen.send_signal(signal.SIGUSR1)
    wait_until(lambda: "most recent call first" in log.read_text())
    (child,) = psutil.Process(worker.pid).children()
    child.send_signal(signal.SIGUSR1)
    wait_until(lambda: "in stick" in log.read_text(), what="the job's own line")
    release.touch()
    assert ended(job).is_finished
