"""Methods that are `async def`, by a real worker: their site, transaction, time limit and end."""

from __future__ import annotations

import pytest

from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStatus, JobStore
from tests.integration.benches import ended, worker
from tests.project import Project

METHODS = """
import asyncio
import time
from contextvars import ContextVar

import frappe
from asgiref.sync import sync_to_async

from myapp.core import record

said = ContextVar("said", default="nothing")


async def remember(name):
    await asyncio.sleep(0)
    frappe.get_doc({"doctype": "Memo", "name": name}).insert()
    frappe.local.mark = name
    frappe.local.job.after_job.add(lambda: record(f"after {frappe.local.mark}"))
    return [frappe.local.site, frappe.session.user, frappe.get_all("Memo", pluck="name")]


async def forget(name):
    await remember(name)
    await sync_to_async(frappe.get_doc({"doctype": "Memo", "name": name + "2"}).insert)()
    raise ValueError("on purpose")


def names():
    return sorted(frappe.get_all("Memo", pluck="name"))


async def wait_for_ever():
    asyncio.create_task(told_when_canceled())
    try:
        await asyncio.sleep(600)
    finally:
        record("waited")


async def told_when_canceled():
    try:
        await asyncio.sleep(600)
    except asyncio.CancelledError:
        record("a task was canceled")
        raise


async def hang_in_another_task():
    async def hang():
        record("hangs")
        time.sleep(600)

    other = asyncio.create_task(hang())
    await asyncio.sleep(600)


def generate():
    record("never")
    yield 1


async def generate_too():
    record("never")
    yield 1


def loop_of_the_thread():
    try:
        return asyncio.get_event_loop_policy().get_event_loop().is_closed()
    except RuntimeError as exc:
        return str(exc)


def give_awaitable():
    return remember("given")
"""

pytestmark = pytest.mark.usefixtures("_worker")


@pytest.fixture(scope="module")
def _worker(bench: Project) -> None:
    bench.write("myapp/later.py", METHODS)
    worker(bench)


def result(method: str, **arguments: object) -> object:
    job = ended(enqueue(f"myapp.later.{method}", **arguments))
    assert job.status == JobStatus.FINISHED, job.exc_info
    return job.result


def test_it_runs_in_its_site_as_its_user_and_is_committed(
    bench: Project, bench_store: JobStore
) -> None:
    assert result("remember", name="a") == [bench.site, "Administrator", ["a"]]
    assert result("names") == ["a"]
    assert "after a" in bench.effects()  # and `frappe.local` is as the method left it


def test_what_only_returns_an_awaitable_runs_too(bench_store: JobStore) -> None:
    result("give_awaitable")
    assert "given" in result("names")  # type: ignore[operator]


def test_a_failure_is_rolled_back_with_what_django_did_for_it(bench_store: JobStore) -> None:
    before = result("names")
    failed = ended(enqueue("myapp.later.forget", name="lost"))
    assert (failed.status, "on purpose" in str(failed.exc_info)) == (JobStatus.FAILED, True)
    assert result("names") == before


def test_a_time_limit_ends_it_and_its_open_tasks(bench: Project, bench_store: JobStore) -> None:
    job = ended(enqueue("myapp.later.wait_for_ever", timeout=1))
    assert "JobTimeoutException" in str(job.exc_info)
    assert {"waited", "a task was canceled"} <= set(bench.effects())


def test_a_time_limit_that_meets_another_task_ends_the_method(bench_store: JobStore) -> None:
    job = ended(enqueue("myapp.later.hang_in_another_task", timeout=1))
    assert job.status == JobStatus.FAILED
    assert "JobTimeoutException: Task exceeded maximum timeout value (1 s" in str(job.exc_info)


@pytest.mark.parametrize("method", ["generate", "generate_too"])
def test_a_generator_fails_by_name(bench: Project, bench_store: JobStore, method: str) -> None:
    job = ended(enqueue(f"myapp.later.{method}"))
    assert f"TypeError: myapp.later.{method} is a generator: none of it has run" in str(
        job.exc_info
    )
    assert "never" not in bench.effects()


def test_the_next_job_finds_no_loop_of_the_one_before(bench_store: JobStore) -> None:
    before = result("loop_of_the_thread")
    result("remember", name="between")
    assert result("loop_of_the_thread") == before
