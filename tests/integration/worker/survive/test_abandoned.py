"""What follows when the process that ran a job dies: failed, told, logged; or run again."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

import frappe_celery
from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStatus, JobStore, hosts
from frappe_celery.worker import abandoned
from frappe_celery.worker.reaper import reap
from tests.brokers import both_brokers
from tests.integration.benches import ended, worker
from tests.integration.stores import started, take
from tests.integration.worker.test_worker_death import held, pool_process, waits_for, working
from tests.project import Project
from tests.waiting import HANG_SECONDS, wait_until

TOLD = "told site1.localhost Administrator {} AbandonedJobError"


def error_logs(project: Project) -> list[Any]:
    with hosts.current().in_site(project.site, "Administrator"):
        import frappe

        return list(frappe.get_all("Error Log", fields=["method", "error"]))


def assert_all_followed(project: Project, store: JobStore, method: str) -> None:
    """The callback was called in the job's site, an Error Log written, and nothing is left."""
    wait_until(
        lambda: TOLD.format(method) in project.effects(), HANG_SECONDS, "the callback is called"
    )
    (row,) = error_logs(project)
    assert row.method == method
    assert row.error.startswith("AbandonedJobError: ")
    assert project.effects().count(TOLD.format(method)) == 1
    wait_until(lambda: not held(store), HANG_SECONDS, "nothing is held")
    assert [job.method for job in store.page(statuses=[JobStatus.FAILED])] == [method]


@pytest.fixture
def logged(bench: Project, shared: JobStore) -> JobStore:
    """The same as `shared`, and an Error Log without rows."""
    with hosts.current().in_site(bench.site, "Administrator"):
        import frappe

        frappe.db.delete("Error Log")
        frappe.db.commit()
    return shared


# -- not idempotent


def test_a_death_that_two_workers_settle_is_followed_once(
    project: Project, store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slower one goes on where what follows has ended already."""
    job = enqueue("myapp.core.record", on_failure="myapp.core.nightly")
    assert take(store) == job.run_id
    after_death = abandoned.reruns.after_death

    def slowly(message: Any) -> Any:
        monkeypatch.setattr(abandoned.reruns, "after_death", after_death)
        abandoned.end_or_repeat(store, job.run_id, "its worker is gone")
        follows = started(store)
        abandoned.aftermath(store.fetch_run(follows))
        store.finish(follows, None)
        return after_death(message)

    monkeypatch.setattr(abandoned.reruns, "after_death", slowly)
    abandoned.end_or_repeat(store, job.run_id, "its worker is gone")
    assert take(store) is None
    assert project.effects() == ["nightly"]


@both_brokers
def test_a_killed_pool_process_fails_its_job_and_all_that_follows_happens(
    bench: Project, logged: JobStore
) -> None:
    job = ended(enqueue("myapp.survive.die", on_failure="myapp.survive.told"))
    assert job.status == JobStatus.FAILED
    assert str(job.exc_info).startswith("AbandonedJobError: its process died: ")
    assert_all_followed(bench, logged, "myapp.survive.die")
    assert ended(enqueue("myapp.core.record")).status == JobStatus.FINISHED
    assert bench.effects()[0] == "dies"


@both_brokers
def test_a_killed_worker_s_job_is_failed_within_15_s_by_a_worker_of_another_queue(
    project: Project, store: JobStore, tmp_path: Path
) -> None:
    """Nobody consumes the job's own queue any more; who reaps sees to what follows."""
    process = worker(project, "-Q", "long")
    job = enqueue(
        "myapp.survive.work",
        queue="long",
        text="job",
        until=str(tmp_path / "never"),
        on_failure="myapp.survive.told",
    )
    working(project)
    other = worker(project, "-Q", "short")
    process.kill()
    wait_until(lambda: job.is_failed, HANG_SECONDS, "it is failed")
    assert "no sign of life" in str(job.exc_info)
    assert_all_followed(project, store, "myapp.survive.work")
    assert other.popen.poll() is None


@both_brokers
def test_a_worker_that_stands_still_loses_its_job_and_cannot_undo_that(
    project: Project, store: JobStore, tmp_path: Path
) -> None:
    """SIGSTOP of the worker and its child; SIGCONT once its job has been failed."""
    until = tmp_path / "go on"
    process = worker(project)
    run = waits_for(until)
    working(project)
    child = pool_process(process)
    os.kill(process.pid, signal.SIGSTOP)
    child.suspend()
    worker(project)
    job = store.fetch_run(run)
    wait_until(lambda: job.is_failed, HANG_SECONDS, "it is failed")
    until.touch()
    child.resume()
    os.kill(process.pid, signal.SIGCONT)
    wait_until(lambda: "job ended" in project.effects(), what="its code returns all the same")
    assert ended(enqueue("myapp.core.record")).status == JobStatus.FINISHED
    assert job.get_status() == JobStatus.FAILED
    assert project.effects().count("job started") == 1


def test_a_broken_callback_shows_as_a_failed_job_of_its_own(
    bench: Project, shared: JobStore
) -> None:
    ended(enqueue("myapp.survive.die", on_failure="myapp.survive.told_and_fails"))
    wait_until(lambda: shared.counts()[JobStatus.FAILED] == 2, what="the callback has failed")
    newest = shared.page(statuses=[JobStatus.FAILED])[0]
    assert newest.job_name == "aftermath of myapp.survive.die"
    assert "the callback is broken" in str(newest.exc_info)
    assert bench.effects() == ["dies", "told"]


def test_the_aftermath_s_own_death_is_survived(bench: Project, shared: JobStore) -> None:
    """The process dies while the callback runs: it is called once more."""
    ended(enqueue("myapp.survive.die", on_failure="myapp.survive.told_at_second"))
    wait_until(lambda: "told" in bench.effects(), what="the callback has ended")
    assert bench.effects() == ["dies", "is told", "is told", "told"]
    wait_until(lambda: not held(shared), what="nothing is held")
    assert shared.counts()[JobStatus.QUEUED] == shared.counts()[JobStatus.STARTED] == 0


# -- idempotent


def test_idempotent_by_call_runs_again_after_its_death(bench: Project, logged: JobStore) -> None:
    asked = frappe_celery.options(idempotent=True)
    job = asked.enqueue("myapp.survive.die_once", job_id="x", on_failure="myapp.survive.told")
    again = ended(logged.fetch(job.id))
    assert again.status == JobStatus.FINISHED
    first = next(logged.read([job.first_run]))
    assert first is not None
    assert first.status == JobStatus.FAILED
    assert f"It is run again, as run {again.run_id}, delivery 2 of 3" in str(first.exc_info)
    assert bench.effects() == ["job started", "job started", "job ended"]
    assert (again.site, again.user, again.id) == (first.site, first.user, first.id)
    assert error_logs(bench) == []
    again.delete()
    assert logged.find(job.id) is None, "the job is gone, and has not failed"


def test_idempotent_by_decorator_runs_again_though_its_caller_knows_nothing_of_it(
    bench: Project, shared: JobStore
) -> None:
    job = enqueue("myapp.survive.declared_die_once")
    assert ended(job).status == JobStatus.FINISHED
    assert shared.fetch_run(job.first_run).status == JobStatus.FAILED
    assert bench.effects() == ["job started", "job started", "job ended"]
    assert_no(job, frappe_celery.options(idempotent=False), bench, shared)


def assert_no(job: Any, asked: Any, project: Project, store: JobStore) -> None:
    """A call's own word wins over the method's."""
    once = asked.enqueue("myapp.survive.declared_die_once", text="once")
    assert ended(once).status == JobStatus.FAILED
    assert store.fetch(once.id).run_id == once.run_id
    assert project.effects().count("once started") == 1


@both_brokers
def test_idempotent_by_queue_and_by_the_death_of_the_whole_worker(
    project: Project, store: JobStore, tmp_path: Path
) -> None:
    project.configure(workers={"sync": {"idempotent": True}})
    frappe_celery.config.settings.use(None)
    process = worker(project, "-Q", "sync")
    job = enqueue("myapp.core.work", queue="sync", text="job", until=str(tmp_path / "go on"))
    working(project)
    process.kill()
    assert reap(store, dead_after=0) == [job.run_id]
    worker(project, "-Q", "sync")
    wait_until(lambda: project.effects().count("job started") == 2, what="it runs again")
    (tmp_path / "go on").touch()
    assert ended(store.fetch(job.id)).status == JobStatus.FINISHED


@both_brokers
def test_one_that_kills_its_process_each_time_is_poison(bench: Project, logged: JobStore) -> None:
    job = enqueue("myapp.survive.declared_die", on_failure="myapp.survive.told")
    wait_until(lambda: bench.effects().count("dies") == 2, what="it is delivered twice")
    last = ended(logged.fetch(job.id))
    assert last.status == JobStatus.FAILED
    assert "Poison: its process died each of the 2 times" in str(last.exc_info)
    told = TOLD.format("myapp.survive.declared_die")
    wait_until(lambda: told in bench.effects(), what="the callback is called")
    assert ended(enqueue("myapp.core.record")).status == JobStatus.FINISHED
    assert bench.effects() == ["dies", "dies", told, "ran"]
    (row,) = error_logs(bench)
    assert "Poison" in row.error
