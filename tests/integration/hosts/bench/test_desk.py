"""The pages of RQ Job: filtered, counted, newest first, and no more read than is shown."""

from __future__ import annotations

import pytest

from tests.integration.hosts.bench.conftest import BEGIN, StandInBench

DESK = (
    BEGIN
    + """
from frappe.core.doctype.rq_job.rq_job import RQJob
from frappe_celery.jobs import get_store
store = get_store()

def add(n, queue="short"):
    return frappe.enqueue("fixture_app.tasks.write", queue=queue, n=n)

def where(**conditions):
    return [["RQ Job", field, *condition] for field, condition in conditions.items()]
"""
)


def test_pages_newest_first_over_queues_and_statuses(bench: StandInBench) -> None:
    bench.configure(workers={"own": {}})
    answer = bench.ask(
        """
        jobs = [add(n, ("short", "long", "own")[n % 3]) for n in range(9)]
        for job in jobs[:3]:
            store.fail(job.run_id, "broken")
        frappe.destroy(); frappe.init("site2"); frappe.connect()
        add("another site's")
        frappe.destroy(); frappe.init("site1"); frappe.connect()
        queued = where(status=("=", "queued"))
        answer = {
            "page": [n for n, _ in RQJob.get_list(filters=queued, start=1, page_length=3)],
            "ascending": [n for n, _ in RQJob.get_list(filters=queued, order_by="creation asc")],
            "all": RQJob.get_list()[:4],
            "own": [n for n, _ in RQJob.get_list(filters=where(queue=("=", "own")))],
            "not short": len(RQJob.get_list(filters=where(queue=("!=", "short")))),
            "none": RQJob.get_list(filters=where(status=("=", "no such"))),
            "counts": [RQJob.get_count(filters=queued), RQJob.get_count(),
                       RQJob.get_count(filters=where(queue=("=", "long")))],
        }
        """,
        begin=DESK,
        STANDIN_FRAPPE="16.9.0",
    )
    assert answer == {
        "page": [7, 6, 5],
        "ascending": [3, 4, 5, 6, 7, 8],
        "all": [[2, "failed"], [1, "failed"], [0, "failed"], [8, "queued"]],
        "own": [2, 8, 5],
        "not short": 6,
        "none": [],
        "counts": [6, 9, 3],
    }


def test_what_was_stopped_stands_among_what_failed(bench: StandInBench) -> None:
    answer = bench.ask(
        """
        jobs = [add(n) for n in range(4)]
        for job in jobs[:3]:
            store.start(job.run_id, "worker")
        store.fail(jobs[0].run_id, "broken")
        jobs[1].stop()
        failed = background_jobs.get_queue("short").failed_job_registry
        answer = {
            "failed": sorted(n for n, _ in RQJob.get_list(filters=where(status=("=", "failed")))),
            "stopped": RQJob.get_list(filters=where(status=("=", "stopped"))),
            "count": [RQJob.get_count(filters=where(status=("=", "failed"))), failed.count],
            "not failed": RQJob.get_count(filters=where(status=("in", ["queued", "started"]))),
            "ids": sorted(failed.get_job_ids()) == sorted(job.id for job in jobs[:2]),
        }
        """,
        begin=DESK,
        STANDIN_FRAPPE="16.9.0",
    )
    assert answer == {
        "failed": [0, 1],
        "stopped": [[1, "stopped"]],
        "count": [2, 2],
        "not failed": 2,
        "ids": True,
    }


def test_version_15_hands_over_one_dictionary(bench: StandInBench) -> None:
    answer = bench.ask(
        """
        for n in range(9):
            add(n)
        queued = where(status=("=", "queued"))
        found = RQJob.get_list({"filters": queued, "order_by": "x desc", "start": 1,
                                "page_length": 3})
        answer = [[n for n, _ in found], RQJob.get_count({"filters": queued})]
        """,
        begin=DESK,
    )
    assert answer == [[7, 6, 5], 9]


def test_a_page_reads_no_more_than_it_shows(bench: StandInBench) -> None:
    answer = bench.ask(
        """
        def read():
            before = store.client.info("commandstats")["cmdstat_hmget"]["calls"]
            assert len(RQJob.get_list(page_length=5)) == 5
            return store.client.info("commandstats")["cmdstat_hmget"]["calls"] - before

        for n in range(10):
            add(n)
        few = read()
        for n in range(300):
            add(n)
        answer = [few, read()]
        """,
        begin=DESK,
        STANDIN_FRAPPE="16.9.0",
    )
    assert answer[0] == answer[1]


@pytest.mark.parametrize("version", ["15.0.0", "16.9.0"])
def test_whom_frappes_own_refuses_sees_none(bench: StandInBench, version: str) -> None:
    answer = bench.ask(
        """
        add(1)
        frappe.set_user("Guest")
        given = [] if frappe.STABLE_16 else {"filters": []}
        answer = []
        for asked in (RQJob.get_list, RQJob.get_count):
            try:
                answer.append(asked(given))
            except PermissionError as exc:
                answer.append(f"refused {exc}")
        """,
        begin=DESK,
        STANDIN_FRAPPE=version,
    )
    assert answer == ["refused Guest"] * 2
