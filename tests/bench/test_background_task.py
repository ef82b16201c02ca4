"""Frappe v17's Background Task: `enqueue_task`, its repetitions, progress, result, cancelling."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator

import pytest

from tests.bench.bench import Bench

TASK = """
from frappe.core.doctype.background_task.background_task import get_cached_task_status, stop_task
from frappe.utils.task_queue import enqueue_task, get_task_status

def enqueued(method, **options):
    task = enqueue_task(method, enqueue_after_commit=False, **options)
    frappe.db.commit()
    return task

def status(task):
    frappe.db.rollback()
    return frappe.db.get_value("Background Task", task.name, "status")

def over(task):
    until(lambda: status(task) not in ("Queued", "Running"))
    frappe.db.rollback()
    frappe.local.cache.clear()
    return get_task_status(task.task_id)
"""


FORGET = """
from frappe_celery.jobs import get_store
store = get_store()
for job in store.page(site=frappe.local.site, length=500):
    job.delete()
"""


@pytest.fixture
def tasks(bench: Bench) -> Iterator[Bench]:
    """The bench with a worker, its jobs forgotten afterwards; where Frappe has Background Task."""
    found = "import importlib.util as u; answer = bool(u.find_spec('frappe.utils.task_queue'))"
    if not bench.ask(found):
        pytest.skip("this Frappe has no Background Task, which came with v17")
    bench.worker(1)
    yield bench
    bench.ask(FORGET)


def test_a_listed_exception_runs_again_any_other_does_not(tasks: Bench) -> None:
    label = uuid.uuid4().hex
    answer = tasks.ask(
        TASK
        + f"""
def ended_with(error):
    told = dict(label=f"{{error}} {label}", title=f"told of {{error}} {label}")
    return enqueued(fc_probe.fail_with, error=error, retry_on=(KeyError,), max_retries=2,
                    on_failure=frappe.log_error, **told)

tasks = [ended_with("KeyError"), ended_with("ValueError")]
answer = [[over(task)["status"] for task in tasks], written("{label}"),
          frappe.get_all("Error Log", {{"method": ("like", "told of %{label}")}}, pluck="method")]
"""
    )
    statuses, ran, told = answer
    assert statuses == ["Failed", "Failed"]
    assert sorted(line.split()[0] for line in ran) == [*["KeyError"] * 3, "ValueError"]
    assert sorted(told) == [f"told of KeyError {label}", f"told of ValueError {label}"], "once each"


def test_one_that_succeeds_in_the_end_is_completed(tasks: Bench) -> None:
    label = uuid.uuid4().hex
    answer = tasks.ask(
        TASK
        + f"""
task = enqueued(fc_probe.fail_once, label="{label}", retry_on=(KeyError,), max_retries=3)
found = over(task)
answer = [found["status"], found["result"], written("{label}")]
"""
    )
    assert answer[:2] == ["Completed", '"in the end"']
    assert len(answer[2]) == 2


def test_progress_and_result(tasks: Bench) -> None:
    gate = uuid.uuid4().hex
    answer = tasks.ask(
        TASK
        + f"""
task = enqueued(fc_probe.show_progress, gate="{gate}")
def progress():
    frappe.local.cache.clear()
    return (get_cached_task_status(task.task_id) or {{}}).get("progress")

until(lambda: progress() == 40)
seen = [status(task), get_task_status(task.task_id)["stage"]]
frappe.cache().set_value("{gate}", 1)
answer = [*seen, over(task)["status"], over(task)["result"]]
"""
    )
    assert answer[:3] == ["Running", "reading", "Completed"]
    assert json.loads(answer[3]) == {"rows": 3}


def test_cancelled_while_it_runs_and_while_it_waits(tasks: Bench) -> None:
    answer = tasks.ask(
        TASK
        + """
running = enqueued(fc_probe.sleep, seconds=60)
waiting = enqueued(fc_probe.nothing)
until(lambda: status(running) == "Running")
for task in (waiting, running):
    stop_task(task.task_id)
    frappe.db.commit()
after = enqueued(fc_probe.nothing)
over(after)
jobs = [frappe.utils.background_jobs.get_job(task.task_id) for task in (running, waiting)]
answer = [status(running), status(waiting), status(after), *[job.get_status() for job in jobs]]
"""
    )
    assert answer == ["Cancelled", "Cancelled", "Completed", "stopped", "canceled"]


def test_its_progress_is_told_as_frappes_own(
    tasks: Bench, until_told: Callable[[], list[str]]
) -> None:
    task = tasks.ask(
        TASK
        + """
import fc_probe_each
task = enqueued(fc_probe_each.tell_of_a_task)
over(task)
answer = task.task_id
"""
    )
    (last,) = [json.loads(told) for told in until_told() if '": 100' in told]
    assert last["message"]["task_id"] == task
    assert last["message"]["stage"] == "rows"


def test_rqs_retry_waits_its_intervals(tasks: Bench) -> None:
    label = uuid.uuid4().hex
    answer = tasks.ask(
        f"""
        from rq import Retry
        job = frappe.enqueue(fc_probe.fail, label="{label}", job_id="{label}",
                             retry=Retry(max=2, interval=[1, 2]))
        def failed():
            found = frappe.utils.background_jobs.get_job("{label}")
            return found.is_failed and not found.retries_left
        until(failed)
        frappe.db.rollback()
        errors = frappe.get_all("Error Log", {{"error": ("like", "%{label}%")}}, pluck="creation",
                                order_by="creation")
        answer = [(b - a).total_seconds() for a, b in zip(errors, errors[1:])]
        """
    )
    assert len(answer) == 2
    assert answer[0] >= 1
    assert answer[1] >= 2
