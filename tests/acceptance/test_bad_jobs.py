"""What cannot be enqueued or run says why and what to do; nothing else suffers from it."""

from __future__ import annotations

import threading
from typing import Any

import frappe
import pytest

from frappe_celery import errors
from tests.acceptance.commands import run_cli
from tests.acceptance.desk import Desk
from tests.project import Project

METHOD = "myapp.tasks.process"


def must_still_work(desk: Desk) -> None:
    """What was refused left nothing behind, and other jobs run."""
    assert not desk.jobs()
    job = desk.ended(frappe.enqueue(METHOD))
    assert job.is_finished
    assert desk.jobs() == [job]


def test_an_unknown_queue(desk: Desk) -> None:
    with pytest.raises(errors.UnknownQueue) as caught:
        frappe.enqueue(METHOD, queue="urgent")
    assert "Queue should be one of short, default, long; 'urgent' is not" in str(caught.value)
    assert '"workers" in sites/common_site_config.json' in str(caught.value)
    with pytest.raises(errors.UnknownQueue):
        frappe.enqueue_doc("ToDo", "x", "save", queue="urgent")
    must_still_work(desk)


def test_deduplicate_without_job_id(desk: Desk) -> None:
    with pytest.raises(
        errors.DeduplicateNeedsJobId, match=r"deduplicate=True needs a job_id .*job_id="
    ):
        frappe.enqueue(METHOD, deduplicate=True)
    must_still_work(desk)


@pytest.mark.parametrize("timeout", [-5, True, "soon", "1x", "-2", float("nan"), [60], 10**12])
def test_a_timeout_that_is_none(desk: Desk, timeout: Any) -> None:
    with pytest.raises(errors.BadTimeout) as caught:
        frappe.enqueue(METHOD, timeout=timeout)
    assert repr(timeout) in str(caught.value)
    assert "a positive number of seconds, -1 for none, or a text such as '90s'" in str(caught.value)
    must_still_work(desk)


@pytest.mark.parametrize(
    ("timeout", "seconds"), [("1h", 3600), (-1, -1), (1.4, 1), ("90", 90), (0, 300), ("", 300)]
)
def test_timeouts_as_frappe_and_rq_take_them(desk: Desk, timeout: Any, seconds: int) -> None:
    job = desk.ended(frappe.enqueue(METHOD, timeout=timeout))
    assert (job.timeout, job.is_finished) == (seconds, True)


def test_an_argument_that_cannot_travel(desk: Desk) -> None:
    with pytest.raises(errors.CannotTravel) as caught:
        frappe.enqueue(METHOD, param=1, lock=threading.Lock())
    assert "argument 'lock' (lock) cannot travel to a worker" in str(caught.value)
    assert "Pass its name or id and fetch it inside the job" in str(caught.value)
    must_still_work(desk)


def test_an_argument_that_json_does_not_carry_where_pickle_is_off(desk: Desk) -> None:
    with desk.configured(frappe_celery_pickle=False), pytest.raises(errors.CannotTravel) as caught:
        frappe.enqueue(METHOD, param=1, when=frappe.utils.now_datetime())
    assert "argument 'when' (datetime) is not carried exactly by JSON" in str(caught.value)
    assert "set frappe_celery_pickle to true" in str(caught.value)
    must_still_work(desk)


@pytest.mark.parametrize(
    ("method", "reason"),
    [
        ("nowhere.tasks.report", "ModuleNotFoundError: No module named 'nowhere'"),
        ("myapp.tasks.gone", "AttributeError: module 'myapp.tasks' has no attribute 'gone'"),
        ("report", "'report' is not a dotted path; write module.function"),
        ("myapp.broken_module.report", "SyntaxError"),
    ],
)
def test_a_method_that_does_not_import_fails_its_own_job(
    desk: Desk, method: str, reason: str
) -> None:
    desk.project.write("myapp/broken_module.py", "def report(:\n")
    bad, good = frappe.enqueue(method), frappe.enqueue(METHOD)
    assert desk.ended(bad).is_failed
    assert reason in str(bad.exc_info)
    assert desk.ended(good).is_finished


def test_an_argument_that_the_method_does_not_take_fails_its_own_job(desk: Desk) -> None:
    bad, good = frappe.enqueue(METHOD, colour="red"), frappe.enqueue(METHOD)
    assert desk.ended(bad).is_failed
    assert "unexpected keyword argument 'colour'" in str(bad.exc_info)
    assert desk.ended(good).is_finished


def test_enqueue_doc_without_a_method_or_document_fails_its_own_job(desk: Desk) -> None:
    no_method = frappe.enqueue_doc("ToDo", None, None)
    no_document = frappe.enqueue_doc("ToDo", "no-such-todo", "save")
    good = frappe.enqueue(METHOD)
    assert desk.ended(no_method).is_failed
    assert desk.ended(no_document).is_failed
    assert "ToDo no-such-todo not found" in str(no_document.exc_info)
    assert desk.ended(good).is_finished


@pytest.mark.parametrize("queue", ["urgent", "short,urgent", ""])
def test_a_worker_for_an_unknown_queue(app_project: Project, queue: str) -> None:
    output = run_cli(app_project, "worker", "--queue", queue, code=1)
    wrong = queue.rpartition(",")[2]
    assert f"Queue should be one of short, default, long; {wrong!r} is not" in output


def test_celerys_own_worker_for_an_unknown_queue(app_project: Project) -> None:
    process = app_project.celery("worker", "-Q", "short,urgent")
    assert process.wait() == 1
    assert "Queue should be one of short, default, long; 'urgent' is not" in process.output()
    assert "Traceback" not in process.output()
