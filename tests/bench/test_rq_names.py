"""What else is done with RQ's objects: jobs left in RQ, an app's own queues, fields and types."""

from __future__ import annotations

import uuid

import pytest

from tests.bench.bench import Bench

RQS_OWN = """
import rq.job
from frappe.utils.background_jobs import get_queue, get_redis_conn
from frappe_celery.hosts.bench import rq_job as jobs, queue as queues
from frappe_celery.hosts.bench.registry import ORIGINALS, Registry
from frappe_celery.jobs import JobStatus

def left_in_rq(job_id, status):
    # as stock Frappe would have enqueued it, and RQ's worker left it
    queue = queues.RQQueue(get_queue("default").name, connection=get_redis_conn())
    job = queue.create_job("frappe.utils.background_jobs.execute_job",
        kwargs=dict(site=frappe.local.site, user="Administrator", method="frappe.ping",
                    event=None, job_name="frappe.ping", is_async=True, kwargs={}),
        job_id=frappe.utils.background_jobs.create_job_id(job_id), timeout=100)
    if status == "queued":
        queue.enqueue_job(job)
    else:
        job.save()
        job.set_status(status)
        Registry(queue.name, JobStatus(status)).rqs().add(job, -1)
    return job

def still_there(job):
    name = get_queue("default").name
    connection = job.connection
    registries = [Registry(name, status).rqs() for status in ORIGINALS]
    return [jobs.RQJob.exists(job.id, connection=connection),
            job.id in queues.RQQueue(name, connection=connection).job_ids,
            sorted(type(r).__name__ for r in registries if job.id in r.get_job_ids())]
"""


@pytest.mark.parametrize("status", ["queued", "failed", "finished"])
@pytest.mark.parametrize("what", ["delete", "cancel", "enqueue"])
def test_a_job_that_is_left_in_rq_can_be_taken_away(bench: Bench, status: str, what: str) -> None:
    if what == "enqueue" and bench.is_14:
        pytest.skip("Frappe 14 has no deduplicate")
    job_id = f"left-{uuid.uuid4().hex}"
    answer = bench.ask(
        RQS_OWN
        + f"""
job = left_in_rq({job_id!r}, {status!r})
found = frappe.get_doc("RQ Job", job.id)
if {what!r} == "enqueue":
    enqueued = frappe.enqueue(
        "frappe.ping", job_id={job_id!r}, deduplicate=True, enqueue_after_commit=True)
    frappe.db.commit()
    there = get_queue("default").get_job_ids()
elif {what!r} == "delete":
    found.delete()
    there = None
else:
    job.cancel()
    there = None
answer = [found.status, still_there(job), there]
"""
    )
    shown, left, waiting = answer
    assert shown == status
    if what == "cancel":
        assert left == [True, False, ["CanceledJobRegistry"]]
    elif what == "enqueue" and status == "queued":
        assert (left, waiting) == ([True, True, []], []), "it waits already"
    else:
        assert left == [False, False, []]
    if what == "enqueue" and status != "queued":
        assert waiting == [f"{bench.site}{bench.id_mark}{job_id}"]


def test_a_failed_job_that_is_left_in_rq_is_put_back_into_rqs_queue(bench: Bench) -> None:
    answer = bench.ask(
        RQS_OWN
        + f"""
job = left_in_rq({uuid.uuid4().hex!r}, "failed")
job.requeue()
answer = still_there(job)
job.delete()
answer += still_there(job)
"""
    )
    assert answer == [True, True, [], False, False, []]


def test_queues_of_an_apps_own_in_rq_are_as_without_us(bench: Bench) -> None:
    answer = bench.ask(
        RQS_OWN
        + """
import rq
one, two = (rq.Queue(name, connection=get_redis_conn()) for name in ("an-app-a", "an-app-b"))
first = one.enqueue("frappe.ping")
after = one.enqueue("frappe.ping", depends_on=first)
dependency = rq.job.Dependency(jobs=[first])
answer = [one == rq.Queue("an-app-a", connection=get_redis_conn()), one in [two],
          [q.name for q in sorted([two, one])],
          isinstance(one, rq.Queue), isinstance(first, rq.job.Job),
          after.get_status() == "deferred",
          one.deferred_job_registry.get_job_ids() == [after.id]]
for queue in (one, two):
    queue.delete(delete_jobs=True)
after.delete()
ours = frappe.enqueue("frappe.ping")
answer += [isinstance(ours, rq.job.Job), isinstance(get_queue("short"), rq.Queue),
           isinstance("text", rq.job.Job)]
"""
    )
    assert answer == [True, False, ["an-app-a", "an-app-b"], *[True] * 6, False]


def test_a_canceled_job_is_shown_in_desk_as_rq_shows_one(bench: Bench) -> None:
    answer = bench.ask(
        """
        from frappe.core.doctype.rq_job.rq_job import RQJob
        job = frappe.enqueue("frappe.ping")
        job.cancel()
        refused = frappe.enqueue("frappe.ping")
        refused.store.fail(refused.run_id, "Refused: altered", site=frappe.local.site)
        answer = []
        for shown in (frappe.get_doc("RQ Job", job.id), frappe.get_doc("RQ Job", refused.id)):
            answer.append([shown.status, bool(shown.started_at), bool(shown.ended_at),
                           shown.time_taken, shown.exc_info])
        kwargs = {"filters": [["RQ Job", "status", "in", ["canceled", "failed"]]]}
        try:
            rows = RQJob.get_list(**kwargs)
        except TypeError:
            rows = RQJob.get_list(kwargs)
        answer.append(sorted(row.status for row in rows if row.name in (job.id, refused.id)))
        """
    )
    canceled, refused, listed = answer
    assert canceled[:3] == ["canceled", False, False]
    assert refused[:2] == ["failed", True]
    assert "Refused: altered" in refused[4]
    assert listed == ["canceled", "failed"]


def test_what_a_job_keeps_is_saved_by_either_name(bench: Bench) -> None:
    answer = bench.ask(
        """
        from rq.job import Job
        job = frappe.enqueue("frappe.ping")
        job.meta["progress"] = 5
        job.save()
        found = Job.fetch(job.id, connection=job.connection)
        answer = [found.meta, found.latest_result(timeout=1), found.results()]
        job.delete()
        """
    )
    assert answer == [{"progress": 5}, None, []]


def test_an_id_that_no_job_has_is_minded_nowhere(bench: Bench) -> None:
    answer = bench.ask(
        """
        from frappe.utils.background_jobs import get_queue
        registry = get_queue("default").failed_job_registry
        jobs = [frappe.enqueue("frappe.ping") for _ in range(2)]
        for job in jobs:
            job.store.fail(job.run_id, "no", site=frappe.local.site)
        ids = [job.id for job in jobs]
        listed = [i for i in registry.get_job_ids(desc=True, cleanup=False) if i in ids]
        queue = get_queue("default")
        answer = [registry.remove("no such job"), listed == ids[::-1],
                  queue.fetch_job("no such job"), queue.remove("no such job")]
        """
    )
    assert answer == [0, True, None, 0]


@pytest.mark.usefixtures("since_15")
def test_a_callback_may_be_a_path_where_a_job_runs_at_once(bench: Bench) -> None:
    answer = bench.ask(
        """
        frappe.flags.in_test = frappe.in_test = True  # the latter from v16 on
        job = frappe.enqueue("frappe.ping", is_async=False, now=False,
                             on_success="frappe.utils.flt")
        answer = job.get_status(), job.exc_info
        """
    )
    assert answer == ["finished", None]
