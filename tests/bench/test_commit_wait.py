"""No job starts before the transaction of its caller has ended, where that has written."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.bench.bench import Bench
from tests.waiting import wait_until

BEGIN = """
import threading
def marker():
    # one that waits for nobody: what could start has started once it has ended
    def ask(site):
        frappe.init(site=site); frappe.connect()
        ended(frappe.enqueue(fc_probe.nothing))
        frappe.destroy()
    thread = threading.Thread(target=ask, args=(frappe.local.site,))
    thread.start(); thread.join()

todo = frappe.get_doc({"doctype": "ToDo", "description": "of a caller"}).insert()
"""
END = """
marker()
before = job.get_status()
"""


@pytest.mark.parametrize(
    ("end", "sees"),
    [
        ("frappe.db.commit()", True),
        ("frappe.db.sql('commit')", True),
        ("frappe.db.sql('/* by hand */ COMMIT')", True),
        ("frappe.db.rollback()", False),
        ("frappe.db.savepoint('a'); frappe.db.rollback(save_point='a'); frappe.db.commit()", True),
        ("frappe.db.close()", False),
    ],
)
def test_it_starts_at_that_end_and_sees_what_was_committed(
    bench: Bench, end: str, sees: bool
) -> None:
    bench.worker(1)
    before, seen = bench.ask(
        BEGIN + "job = frappe.enqueue(fc_probe.sees, name=todo.name)" + END + f"{end}\n"
        "ended(job)\n"
        "answer = [before, bool(job.result)]\n"
        "frappe.db.delete('ToDo', todo.name)"
    )
    assert (before, seen) == ("queued", sees)


@pytest.mark.parametrize(
    ("write", "lacks_it"),
    [
        ("frappe.db.savepoint('a'); frappe.db.rollback(save_point='a')", None),
        (
            "frappe.db.rollback(); frappe.db.sql('replace into `tabSingles`"
            " (doctype, field, value) values (1, 1, 1)')",
            "postgres",
        ),
        (
            "frappe.db.rollback(); frappe.db.sql('with a as (select 1) insert into `tabSingles`"
            " (doctype, field, value) values (1, 1, 1)')",
            "mariadb",
        ),
        ("frappe.db.set_value('ToDo', todo.name, 'priority', 'Low')", None),
    ],
)
def test_what_frappes_own_count_misses_counts(
    bench: Bench, write: str, lacks_it: str | None
) -> None:
    if bench.database == lacks_it:
        pytest.skip(f"{lacks_it} has no such statement")
    bench.worker(1)
    before = bench.ask(
        BEGIN + f"{write}\njob = frappe.enqueue(fc_probe.nothing)" + END + "frappe.db.rollback()\n"
        "ended(job)\nanswer = before"
    )
    assert before == "queued"


def test_who_has_written_nothing_does_not_wait(bench: Bench) -> None:
    bench.worker(1)
    bench.ask("frappe.get_all('ToDo')\nended(frappe.enqueue(fc_probe.nothing))")


@pytest.mark.usefixtures("since_15")  # deduplicate
def test_it_is_queued_for_everyone_who_asks(bench: Bench) -> None:
    bench.worker(1)
    answer = bench.ask(
        BEGIN
        + """
from frappe.utils.background_jobs import get_jobs, is_job_enqueued
job = frappe.enqueue(fc_probe.nothing, job_id="mine", deduplicate=True)
marker()
again = frappe.enqueue(fc_probe.nothing, job_id="mine", deduplicate=True)
answer = [is_job_enqueued("mine"), again, len(get_jobs(site=frappe.local.site)[frappe.local.site]),
          [j.status for j in frappe.get_all("RQ Job", {"status": "queued"}, ["*"])]]
frappe.db.rollback()
ended(job)
"""
    )
    assert answer == [True, None, 1, ["queued"]]


def test_what_a_job_enqueues_waits_for_its_end(bench: Bench, tmp_path: Path) -> None:
    bench.worker(2)
    gate = tmp_path / "gate"
    answer = bench.ask(
        f"""
        from fc_probe import get_job
        parent = frappe.enqueue(fc_probe.enqueue_before_a_commit, gate={str(gate)!r})
        until(lambda: parent.is_started and frappe.get_all("RQ Job", {{"status": "queued"}}))
        ended(frappe.enqueue(fc_probe.nothing))
        before = [job.job_id for job in frappe.get_all("RQ Job", {{"status": "queued"}}, ["*"])]
        open({str(gate)!r}, "w").close()
        ended(parent)
        child = frappe.get_doc("RQ Job", before[0])._job_obj
        ended(child)
        answer = [len(before), bool(child.result)]
        frappe.db.rollback()
        frappe.db.delete("ToDo", {{"description": "of a job"}})
        """
    )
    assert answer == [1, True]


def test_it_starts_though_its_caller_is_killed(bench: Bench, tmp_path: Path) -> None:
    bench.worker(1)
    ready = tmp_path / "ready"
    code = f"""
import sys, time, frappe
frappe.init(site=sys.argv[1]); frappe.connect()
import fc_probe
frappe.get_doc({{"doctype": "ToDo", "description": "lost"}}).insert()
frappe.enqueue(fc_probe.write, label="after a kill")
open({str(ready)!r}, "w").close()
time.sleep(60)
"""
    caller = bench.start("python", "-c", code, bench.site, FRAPPE_CELERY_COMMIT_WAIT="2")
    wait_until(ready.exists)
    caller.popen.send_signal(signal.SIGKILL)
    wait_until(lambda: bool(bench.ask("answer = written('after a kill')")))
