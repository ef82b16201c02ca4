"""A due entry becomes a job as Frappe makes it, and its due time is claimed in the same step."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from frappe_celery.config import settings
from frappe_celery.errors import UnknownQueue
from frappe_celery.jobs import Job, get_store
from frappe_celery.jobs.hosts import ScheduleRow
from frappe_celery.jobs.message import JobMessage
from frappe_celery.jobs.record.due_claim import AlreadyActedOn
from frappe_celery.schedule.fire import RUN_SCHEDULED_JOB, claim_of, enqueue_scheduled
from tests.project import Project
from tests.unit.schedule.memory_host import SITE, row, utc

ROW = row("myapp.tasks.report", "Daily Long", queue="long")
DUE = utc("2026-06-01 00:05")


def message(job: Job) -> JobMessage:
    store = get_store()
    return JobMessage.open(store.signer, store.message_of(job.run_id))


def act(entry: ScheduleRow, due: datetime) -> Job | None:
    return enqueue_scheduled(entry, claim_of(entry, due, 0, None))


def enqueue(entry: ScheduleRow, due: datetime) -> Job:
    job = act(entry, due)
    assert job is not None
    return job


def test_a_run_is_a_job_of_the_administrator_on_the_rows_site(project: Project) -> None:
    job = enqueue(ROW, DUE)
    sent = message(job)
    assert (sent.site, sent.user, sent.queue, sent.timeout) == (SITE, "Administrator", "long", 1500)
    assert (sent.method, sent.name) == (RUN_SCHEDULED_JOB, "myapp.tasks.report")
    assert get_store().fetch(f"{SITE}::scheduled_job::myapp.tasks.report") == job
    assert get_store().queue_length("long") == 1


@pytest.mark.parametrize(
    ("version", "job_id", "arguments"),
    [
        (14, "::scheduled_job::myapp.tasks.report", {"job_type": "myapp.tasks.report"}),
        (15, "::scheduled_job::myapp.tasks.report", {"job_type": "myapp.tasks.report"}),
        (
            16,
            "||scheduled_job||tasks.report",
            {"job_type": "myapp.tasks.report", "scheduled_job_type": "tasks.report"},
        ),
        (
            17,
            "||scheduled_job||tasks.report",
            {"job_type": "myapp.tasks.report", "scheduled_job_type": "tasks.report"},
        ),
    ],
)
def test_id_and_arguments_of_each_version(
    project: Project, version: int, job_id: str, arguments: dict[str, str]
) -> None:
    project.configure(frappe_version=version)
    settings.use(None)
    job = enqueue(ROW, DUE)
    assert job.id == SITE + job_id
    assert job.kwargs == arguments


def test_a_row_with_a_longer_name_is_found_by_it_in_v15_too(project: Project) -> None:
    job = enqueue(replace(ROW, name="myapp.tasks.report"), DUE)
    assert job.kwargs["scheduled_job_type"] == "myapp.tasks.report"


def test_a_due_time_is_acted_on_once_even_after_the_run(project: Project) -> None:
    job = enqueue(ROW, DUE)
    for due in (DUE, utc("2026-05-31 00:05")):
        with pytest.raises(AlreadyActedOn):
            act(ROW, due)
    get_store().start(job.run_id, "test")
    get_store().finish(job.run_id, None)
    with pytest.raises(AlreadyActedOn):
        act(ROW, DUE)
    assert enqueue(ROW, utc("2026-06-02 00:05")).run_id != job.run_id


def test_while_a_run_waits_or_runs_the_next_due_time_is_left_out_and_counts_as_acted_on(
    project: Project,
) -> None:
    job = enqueue(ROW, DUE)
    assert act(ROW, utc("2026-06-02 00:05")) is None
    get_store().start(job.run_id, "test")
    assert act(ROW, utc("2026-06-03 00:05")) is None
    get_store().finish(job.run_id, None)
    with pytest.raises(AlreadyActedOn):
        act(ROW, utc("2026-06-03 00:05"))


def test_another_entry_and_another_site_are_not_in_the_way(project: Project) -> None:
    other_site = replace(ROW, site="site2.localhost")
    other_entry = row("myapp.tasks.other", "Daily Long", queue="long")
    jobs = {enqueue(which, DUE).run_id for which in (ROW, other_site, other_entry)}
    assert len(jobs) == 3


def test_by_hand_it_runs_whatever_the_schedule_says_and_as_who_asked(project: Project) -> None:
    enqueue(ROW, DUE).delete()
    job = enqueue_scheduled(ROW, user="ann@example.com")
    assert job is not None
    assert message(job).user == "ann@example.com"
    assert enqueue_scheduled(ROW, user="ann@example.com") is None


def test_a_queue_that_the_bench_does_not_have(project: Project) -> None:
    with pytest.raises(UnknownQueue, match="'mials' is not"):
        act(replace(ROW, queue="mials"), DUE)
