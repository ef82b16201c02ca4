"""Jobs that wait for others, as Desk shows and ends them, and in transactions of Frappe's."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.bench.bench import OUTBOX, Bench
from tests.bench.test_who_may import SESSIONS
from tests.bench.who_may import DESK, RQ_JOB, Cell, Web, posted
from tests.ports import free_port
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("no_job_left")

AFTER = """
from frappe_celery import Dependency, options

def after(*jobs, method=fc_probe.nothing, allow_failure=False, **words):
    waits = options(depends_on=Dependency([*jobs], allow_failure=allow_failure))
    return waits.enqueue(method, **words)

def ids(**jobs):
    return {name: job.id for name, job in jobs.items()}
"""
SHOWN = Cell("/api/resource/RQ Job/{id}")
DELETE = Cell("/api/resource/RQ Job/{id}", verb="DELETE")
STOP = posted(f"{RQ_JOB}.stop_job", job_id="{id}")


@pytest.fixture
def desk(bench: Bench) -> Callable[..., Any]:
    """Ask the bench's web server, as the Administrator of a site."""
    sessions = {
        site: bench.ask("users = {'Administrator': 'Administrator'}" + SESSIONS, site)
        for site in bench.sites[:2]
    }
    port = free_port()
    options = ("-b", f"127.0.0.1:{port}", "-w", "1", "-t", "60")
    server = bench.start("gunicorn", *options, "frappe.app:application")
    server.wait_for("Booting worker")
    web = Web(port, sessions)

    def ask(cell: Cell, job_id: str = "", site: str = bench.site) -> tuple[int, Any]:
        status, body = web.ask(site, "Administrator", cell, id=job_id)
        return status, json.loads(body)

    return ask


def where(**filters: str) -> str:
    return json.dumps([["RQ Job", name, "=", value] for name, value in filters.items()])


def listed(desk: Callable[..., Any], site: str, **filters: str) -> set[str]:
    """Ids of the jobs in Desk's list."""
    given = {"filters": where(**filters), "order_by": "creation desc"}
    status, body = desk(Cell("/api/resource/RQ Job", given), site=site)
    assert status == 200, body
    return {row["name"] for row in body["data"]}


def state(desk: Callable[..., Any], job_id: str) -> tuple[str, str | None]:
    status, body = desk(SHOWN, job_id)
    shown = body["data"] if status == 200 else {"status": "gone"}
    return shown["status"], shown.get("exc_info")


def test_desk_lists_them_and_what_is_deleted_cancels_what_waits_for_it(
    bench: Bench, desk: Callable[..., Any]
) -> None:
    other = bench.other_site
    assert other, "give the bench a second site"
    jobs = bench.ask(
        AFTER
        + """
first, kept = [frappe.enqueue(fc_probe.nothing, queue="short") for _ in range(2)]
second = after(first, queue="long")
third = after(second, kept, queue="default")
anyway = after(first, allow_failure=True, queue="short")
alone = after(kept, queue="long")
if not frappe.__version__.startswith("14."):  # whose RQ Job has no cancel
    frappe.get_doc("RQ Job", alone.id).cancel()
    assert "deferred state and can't be cancelled" in str(frappe.message_log)
answer = ids(first=first, kept=kept, second=second, third=third, anyway=anyway, alone=alone)
"""
    )
    deferred = {jobs[name] for name in ("second", "third", "anyway", "alone")}
    assert listed(desk, bench.site, status="deferred") == deferred
    in_long = listed(desk, bench.site, status="deferred", queue="long")
    assert in_long == {jobs["second"], jobs["alone"]}
    assert listed(desk, other, status="deferred") == set()
    count = posted(f"{DESK}.get_count", doctype="RQ Job", filters=where(status="deferred"))
    assert desk(count)[1]["message"] == 4

    status, body = desk(STOP, jobs["second"])
    assert status == 200
    assert "not running" in body["_server_messages"]
    for cell in (SHOWN, DELETE, STOP):
        assert desk(cell, jobs["alone"], other)[0] == 403
    assert listed(desk, bench.site, status="deferred") == deferred

    assert desk(DELETE, jobs["alone"])[0] == 202
    assert listed(desk, bench.site, status="deferred") == deferred - {jobs["alone"]}
    assert desk(DELETE, jobs["first"])[0] == 202
    reason = f"canceled, since job {jobs['first']}, which it depends on, was deleted"
    assert {state(desk, jobs[name]) for name in ("second", "third")} == {("canceled", reason)}
    assert listed(desk, bench.site, status="canceled") == {jobs["second"], jobs["third"]}
    assert listed(desk, bench.site, status="queued") == {jobs["kept"], jobs["anyway"]}


def test_what_is_stopped_or_fails_says_so_in_what_it_cancels_and_a_requeue_brings_that_back(
    bench: Bench, desk: Callable[..., Any]
) -> None:
    bench.worker(2)
    flag = str(bench.logs / "mended")
    jobs = bench.ask(
        AFTER
        + f"""
stopped = frappe.enqueue(fc_probe.sleep, seconds=60)
failed = frappe.enqueue(fc_probe.find, path={flag!r})
answer = ids(stopped=stopped, failed=failed, after_stopped=after(stopped),
             after_failed=after(failed), last=after(stopped, failed, allow_failure=True))
"""
    )
    wait_until(lambda: state(desk, jobs["stopped"])[0] == "started")
    assert desk(STOP, jobs["stopped"])[0] == 200
    wait_until(lambda: state(desk, jobs["last"])[0] == "finished", 30)
    for name, how in (("stopped", "was stopped"), ("failed", "failed")):
        reason = f"canceled, since job {jobs[name]}, which it depends on, {how}"
        assert state(desk, jobs[f"after_{name}"]) == ("canceled", reason)
    (bench.logs / "mended").touch()
    answer = bench.ask(
        f"""
        from frappe.utils.background_jobs import get_queue
        get_queue("default").failed_job_registry.requeue({jobs["failed"]!r})
        from rq.job import Job
        job = Job.fetch({jobs["failed"]!r})
        ended(job)
        alone = Job.fetch({jobs["after_failed"]!r}).get_status()
        job.requeue(dependants=True)
        until(lambda: Job.fetch({jobs["after_failed"]!r}).is_finished)
        answer = [alone, job.get_status(), [Job.fetch({jobs["after_stopped"]!r}).get_status()]]
        """
    )
    assert answer == ["canceled", "finished", ["canceled"]]


@pytest.mark.parametrize("outbox", [False, True], ids=["alone", "with the outbox"])
@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_it_starts_neither_before_what_it_waits_for_nor_before_the_transaction_s_end(
    bench: Bench, outbox: bool, end: str
) -> None:
    label, environment = uuid.uuid4().hex, OUTBOX if outbox else {}
    (bench.outbox_worker if outbox else bench.worker)(2)
    seen = bench.ask(
        AFTER
        + f"""
from fc_probe import get_job
label, flag = {label!r}, {str(bench.logs / "flag")!r}
early = frappe.enqueue(fc_probe.nothing)
late = frappe.enqueue(fc_probe.hold, until=flag, queue="long")
ended(early)
todo = frappe.get_doc({{"doctype": "ToDo", "description": "of a caller"}}).insert()
words = {{"method": fc_probe.write, "enqueue_after_commit": True}}
now = after(early, method=fc_probe.sees, name=todo.name)
assert after(early, late, job_id=label + "a", label=label + "a", **words) is None
assert after(early, job_id=label + "b", label=label + "b", **words) is None
before = [now.get_status(), get_job(label + "a"), get_job(label + "b")]
frappe.db.{end}()
ended(now)
late_one = get_job(label + "a")
between = late_one and late_one.get_status()
until(lambda: len(written(label)) == {int(end == "commit")})
open(flag, "w").close()
ended(late)
if {end == "commit"}:
    until(lambda: len(written(label)) == 2)
else:
    last = after(late)
    until(lambda: last.is_finished)
answer = [before, bool(now.result), between, [line.partition("|")[0] for line in written(label)]]
frappe.db.delete("ToDo", todo.name)
""",
        **environment,
    )
    committed = end == "commit"
    ran = [label + "b", label + "a"] if committed else []
    between = "deferred" if committed else None
    assert seen == [["queued", None, None], committed, between, ran]
