"""One job of every kind, and how to tell that it ended as it should."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import frappe

from frappe_celery.jobs import Job, JobStatus


@dataclass
class Case:
    """One thing that the demo shows."""

    title: str
    expected: str
    jobs: list[Job] = field(default_factory=list)
    observe: Callable[[list[Job]], str] = lambda jobs: status_and_result(jobs[0])

    def happened(self) -> str:
        """What is to be seen now."""
        for job in self.jobs:
            job.refresh()
        return self.observe(self.jobs)

    @property
    def as_expected(self) -> bool:
        """Whether that is what was expected."""
        return self.happened() == self.expected


def status_and_result(job: Job) -> str:
    """`finished: <result>`, or `failed: <last line of the traceback>`."""
    if job.status == JobStatus.FINISHED:
        return f"finished: {job.result}"
    if job.status == JobStatus.FAILED:
        last_line = (job.exc_info or "").strip().splitlines()[-1]
        return f"failed: {last_line.partition(':')[0].rpartition('.')[2]}"
    return str(job.status)


PLAIN: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("a plain job", "{'tea': 6.0, 'coffee': 12.0}", "refresh_prices", {}),
    ("with arguments", "{'milk': 9.6}", "refresh_prices", {"factor": 1.2, "articles": ["milk"]}),
    (
        "on the long queue",
        "statistics of 90 days",
        "rebuild_statistics",
        {"queue": "long", "days": 90},
    ),
    ("on a custom queue", "orders.xlsx", "export_orders", {"queue": "exports", "format": "xlsx"}),
)


def enqueue_all() -> list[Case]:
    """Enqueue every kind of job; no worker runs yet, so that order and positions show."""
    cases = [
        *(
            Case(title, f"finished: {result}", [_job(function, **options)])
            for title, result, function, options in PLAIN
        ),
        _deduplicated(),
        _at_front(),
        _after_commit(),
        _after_rollback(),
        *_on_a_document(),
        _with_callback("a success callback", "note", "success: paid", text="paid"),
        _with_callback("a failure callback", "charge_card", "failure: ValidationError", amount=5),
        Case("one that fails", "failed: ValidationError", [_job("charge_card", amount=99)]),
        Case(
            "one that runs out of time",
            "failed: JobTimeoutException",
            [_job("wait_for_supplier", timeout=1)],
        ),
    ]
    frappe.cache.delete_value("ticks")
    cases.append(
        Case(
            "an `all` event that beat enqueues",
            "ran",
            observe=lambda jobs: "ran" if frappe.cache.get_value("ticks") else "not yet",
        )
    )
    return cases


def _job(function: str, **options: Any) -> Any:
    return frappe.enqueue(f"shop.tasks.{function}", **options)


def _deduplicated() -> Case:
    options = {"job_id": "import::orders", "deduplicate": True, "source": "orders.csv"}
    first, second = _job("import_orders", **options), _job("import_orders", **options)
    return Case(
        "deduplicated, enqueued twice",
        "finished: orders.csv; the second: None",
        [first],
        lambda jobs: f"{status_and_result(jobs[0])}; the second: {second}",
    )


def _at_front() -> Case:
    waiting = _job("note", queue="short", text="came first")
    ahead = _job("note", queue="short", at_front=True, text="goes first")

    def order(jobs: list[Job]) -> str:
        if not all(job.ended_at for job in jobs):
            return "waiting"
        return ", ".join(j.result for j in sorted(jobs, key=lambda j: j.started_at or j.created_at))

    return Case("at the front of its queue", "goes first, came first", [waiting, ahead], order)


def _after_commit() -> Case:
    frappe.enqueue("shop.tasks.note", job_id="committed", enqueue_after_commit=True, text="paid")
    before = frappe.utils.background_jobs.get_job("committed")
    frappe.db.commit()
    job = frappe.utils.background_jobs.get_job("committed")
    return Case(
        "after commit",
        "before: None, then finished: paid",
        [job],
        lambda jobs: f"before: {before}, then {status_and_result(jobs[0])}",
    )


def _after_rollback() -> Case:
    frappe.enqueue("shop.tasks.note", job_id="rolled-back", enqueue_after_commit=True, text="never")
    frappe.db.rollback()
    return Case(
        "after rollback",
        "never enqueued",
        observe=lambda jobs: (
            "enqueued" if frappe.utils.background_jobs.get_job("rolled-back") else "never enqueued"
        ),
    )


def _on_a_document() -> list[Case]:
    order = frappe.new_doc("Shop Order")
    order.status = "Paid"
    order.insert()
    frappe.db.commit()
    shipped = frappe.enqueue_doc("Shop Order", order.name, "ship", carrier="bicycle")
    confirmed = frappe.new_doc("Shop Order")
    confirmed.confirm = 1
    confirmed.insert()
    frappe.db.commit()

    def field_of(name: str, fieldname: str) -> Callable[[list[Job]], str]:
        def read(jobs: list[Job]) -> str:
            frappe.db.rollback()  # begin a new transaction, to see what the worker committed
            return str(frappe.db.get_value("Shop Order", name, fieldname))

        return read

    return [
        Case("enqueue_doc", "Shipped with bicycle", [shipped], field_of(order.name, "status")),
        Case(
            "queue_action",
            "customer@example.com",
            observe=field_of(confirmed.name, "confirmed_to"),
        ),
    ]


def _with_callback(title: str, function: str, expected: str, **arguments: Any) -> Case:
    from shop import tasks  # type: ignore[import-not-found]

    job = _job(function, on_success=tasks.tell_success, on_failure=tasks.tell_failure, **arguments)
    return Case(
        title, expected, [job], lambda jobs: str(frappe.cache.get_value(f"told:{jobs[0].id}"))
    )
