"""What a worker does around a method: callbacks, repetitions, its record of itself."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from frappe_celery.config.settings import Settings, use
from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStatus, JobStore, current_job
from tests.integration.benches import ended, worker
from tests.project import Project
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("_worker")


@pytest.fixture(scope="module")
def _worker(bench: Project) -> None:
    worker(bench)


def note(file: Path) -> Any:
    """A callback that leaves what it got in `file`, one line a call."""

    def noted(*arguments: Any) -> None:
        job, connection, *rest = arguments
        with file.open("a") as lines:
            shown = [getattr(value, "__name__", None) or str(value) for value in rest]
            lines.write(f"{job.get_status()} {connection.ping()} {' '.join(shown)}\n")

    return noted


def test_on_success_gets_job_connection_and_result(bench_store: JobStore, tmp_path: Path) -> None:
    job = enqueue("myapp.core.record", text="x", on_success=note(tmp_path / "noted"))
    assert ended(job).status == JobStatus.FINISHED
    assert (tmp_path / "noted").read_text() == "started True x\n"


def test_on_failure_gets_job_connection_and_the_exception(
    bench_store: JobStore, tmp_path: Path
) -> None:
    job = enqueue("myapp.core.fail", on_failure=note(tmp_path / "noted"))
    assert ended(job).status == JobStatus.FAILED
    assert (
        (tmp_path / "noted").read_text().startswith("started True ValueError broken on purpose <")
    )


def test_a_callback_gets_no_more_than_it_takes(bench_store: JobStore, tmp_path: Path) -> None:
    file = tmp_path / "noted"
    for callback in (
        lambda: file.write_text("0"),
        lambda job: file.write_text(job.id),
        lambda job, connection, result=None: file.write_text(result),
    ):
        job = enqueue("myapp.core.record", text="text", on_success=callback)
        assert ended(job).status == JobStatus.FINISHED
        assert file.read_text() in ("0", job.id, "text")
        file.unlink()


def test_an_exception_in_on_success_fails_the_job(bench_store: JobStore, tmp_path: Path) -> None:
    def broken(job: Any) -> None:
        raise LookupError("the callback")

    file = tmp_path / "noted"
    job = enqueue("myapp.core.record", on_success=broken, on_failure=note(file))
    assert ended(job).status == JobStatus.FAILED
    assert "LookupError: the callback" in str(job.exc_info)
    assert "LookupError the callback" in file.read_text()


def test_an_exception_in_on_failure_hides_no_other(bench_store: JobStore) -> None:
    def broken(job: Any) -> None:
        raise LookupError("the callback")

    job = enqueue("myapp.core.fail", on_failure=broken)
    assert ended(job).status == JobStatus.FAILED
    assert "ValueError: broken on purpose" in str(job.exc_info)
    assert "LookupError: the callback" in str(job.exc_info)


def test_an_on_failure_that_exits_leaves_the_job_failed(bench_store: JobStore) -> None:
    job = enqueue("myapp.core.fail", on_failure=lambda job: sys.exit(1))
    assert ended(job).status == JobStatus.FAILED
    assert "ValueError: broken on purpose" in str(job.exc_info)
    assert "SystemExit: 1" in str(job.exc_info)


def test_retry_runs_it_that_often_again_and_no_more(
    bench: Project, bench_store: JobStore, tmp_path: Path
) -> None:
    use(Settings.load(bench.root, {"FRAPPE_CELERY_FRAPPE_VERSION": "17"}))
    file = tmp_path / "noted"
    enqueue("myapp.core.fail", job_id="again", retry=2, on_failure=note(file))
    wait_until(lambda: file.exists() and len(file.read_text().splitlines()) == 3, what="3 runs")
    last = ended(bench_store.fetch("site1.localhost||again"))
    assert last.status == JobStatus.FAILED
    assert ended(enqueue("myapp.core.record")).status == JobStatus.FINISHED
    assert len(file.read_text().splitlines()) == 3


def test_a_retried_job_that_succeeds_is_not_run_again(
    bench: Project, bench_store: JobStore, tmp_path: Path
) -> None:
    use(Settings.load(bench.root, {"FRAPPE_CELERY_FRAPPE_VERSION": "17"}))
    file = tmp_path / "noted"

    def second_time() -> str:
        file.write_text("x" + (file.read_text() if file.exists() else ""))
        if file.read_text() == "x":
            raise ValueError("first time")
        return file.read_text()

    enqueue(second_time, job_id="second time", retry=5)
    found = lambda: bench_store.fetch("site1.localhost||second time")  # noqa: E731
    wait_until(lambda: found().status == JobStatus.FINISHED, what="it has succeeded")
    assert found().result == "xx"


def test_the_job_knows_itself_while_it_runs(bench_store: JobStore) -> None:
    def myself() -> Any:
        job = current_job()
        assert job is not None
        return job.id, job.get_status(), job.kwargs, job.worker_name

    job = ended(enqueue(myself, job_id="me"))
    assert job.result == (job.id, JobStatus.STARTED, {}, job.worker_name)
    assert current_job() is None


def test_a_method_that_does_not_import_fails_in_the_worker(bench_store: JobStore) -> None:
    for path, reason in (
        ("myapp.nowhere.task", "No module named 'myapp.nowhere'"),
        ("myapp.core.nowhere", "nowhere"),
        ("nonsense", "nonsense"),
    ):
        job = ended(enqueue(path))
        assert job.status == JobStatus.FAILED
        assert reason in str(job.exc_info)


def test_the_worker_s_record_says_who_it_is_and_what_it_does(
    bench: Project, bench_store: JobStore, tmp_path: Path
) -> None:
    def record() -> Any:
        (found,) = bench_store.workers.all()
        return found

    def record_from_now_on() -> Any:
        now = time.time()
        wait_until(lambda: record().last_heartbeat > now, what="its next sign of life")
        return record()

    before = record_from_now_on()
    assert (before.pid, before.processes) == (bench.processes[0].pid, 1)
    assert before.queues == ("short", "default", "long")
    assert before.hostname == os.uname().nodename
    assert before.name.startswith("w0@")
    until = tmp_path / "go on"
    job = enqueue("myapp.core.work", text="job", until=str(until))
    wait_until(lambda: record().current_job == job.run_id, what="the job is known to run")
    assert record().state == "busy"
    until.touch()
    assert ended(job).worker_name == before.name
    assert ended(enqueue("myapp.core.fail")).status == JobStatus.FAILED
    after = record_from_now_on()
    assert (after.state, after.current_job) == ("idle", None)
    assert (after.successful, after.failed) == (before.successful + 1, before.failed + 1)
    assert after.total_working_time > before.total_working_time
    assert after.birth == before.birth
    assert after.last_heartbeat > before.last_heartbeat


def test_a_worker_without_a_sign_of_life_is_not_shown(bench_store: JobStore) -> None:
    (living,) = bench_store.workers.all()
    bench_store.workers.write(replace(living, name="dead@there"))
    assert len(bench_store.workers.all()) == 2
    bench_store.client.zadd(bench_store.keys.workers, {"dead@there": 1})
    assert bench_store.workers.all()[0].name == living.name
    bench_store.client.delete(bench_store.keys.worker("dead@there"))
