"""Jobs that wait for others, run by real workers, which are killed too: none lost, none twice."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from frappe_celery import Dependency, Retry, batch, enqueue_many, options
from frappe_celery.enqueue_shim import enqueue
from frappe_celery.errors import CannotTravel, ConfigError, NoSuchJob
from frappe_celery.jobs import Job, JobStatus, JobStore
from frappe_celery.jobs.hosts import current as host
from tests.brokers import both_brokers
from tests.integration.benches import all_ended, ended, kill_workers, still, worker
from tests.integration.stores import queued, waiting
from tests.project import Process, Project
from tests.waiting import wait_until

RECORD, FAIL = "myapp.core.record", "myapp.core.fail"


def after(*jobs: Any, text: str = "ran", allow_failure: bool = False, **given: Any) -> Job:
    dependency = Dependency([*jobs], allow_failure=allow_failure)
    return options(depends_on=dependency).enqueue(RECORD, text=text, **given)


@both_brokers
def test_one_after_another_and_a_diamond(bench: Project, living: Process, shared: JobStore) -> None:
    with still(living):
        first = enqueue(RECORD, text="first")
        left, right = after(first, text="left"), after(first, text="right", queue="long")
        last = options(depends_on=[left, right.id]).enqueue("myapp.survive.results")
        assert [job.status for job in (left, right, last)] == [JobStatus.DEFERRED] * 3
    assert last.wait(30) == JobStatus.FINISHED
    assert last.result == ["left", "right"]
    effects = bench.effects()
    assert (effects[0], sorted(effects[1:])) == ("first", ["left", "right"])


@both_brokers
def test_it_waits_for_all_repetitions_of_what_it_depends_on(
    bench: Project, living: Process, shared: JobStore
) -> None:
    with still(living):
        asked = options(retry=Retry(max=5, delay=0.1, jitter=0))
        first = asked.enqueue("myapp.survive.fail_times", times=2)
        second = after(first, text="after all")
    assert second.wait(30) == JobStatus.FINISHED
    assert [effect.split()[0] for effect in bench.effects()] == ["attempt"] * 3 + ["after"]


@both_brokers
def test_what_fails_for_good_cancels_what_follows_with_its_reason(
    bench: Project, living: Process, shared: JobStore
) -> None:
    with still(living):
        first = options(retry=Retry(max=1, delay=0.1)).enqueue(FAIL)
        second = after(first, text="second")
        third = after(second, text="third")
        anyway = after(first, third, text="anyway", allow_failure=True)
    assert anyway.wait(30) == JobStatus.FINISHED
    assert [second.get_status(), third.get_status()] == [JobStatus.CANCELED] * 2
    reason = f"canceled, since job {first.id}, which it depends on, failed"
    assert {second.exc_info, third.exc_info} == {reason}
    assert bench.effects() == ["anyway"]


@both_brokers
def test_a_requeue_that_succeeds_brings_back_what_its_failure_canceled(
    bench: Project, living: Process, shared: JobStore
) -> None:
    with still(living):
        first = enqueue("myapp.survive.fail_until", until=str(bench.root / "mended"))
        second = after(first, text="second")
        third = after(second, text="third")
    assert all_ended([first, second, third])[1:] == [JobStatus.CANCELED] * 2
    bench.write("mended", "")
    first.requeue()
    assert ended(first).status == JobStatus.FINISHED
    assert second.get_status() == JobStatus.CANCELED
    first.requeue(dependants=True)
    wait_until(lambda: bench.effects() == ["second", "third"], what="both run")
    assert all_ended([second, third]) == [JobStatus.FINISHED] * 2


@both_brokers
@pytest.mark.timeout(240)
def test_workers_that_are_killed_at_any_moment(project: Project, store: JobStore) -> None:
    """Also between a job's end and the beginning of what depends on it."""
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance, jobs = random.Random(seed), list[Job]()
    before: dict[str, list[Job]] = {}
    for number in range(60):
        some = chance.sample(jobs[-12:], min(len(jobs[-12:]), chance.randrange(3)))
        asked = options(depends_on=some, idempotent=chance.random() < 0.3 or None)
        jobs.append(asked.enqueue(RECORD, text=f"job {number}", job_id=f"job {number}"))
        before[jobs[-1].id] = some
    kill_workers(project, chance)
    statuses = dict(zip(before, all_ended(jobs, 120), strict=True))
    ran = Counter(project.effects())
    for number, job in enumerate(jobs):
        status, needed = statuses[job.id], [statuses[one.id] for one in before[job.id]]
        if status == JobStatus.CANCELED:
            assert "which it depends on" in str(job.exc_info)
            assert {*needed} != {JobStatus.FINISHED}
            assert not ran[f"job {number}"]
        else:
            assert {*needed} <= {JobStatus.FINISHED}
            assert ran[f"job {number}"] == 1 or job.opened.max_deliveries or status == "failed"
    assert statuses[jobs[-1].id] in (JobStatus.FINISHED, JobStatus.FAILED, JobStatus.CANCELED)


def test_deduplicate_and_the_quota_count_what_waits_for_others(store: JobStore) -> None:
    first = enqueue(RECORD)
    asked = options(depends_on=first)
    assert asked.enqueue(RECORD, job_id="x", deduplicate=True) is not None
    assert asked.enqueue(RECORD, job_id="x", deduplicate=True) is None
    assert enqueue(RECORD, job_id="x", deduplicate=True) is None


def test_an_empty_list_waits_for_nothing(store: JobStore) -> None:
    job = options(depends_on=[]).enqueue(RECORD)
    assert job.status == JobStatus.QUEUED
    assert waiting(store) == [job.run_id]


def test_any_iterable_is_read_once(store: JobStore) -> None:
    jobs = [enqueue(RECORD), enqueue(RECORD)]
    for some in (iter(jobs), (job.id for job in jobs), map(str, [job.id for job in jobs]), {*jobs}):
        asked = options(depends_on=some)
        for _ in range(2):
            assert sorted(asked.enqueue(RECORD).dependency_ids) == sorted(job.id for job in jobs)
    assert options(depends_on=filter(None, [])).enqueue(RECORD).status == JobStatus.QUEUED
    with batch("Close") as b:
        third = b.options(depends_on=(job for job in jobs)).enqueue(RECORD)
    third.refresh()
    assert sorted(third.dependency_ids) == sorted(job.id for job in jobs)


def test_what_cannot_be_waited_for_is_refused(store: JobStore) -> None:
    job = enqueue(RECORD, job_id="a")
    other = queued(store, "a", id="other.localhost::a", site="other.localhost")
    for bad, said in {
        3: "depends_on holds 3: give jobs, ids of jobs",
        None: r"holds None, which enqueue returns of a duplicate \(give its job_id\) and of what"
        r" is enqueued after commit \(for that nothing can wait before the commit: enqueue both in"
        r" a batch\(…, enqueue_after_commit=True\)\)",
        "": "depends_on holds ''",
        other: "of site other.localhost, and the new job is of site site1.localhost",
        other.id: "of site other.localhost",
    }.items():
        with pytest.raises(ConfigError, match=said):
            options(depends_on=[job, bad]).enqueue(RECORD)
    with pytest.raises(ConfigError, match="none waits for itself"):
        options(depends_on="a").enqueue(RECORD, job_id="a")
    with pytest.raises(NoSuchJob, match=r"'unknown', of which .* \(rq_results_ttl, 600 s"):
        options(depends_on="unknown").enqueue(RECORD)
    with pytest.raises(ConfigError, match="names 201 jobs, and a job may wait for 200"):
        options(depends_on=[enqueue(RECORD) for _ in range(201)]).enqueue(RECORD)
    for wrong in ({"now": True}, {"is_async": False}):
        with pytest.raises(ConfigError, match="leave out now=True"):
            options(depends_on=job).enqueue(RECORD, **wrong)  # type: ignore[call-overload]
    with pytest.raises(ConfigError, match="and this one has depends_on too: call enqueue instead"):
        options(depends_on=job).enqueue_in(60, RECORD)
    with pytest.raises(ConfigError, match="depends_on holds b'abc'"):
        options(depends_on=b"abc").enqueue(RECORD)
    with pytest.raises(ConfigError, match="said of one call, not of a method"):
        options(depends_on=job)(test_what_cannot_be_waited_for_is_refused)
    with pytest.raises(ConfigError, match="allow_failure is 'no'; it must be True or False"):
        Dependency(job, allow_failure="no")  # type: ignore[arg-type]


def test_a_time_and_a_batch_are_named_where_both_are_given(store: JobStore) -> None:
    job = enqueue(RECORD)
    with batch("Close") as b:
        with pytest.raises(ConfigError, match="this one has a batch too"):
            b.options().enqueue_in(60, RECORD)
        with pytest.raises(ConfigError, match="leave out depends_on and a batch"):
            b.options(depends_on=job).enqueue_in(60, RECORD)


def test_a_job_among_the_arguments_is_refused_with_the_way_out(
    project: Project, store: JobStore
) -> None:
    job = enqueue(RECORD)
    for pickles in (True, False):
        project.configure(frappe_celery_pickle=pickles)
        for given in (job, [job], Dependency(job)):
            with pytest.raises(CannotTravel, match=r"by options\(depends_on=…\)\.enqueue"):
                enqueue(RECORD, text="x", depends_on=given)
            with pytest.raises(CannotTravel, match=r"argument 'first'.*Pass job\.id"):
                enqueue(RECORD, first=given)
        with pytest.raises(CannotTravel, match=r"entries\[0\]: depends_on is no word of enqueue's"):
            enqueue_many(RECORD, [{"text": "x"}], depends_on=job)
    assert store.queue_length("default") == 1


def test_what_is_enqueued_after_commit_is_waited_for_in_a_batch(
    project: Project, store: JobStore
) -> None:
    import frappe

    with batch("Close", enqueue_after_commit=True) as b:
        first = b.enqueue(RECORD)
        second = b.options(depends_on=first).enqueue(RECORD)
    frappe.db.commit()
    assert first.id in store.fetch(second.id).dependency_ids


@both_brokers
def test_after_a_commit_with_the_outbox_and_encrypted(project: Project, store: JobStore) -> None:
    project.configure(frappe_celery_outbox=True, frappe_celery_encrypt=True)
    import frappe

    first = enqueue(RECORD, text="first", job_id="first")
    frappe.connect()
    frappe.db.set_default("was", "here")
    assert options(depends_on="first").enqueue(
        RECORD, text="second", job_id="second", enqueue_after_commit=True
    ) is None  # fmt: skip
    assert store.find(host().job_id("second", project.site)) is None
    frappe.db.commit()
    second = store.fetch(host().job_id("second", project.site))
    assert second.status == JobStatus.DEFERRED
    worker(project)
    assert all_ended([first, second]) == [JobStatus.FINISHED] * 2
    assert project.effects() == ["first", "second"]
