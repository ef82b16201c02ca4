"""Limits and pauses with real workers, each of whose pools takes jobs in its own way."""

from __future__ import annotations

import time

import pytest

from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.jobs.limits.rules import Limits, Rule
from tests.integration.benches import all_ended, ended, inside, worker
from tests.integration.worker.limited import (
    DECLARED,
    METHOD,
    enqueue_some,
    most_at_once,
    write_limited,
)
from tests.project import Project
from tests.waiting import wait_until


@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_no_more_run_at_once_than_the_limit(
    project: Project, pool_store: JobStore, pool: str
) -> None:
    write_limited(project)
    Limits(pool_store).change(f"method:{METHOD}", running=2)
    jobs = enqueue_some(30)
    other = enqueue("myapp.limited.other")
    worker(project, "-c", "6", "--pool", pool)
    assert all_ended([*jobs, other]) == [JobStatus.FINISHED] * 31
    assert most_at_once(project) == 2
    assert project.effects().index("other") < len(project.effects()) // 2


def test_processes_that_die_leak_no_slot(project: Project, pool_store: JobStore) -> None:
    write_limited(project)
    Limits(pool_store).change("method:myapp.limited.*", running=1)
    jobs = [enqueue("myapp.limited.die") for _ in range(3)]
    last = enqueue(METHOD)
    worker(project, "-c", "3")
    assert all_ended(jobs) == [JobStatus.FAILED] * 3
    assert ended(last).status == JobStatus.FINISHED
    assert Limits(pool_store).all()[0].running == 0


def test_a_limit_of_the_configuration_holds_from_the_workers_start(project: Project) -> None:
    write_limited(project)
    project.configure(frappe_celery_limits={f"method:{METHOD}": {"running": 1}})
    with inside(project):
        jobs = enqueue_some(8)
        worker(project, "-c", "4")
        assert all_ended(jobs) == [JobStatus.FINISHED] * 8
    assert most_at_once(project) == 1


def test_what_a_decorator_says_holds_once_a_worker_has_met_it_and_while_it_says_so(
    project: Project, pool_store: JobStore
) -> None:
    method, limits = "myapp.declared.short", Limits(pool_store)
    write_limited(project)
    project.write("myapp/declared.py", DECLARED)
    process = worker(project, "-c", "4")
    assert ended(enqueue(method)).status == JobStatus.FINISHED
    (limit,) = limits.all()
    assert (limit.target, limit.rule, limit.said_by) == (
        *(f"method:{method}", Rule(running=1)),
        ("decorator",),
    )
    assert all_ended([enqueue(method) for _ in range(8)]) == [JobStatus.FINISHED] * 8
    assert most_at_once(project) == 1
    limits.pause("key:shop")
    kept = enqueue(method)
    wait_until(lambda: limits.kept_back() == {"key:shop": 1})
    limits.resume("key:shop")
    ended(kept)

    process.stop()
    project.write("myapp/declared.py", DECLARED.replace("@options", "# "))
    worker(project)
    for _ in range(2):  # which it has not imported before the first one
        ended(enqueue(method))
    assert limits.all() == []


def test_a_wrong_limit_of_the_configuration_is_said_and_jobs_run(project: Project) -> None:
    write_limited(project)
    project.configure(frappe_celery_limits={f"method:{METHOD}": {"runing": 1}})
    with inside(project):
        process = worker(project)
        process.wait_for("limits stay as they were: frappe_celery_limits[")
        assert ended(enqueue(METHOD)).status == JobStatus.FINISHED


def test_idle_processes_begin_when_a_pause_ends_and_when_somebody_resumes(
    project: Project, pool_store: JobStore
) -> None:
    write_limited(project)
    limits = Limits(pool_store)
    worker(project, "-c", "2")
    limits.pause("queue:default")
    limits.pause(f"method:{METHOD}", 2)
    jobs = enqueue_some(3)
    paused = enqueue("myapp.limited.other", queue="short")
    assert ended(paused).status == JobStatus.FINISHED
    wait_until(lambda: len(limits.paused()) == 1)
    assert {job.get_status() for job in jobs} == {JobStatus.QUEUED}
    limits.resume("queue:default")
    assert all_ended(jobs) == [JobStatus.FINISHED] * 3


def test_idle_processes_begin_soon_after_a_queues_pause_is_over(
    project: Project, pool_store: JobStore
) -> None:
    write_limited(project)
    process = worker(project, "-c", "2")
    process.wait_for(" ready.")
    until = Limits(pool_store).pause("queue:default", 1.5)
    ended(enqueue(METHOD), 6)  # well before an idle process looks of itself
    assert time.time() > until


def test_a_burst_worker_leaves_nothing_of_what_was_resumed(
    project: Project, pool_store: JobStore
) -> None:
    write_limited(project)
    limits = Limits(pool_store)
    limits.change("method:myapp.*", running=2)
    limits.pause("method:myapp.limited.other")
    jobs = [enqueue("myapp.limited.other") for _ in range(230)]
    assert worker(project, "--burst").wait() == 0
    assert limits.kept_back() == {"method:myapp.limited.other": 230}
    limits.resume("method:myapp.limited.other")
    assert worker(project, "--burst", "-c", "3").wait() == 0
    assert {job.get_status() for job in jobs} == {JobStatus.FINISHED}


def test_a_burst_worker_ends_though_something_is_kept_back(
    project: Project, pool_store: JobStore
) -> None:
    write_limited(project)
    Limits(pool_store).pause(f"method:{METHOD}")
    kept, other = enqueue_some(1)[0], enqueue("myapp.limited.other")
    assert worker(project, "--burst").wait() == 0
    assert (kept.get_status(), other.get_status()) == (JobStatus.QUEUED, JobStatus.FINISHED)
