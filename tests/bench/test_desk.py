"""What Desk, bench doctor and code that asks RQ see of Celery's jobs and workers."""

from __future__ import annotations

import uuid

import pytest

from tests.bench.bench import Bench

LIST = """
from frappe.core.doctype.rq_job.rq_job import RQJob, remove_failed_jobs, stop_job
import inspect

def listed(*filters, **options):
    filters = [["RQ Job", *f] for f in filters]
    takes = inspect.signature(RQJob.get_list).parameters
    return (RQJob.get_list(filters=filters, **options) if "filters" in takes
            else RQJob.get_list({"filters": filters, **options}))

def count(*filters):
    filters = [["RQ Job", *f] for f in filters]
    takes = inspect.signature(RQJob.get_count).parameters
    return (RQJob.get_count(filters=filters) if "filters" in takes
            else RQJob.get_count({"filters": filters}))
"""


def test_the_list_of_jobs_is_filtered_counted_and_paged(bench: Bench) -> None:
    bench.ask(LIST + "remove_failed_jobs()")
    worker = bench.worker(1)
    bench.ask(
        """
        jobs = [frappe.enqueue(fc_probe.fail, label="a", queue="short") for _ in range(3)]
        jobs += [frappe.enqueue(fc_probe.nothing, queue="long") for _ in range(2)]
        ended(*jobs)
        """
    )
    worker.stop()
    answer = bench.ask(
        LIST
        + """
waiting = [frappe.enqueue(fc_probe.nothing, queue=queue)
           for queue in ("short", "default") for _ in range(13)]
failed = listed(("status", "=", "failed"))
pages = [listed(("status", "=", "queued"), start=s, page_length=10) for s in (0, 10, 20)]
answer = {
    "failed": [(job.status, job.queue, bool(job.exc_info)) for job in failed],
    "counts": [count(("status", "=", "queued")), count(("status", "=", "failed")),
               count(("status", "=", "queued"), ("queue", "=", "short"))],
    "pages": [len(page) for page in pages],
    "all": sorted(job.name for page in pages for job in page) == sorted(job.id for job in waiting),
}
"""
    )
    assert answer == {
        "failed": [["failed", "short", True]] * 3,
        "counts": [26, 3, 13],
        "pages": [10, 10, 6],
        "all": True,
    }


def test_no_site_sees_or_touches_the_jobs_of_another(bench: Bench) -> None:
    other = bench.other_site
    assert other, "give the bench a second site"
    job_id = bench.ask("answer = frappe.enqueue('frappe.ping').id", other)
    answer = bench.ask(
        LIST
        + f"""
try:
    frappe.get_doc("RQ Job", {job_id!r})
except frappe.PermissionError:
    answer = [count(("status", "=", "queued")), len(listed())]
"""
    )
    assert answer[0] == 0
    assert bench.ask(f"answer = frappe.get_doc('RQ Job', {job_id!r}).status", other) == "queued"


def test_a_job_is_shown_stopped_and_deleted_and_the_worker_goes_on(bench: Bench) -> None:
    bench.worker(1)
    answer = bench.ask(
        LIST
        + """
job = frappe.enqueue(fc_probe.sleep, seconds=60, queue="short")
waiting = frappe.enqueue(fc_probe.nothing, queue="short")
until(lambda: job.is_started)
shown = frappe.get_doc("RQ Job", job.id)
worker = frappe.get_all("RQ Worker")[0]
busy = frappe.get_doc("RQ Worker", worker.name)
frappe.get_doc("RQ Job", waiting.id).delete()
begin = time.monotonic()
stop_job(job_id=job.id)
ended(job)
after = frappe.enqueue(fc_probe.nothing, queue="short")
ended(after)
answer = [shown.status, shown.job_name, bool(shown.started_at), busy.status, worker.queue_type,
          waiting.get_status(), job.get_status(), after.get_status(), time.monotonic() - begin < 5]
"""
    )
    assert answer == [
        *(
            "started",
            "sleep" if bench.is_14 else "fc_probe.sleep",
            True,
            "busy",
            "short,default,long",
        ),
        *(None, "stopped", "finished", True),
    ]


def test_each_process_is_a_row_of_rq_worker_with_its_own_job(bench: Bench) -> None:
    bench.worker(2)
    answer = bench.ask(
        LIST
        + """
from frappe.utils import doctor
jobs = [frappe.enqueue(fc_probe.sleep, seconds=60, queue="short") for _ in range(2)]
until(lambda: all(job.is_started for job in jobs))
rows = frappe.get_all("RQ Worker")
answer = [len(rows), sorted(row.current_job_id for row in rows) == sorted(job.id for job in jobs),
          len({row.pid for row in rows}), {row.status for row in rows} == {"busy"},
          doctor.check_number_of_workers()]
for job in jobs:
    stop_job(job_id=job.id)
ended(*jobs)
"""
    )
    assert answer == [2, True, 2, True, 2]


def test_stopping_a_job_that_does_not_run_says_so(bench: Bench) -> None:
    assert bench.ask(
        LIST
        + """
job = frappe.enqueue(fc_probe.nothing)
stop_job(job_id=job.id)
answer = [job.get_status(), "not running" in str(frappe.message_log)]
"""
    ) == ["queued", True]


def test_failed_jobs_are_removed_and_their_number_is_limited(bench: Bench) -> None:
    bench.worker(1)
    assert bench.ask(
        LIST
        + """
from frappe.installer import update_site_config
remove_failed_jobs()
none = count(("status", "=", "failed"))
update_site_config("rq_failed_jobs_limit", 3)
jobs = [frappe.enqueue(fc_probe.fail, label="a") for _ in range(6)]
ended(*jobs)
kept = [job.get_status() for job in jobs]
update_site_config("rq_failed_jobs_limit", "None")
remove_failed_jobs()
answer = [none, kept, count(("status", "=", "failed"))]
"""
    ) == [0, [None] * 3 + ["failed"] * 3, 0]


def test_a_job_that_was_tried_four_times_has_failed_once(bench: Bench) -> None:
    bench.worker(1)
    answer = bench.ask(
        LIST
        + """
import frappe_celery
from frappe_celery import Retry
remove_failed_jobs()
how = (Retry(max=3, delay=0.01, jitter=0), Retry(max=0))
jobs = [frappe_celery.options(retry=how[n % 2]).enqueue(fc_probe.fail, label="a")
        for n in range(100)]
until(lambda: count(("status", "=", "failed")) == 100)
failed = listed(("status", "=", "failed"), page_length=500)
attempts = [len(frappe_celery.get_job(job.id).attempts) for job in jobs]
names = {job.name for job in failed} == {job.id for job in jobs}
answer = [len(failed), names, attempts, {job.status for job in failed} == {"failed"}]
remove_failed_jobs()
answer.append(count(("status", "=", "failed")))
"""
    )
    assert answer == [100, True, [3, 0] * 50, True, 0]


def test_doctor_purge_and_the_questions_of_apps(bench: Bench) -> None:
    answer = bench.ask(
        """
        from frappe.utils import doctor
        from frappe.utils.background_jobs import (
            get_jobs, get_queue, get_workers, is_job_enqueued)
        any_pending = getattr(doctor, "any_job_pending", lambda site: True)  # 14 has none
        for n in range(3):
            frappe.enqueue("frappe.ping", queue="short", job_id=f"ping{n}")
        last = frappe.enqueue("frappe.handler.ping", at_front=True, queue="short", event="all")
        site = frappe.local.site
        answer = {
            "jobs": get_jobs(site=site, queue="short")[site],
            "by queue": doctor.get_jobs_by_queue(site)[1],
            "pending": any_pending(site),
            "enqueued": [is_job_enqueued("ping1"), is_job_enqueued("ping9")],
            "status": fc_probe.get_job("ping1").get_status(),
            "position": [last.get_position(), get_queue("short").count, len(get_queue("short"))],
            "workers": [len(get_workers()), doctor.check_number_of_workers()],
            "purged": [doctor.purge_pending_jobs(event="all", site=site), get_queue("short").count,
                       doctor.purge_pending_jobs(site=site), get_queue("short").count],
        }
        """
    )
    assert sorted(answer.pop("jobs")) == ["frappe.handler.ping", *["frappe.ping"] * 3]
    assert answer == {
        "by queue": {"short": 4, "default": 0, "long": 0},
        "pending": True,
        "enqueued": [True, False],
        "status": "queued",
        "position": [0, 4, 4],
        "workers": [0, 0],
        "purged": [1, 3, 3, 0],
    }


def test_running_jobs_count_as_jobs(bench: Bench) -> None:
    bench.worker(2)
    assert (
        bench.ask(
            """
            from frappe.utils.background_jobs import get_jobs
            jobs = [frappe.enqueue(fc_probe.sleep, seconds=3) for _ in range(3)]
            until(lambda: jobs[1].is_started)
            answer = len(get_jobs(site=frappe.local.site)[frappe.local.site])
            """
        )
        == 3
    )


def test_the_system_health_report_sees_workers_and_queues(bench: Bench) -> None:
    bench.worker(1)
    answer = bench.ask(
        """
        from frappe.desk.doctype.system_health_report.system_health_report import get_job_status
        report = frappe.get_doc("System Health Report")
        until(lambda: get_job_status(report.test_job_id) == "finished")
        answer = [report.total_background_workers, report.background_workers[0].queues,
                  [row.queue for row in report.queue_status]]
        """
    )
    assert answer == [1, "short,default,long", ["short", "default", "long"]]


@pytest.mark.usefixtures("since_15")  # deduplicate
def test_two_hundred_processes_with_one_job_id_make_one_job(bench: Bench) -> None:
    label = uuid.uuid4().hex
    code = """
        import os
        from frappe.utils.background_jobs import get_queue
        site, made, go = frappe.local.site, "made-" + label, "go-" + label
        frappe.destroy()
        children = []
        for number in range(200):
            child = os.fork()
            if child == 0:
                try:
                    frappe.init(site=site); frappe.connect()
                    frappe.cache().incr("ready-" + label)
                    until(lambda: frappe.cache().get(go), 100)
                    job = frappe.enqueue(fc_probe.write, label=label, job_id=label,
                                         deduplicate=True, enqueue_after_commit=bool(number % 2))
                    frappe.db.commit()
                    frappe.cache().incr(made, 1 if job else 0)
                finally:
                    os._exit(0)
            children.append(child)
        frappe.init(site=site); frappe.connect()
        until(lambda: int(frappe.cache().get("ready-" + label) or 0) == 200, 100)
        frappe.cache().set(go, 1, ex=100)
        for child in children:
            os.waitpid(child, 0)
        made = int(frappe.cache().get(made) or 0)
        answer = [made <= 1, get_queue("default").count]
    """
    assert bench.ask(f"\n        label = {label!r}" + code) == [True, 1]
    bench.worker(2)
    ran = f"""
        until(lambda: written({label!r}))
        ended(*[frappe.enqueue(fc_probe.nothing) for _ in range(4)])
        answer = written({label!r})
    """
    assert bench.ask(ran) == [f"{label}|{bench.site}|Administrator"]


def test_the_same_id_without_deduplicate_runs_twice(bench: Bench) -> None:
    label = uuid.uuid4().hex
    bench.ask(
        f"""
        from fc_probe import get_job
        for _ in range(2):
            get_job("{label}")  # an app may ask, which says nothing of deduplicate
            frappe.enqueue(fc_probe.write, label="{label}", job_id="{label}")
        """
    )
    bench.worker(1)
    assert (
        len(bench.ask(f"ended(frappe.enqueue(fc_probe.nothing)); answer = written({label!r})")) == 2
    )
