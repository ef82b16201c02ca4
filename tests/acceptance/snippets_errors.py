"""Sections 6, 10 and 12 of the research document: errors, best practices, anti-patterns."""

from __future__ import annotations

import ast
import time

import frappe

from tests.acceptance.desk import PRELUDE, USER, Desk, notes, signed_in
from tests.acceptance.research import Source
from tests.acceptance.snippets import snippet
from tests.project import Project
from tests.waiting import wait_until

RECORDS = ["first", "bad", "last"]


def named(*names: str) -> list[frappe._dict]:
    """Records as documents have them: with a name."""
    return [frappe._dict(name=name) for name in names]


# -- section 6


@snippet("Correct Error Handling Pattern", "error_handling")
def the_good_records_are_kept_and_the_bad_one_is_logged(source: Source, desk: Desk) -> None:
    from myapp.tasks import process_single

    process_records = desk.run(source, process_single=process_single)["process_records"]
    job = desk.ended(frappe.enqueue(process_records, records=RECORDS, notify_user=True))
    assert job.is_finished
    assert desk.todos() == ["first", "last"]
    logged = desk.error_logs()
    assert list(logged) == ["Process Error for bad"]
    assert "ValueError: bad cannot be processed" in logged["Process Error for bad"]
    event = desk.event("show_alert")
    assert event["message"] == {"message": "Processing complete", "indicator": "green"}
    assert event["room"] == f"user:{USER}"


@snippet("frappe.log_error", "log_error")
def log_error_writes_error_logs(source: Source, desk: Desk) -> None:
    assert desk.run_in_worker(source).is_finished
    logged = desk.error_logs()
    assert set(logged) == {"Background Job Error", "Process Failed"}
    assert logged["Background Job Error"] == "Error processing record"


@snippet("frappe.log_error", "log_error")
def log_error_writes_the_traceback(source: Source, desk: Desk) -> None:
    while_handling = Source(
        "try:\n    1 / 0\nexcept ZeroDivisionError:\n"
        + "".join(f"    {line}\n" for line in source.code().splitlines())
    )
    assert desk.run_in_worker(while_handling).is_finished
    assert "ZeroDivisionError: division by zero" in desk.error_logs()["Process Failed"]


# -- section 10


@snippet("DO's", "dos")
def the_best_practices_work(source: Source, desk: Desk) -> None:
    from myapp.tasks import process_named

    job = desk.run_in_worker(
        source,
        dots="myapp.tasks.process",
        records=named("first", "bad", "last"),
        process=process_named,
        doc=named("DOC-0001")[0],
        error="no stock",
    )
    assert job.is_finished
    heavy, imported = [other for other in desk.all_ended() if other != job]
    assert heavy.queue == "long"
    assert imported.id == f"{desk.site}::import::DOC-0001"
    assert [note.queue for note in desk.notes("process")] == ["default", "long"]
    assert desk.todos() == ["first", "last"]
    logged = desk.error_logs()
    assert "Failed for last: no stock" in logged
    assert any("bad cannot be processed" in text for text in logged.values())
    assert desk.event("show_alert")["message"] == {"message": "Done!"}


@snippet("DON'Ts", "donts")
def what_is_not_recommended_works_too(source: Source, desk: Desk) -> None:
    from myapp.tasks import heavy_processing

    ran = desk.run(source, dots="myapp.tasks.process", heavy_processing=heavy_processing)
    (job,) = desk.all_ended()
    assert (job.job_name, job.is_finished) == ("my-job", True)
    assert desk.ended(frappe.enqueue(ran["quick_task"])).is_finished
    ran["api_handler"]()
    assert desk.notes("heavy_processing")[0].queue is None, "it ran here, not in a worker"


# -- section 12; its first snippet is in snippets_schedule.py


@snippet("❌ Infinite retry zonder backoff", "infinite_retry")
def an_endless_retry_lets_other_jobs_run_and_ends_when_it_can(
    source: Source, app_project: Project
) -> None:
    app_project.write("myapp/__init__.py", PRELUDE + source.code())
    app_project.worker()
    tries = lambda: [n.what for n in notes(app_project)].count("external_api")  # noqa: E731
    with signed_in(app_project.site):
        frappe.enqueue("myapp.task_with_retry")
        wait_until(lambda: tries() > 3)
        other = frappe.enqueue("myapp.tasks.process_data", customer="CUST-001")
        wait_until(lambda: other.is_finished, what="another job ran meanwhile")
        so_far = tries()
        wait_until(lambda: tries() > so_far)
        app_project.write(f"sites/{app_project.site}/api_is_up", "")
        statuses = lambda: {j.status for j in frappe.get_all("RQ Job", fields=["status"])}  # noqa: E731
        wait_until(lambda: not statuses() & {"queued", "started"})
        assert "failed" not in statuses()
        ended = {job.name: job for job in frappe.get_all("RQ Job", fields=["name", "status"])}
        assert len(ended) == tries() + 1


@snippet("❌ Geen error handling", "no_error_handling")
def without_error_handling_the_whole_batch_is_undone(source: Source, desk: Desk) -> None:
    from myapp.tasks import process_single

    wrong, _right = source.tree.body
    process_all = desk.run(Source(ast.unparse(wrong)), process=process_single)["process_all"]
    job = desk.ended(frappe.enqueue(process_all, records=RECORDS))
    assert job.is_failed
    assert desk.todos() == []
    assert "bad cannot be processed" in "".join(desk.error_logs().values())


@snippet("❌ Geen error handling", "no_error_handling")
def with_it_the_others_are_kept_and_the_error_is_logged(source: Source, desk: Desk) -> None:
    from myapp.tasks import process_single

    process_all = desk.run(source, process=process_single)["process_all"]
    assert desk.ended(frappe.enqueue(process_all, records=RECORDS)).is_finished
    assert desk.todos() == ["first", "last"]
    # Frappe's Error Log is outside the transaction: the rollback after log_error keeps it
    assert "bad cannot be processed" in "".join(desk.error_logs().values())


@snippet("❌ Blocking wait op job completion", "blocking_wait")
def waiting_ends_and_the_event_comes_by_itself(source: Source, desk: Desk) -> None:
    ran = desk.run(source, time=time)
    assert ran["job"].is_finished, "the loop waited for it"
    assert desk.event("task_done")["message"] == {}
    desk.all_ended()
    assert len(desk.notes("heavy_task")) == 2
