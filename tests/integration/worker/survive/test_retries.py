"""Jobs that raised are repeated, at most so often, after pauses that grow, as the same user."""

from __future__ import annotations

import time

import frappe_celery
from frappe_celery import Retry, batch
from frappe_celery.config import settings
from frappe_celery.enqueue_shim import enqueue, is_job_enqueued
from frappe_celery.jobs import JobStatus, JobStore, hosts
from frappe_celery.jobs.queue.scheduled import due_at
from frappe_celery.schedule.fire import enqueue_scheduled
from frappe_celery.schedule.sync import sync
from frappe_celery.watch import snapshot
from frappe_celery.worker.again import after_failure
from tests.brokers import both_brokers
from tests.integration.benches import ended, worker
from tests.integration.stores import queued
from tests.project import Project
from tests.waiting import wait_until


def runs_under(store: JobStore, job_id: str) -> list[str]:
    """Oldest first."""
    job = store.fetch(job_id)
    return [run.run_id for run in (*job.attempts, job)]


@both_brokers
def test_a_call_s_retry_repeats_until_it_succeeds_as_the_same_user_on_the_same_site(
    bench: Project, shared: JobStore
) -> None:
    with hosts.current().in_site(bench.site, "guest@example.com"):
        asked = frappe_celery.options(retry=Retry(max=5, delay=0.1, jitter=0))
        job = asked.enqueue("myapp.survive.fail_times", times=2, job_id="sync")
    assert job.wait(30) == JobStatus.FINISHED
    assert job.result == "at last"
    assert bench.effects() == ["attempt site1.localhost guest@example.com"] * 3
    runs = [shared.fetch_run(run) for run in runs_under(shared, job.id)]
    assert [run.status for run in runs] == [JobStatus.FAILED] * 2 + [JobStatus.FINISHED]
    assert "ValueError: not yet" in str(runs[0].exc_info)
    assert f"It is run again, as run {runs[1].run_id}; 4 more after that" in str(runs[0].exc_info)
    starts = [run.started_at for run in runs]
    assert (starts[1] - starts[0]).total_seconds() > 0.1  # type: ignore[operator]
    assert (starts[2] - starts[1]).total_seconds() > 0.2  # type: ignore[operator]


@both_brokers
def test_of_100_jobs_50_are_tried_four_times_and_100_have_failed(
    bench: Project, shared: JobStore
) -> None:
    before = sum(place.attempts for place in snapshot.take(shared, 3600).places)
    thrice, never = Retry(max=3, delay=0.01, jitter=0), Retry(max=0)
    fail = {"method": "myapp.survive.fail_times", "times": 9999}
    with batch("Nightly") as nightly:
        jobs = [nightly.options(retry=one).enqueue(**fail) for one in (thrice, never) * 10]
    jobs += [frappe_celery.options(retry=one).enqueue(**fail) for one in (thrice, never) * 40]
    then = [
        frappe_celery.options(depends_on=job).enqueue("myapp.core.record") for job in jobs[:90:9]
    ]
    wait_until(lambda: shared.counts()[JobStatus.FAILED] == 100, 120, "all have failed")
    wait_until(lambda: nightly.state().failed == 20, what="its batch counts them")

    assert {job.get_status() for job in then} == {JobStatus.CANCELED}
    numbers = {status: number for status, number in shared.counts().items() if number}
    assert numbers == {JobStatus.FAILED: 100, JobStatus.CANCELED: 10}
    assert len(shared.page(statuses=[JobStatus.FAILED], length=-1)) == 100
    assert [len(shared.fetch(job.id).attempts) for job in jobs] == [3, 0] * 50
    (place,) = snapshot.take(shared, 3600).places
    assert (place.failed, place.failed_lately, place.attempts - before) == (100, 100, 150)
    assert len(bench.effects()) == 250


def test_a_retry_is_due_after_its_pause_though_its_caller_s_clock_was_an_hour_ahead(
    project: Project, store: JobStore
) -> None:
    repeated = {"retries": 1, "backoff": {"pauses": [10]}}
    message = store.fetch_run(
        queued(store, enqueued_at=time.time() + 3600, **repeated).run_id
    ).opened
    following = after_failure(message, 1)
    assert following is not None
    assert store.client.zscore(store.keys.scheduled, following.run) < store.now() + 15


def test_retries_end_in_a_failure_that_is_final(bench: Project, shared: JobStore) -> None:
    job = enqueue("myapp.survive.declared_fail_times", times=99)
    wait_until(lambda: len(bench.effects()) == 3, what="all attempts are made")
    wait_until(lambda: shared.fetch(job.id).is_failed, what="the last one is failed")
    assert "run again" not in str(shared.fetch(job.id).exc_info)
    assert not shared.is_active(job.id)
    assert ended(enqueue("myapp.core.record")).status == JobStatus.FINISHED
    assert len(bench.effects()) == 3 + 1
    once = frappe_celery.options(retry=0).enqueue(
        "myapp.survive.declared_fail_times", times=99, text="once"
    )
    assert ended(once).status == JobStatus.FAILED
    assert shared.fetch(once.id).run_id == once.run_id


def test_a_retry_that_waits_is_scheduled_and_survives_the_death_of_its_worker(
    project: Project, store: JobStore
) -> None:
    process = worker(project)
    asked = frappe_celery.options(retry=Retry(max=1, delay=3600, jitter=0))
    job = asked.enqueue("myapp.survive.fail_times", times=1, job_id="sync", queue="short")
    wait_until(lambda: store.fetch_run(job.first_run).is_scheduled, what="its repetition waits")
    waits = store.fetch(job.id)
    wait_until(lambda: len(waits.attempts) == 1, what="the first attempt has failed")
    assert store.counts()[JobStatus.FAILED] == 0
    due = due_at(waits)
    assert due is not None
    assert 3590 < (due - waits.created_at).total_seconds() <= 3601
    assert is_job_enqueued("sync")
    duplicate = enqueue("myapp.core.record", job_id="sync", deduplicate=True)
    assert duplicate is None
    process.kill()
    store.client.zadd(store.keys.scheduled, {waits.run_id: 1})  # an hour later
    worker(project)
    assert ended(waits).status == JobStatus.FINISHED
    assert waits.result == "at last"
    assert (waits.user, waits.site, waits.queue) == (job.user, job.site, "short")
    assert len(project.effects()) == 2


def test_a_failure_says_once_more_what_the_job_was_told_to_call(
    bench: Project, shared: JobStore
) -> None:
    """on_failure is called for each attempt, as RQ does."""
    asked = frappe_celery.options(retry=Retry(max=1, delay=0))
    job = asked.enqueue("myapp.core.fail", on_failure="myapp.survive.told")
    told = "told site1.localhost Administrator myapp.core.fail ValueError"
    wait_until(lambda: bench.effects().count(told) == 2, what="both are told")
    wait_until(lambda: shared.fetch(job.id).is_failed, what="it ends")
    assert (shared.counts()[JobStatus.FAILED], len(shared.fetch(job.id).attempts)) == (1, 1)


def test_the_configuration_repeats_by_queue_and_by_pattern_and_a_call_overrides_it(
    project: Project, store: JobStore
) -> None:
    soon = {"max": 2, "delay": 0.05, "jitter": 0}
    project.configure(
        workers={"sync": {"retry": soon}},
        frappe_celery_methods={"myapp.survive.fail_*": {"retry": soon}},
    )
    worker(project, "-Q", "default,sync")
    settings.use(None)
    by_queue = enqueue("myapp.core.fail", job_id="queue", queue="sync")
    by_pattern = enqueue("myapp.survive.fail_times", job_id="pattern", times=2)
    once = frappe_celery.options(retry=0).enqueue(
        "myapp.survive.fail_times", job_id="once", times=9, text="once"
    )
    more = frappe_celery.options(retry=Retry(max=3, delay=0)).enqueue(
        "myapp.survive.fail_times", job_id="more", times=3, text="more", queue="sync"
    )
    other = enqueue("myapp.core.fail", job_id="other")
    found = {}
    for job in (by_queue, by_pattern, once, more, other):
        wait_until(lambda job=job: not store.is_active(job.id), what=f"{job.id} is over")
        found[job.id.partition("::")[2]] = (
            len(runs_under(store, job.id)),
            store.fetch(job.id).is_finished,
        )
    assert found == {
        "queue": (3, False),
        "pattern": (3, True),
        "once": (1, False),
        "more": (4, True),
        "other": (1, False),
    }


def test_a_scheduled_method_is_repeated_though_frappe_catches_what_it_raises(
    project: Project, store: JobStore
) -> None:
    project.configure(
        frappe_celery_methods={"myapp.survive.flaky": {"retry": {"max": 5, "delay": 0}}}
    )
    project.write("myapp/hooks.py", 'scheduler_events = {"monthly": ["myapp.survive.flaky"]}\n')
    worker(project)
    settings.use(None)
    host = hosts.current()
    sync(host, settings.current(), project.site)
    (row,) = host.schedule_rows(project.site)
    job = enqueue_scheduled(row)
    assert job is not None
    wait_until(lambda: not store.is_active(job.id), what="it has succeeded at last")
    assert project.effects() == ["flaky"] * 3
    runs = [store.fetch_run(run) for run in runs_under(store, job.id)]
    assert [run.status for run in runs] == [JobStatus.FINISHED] * 3
    wait_until(lambda: store.counts()[JobStatus.FINISHED] == 1, what="each is one job")
