"""One job of every kind, and how to tell that it ended as it should (`report`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import frappe
from rich.table import Table
from rich.text import Text

from frappe_celery.host import JobStatus, enqueue_shim


class Case(NamedTuple):
    """One thing that the demo shows."""

    title: str
    expected: str
    happened: Callable[[], str]
    """What is to be seen now."""

    @property
    def as_expected(self) -> bool:
        """Whether that is what was expected."""
        return self.happened() == self.expected


def enqueue_all() -> list[Case]:
    """Enqueue every kind of job; those that take long come last, so that none waits for them."""
    frappe.cache.delete_value("ticks")
    return [
        _finishes("a plain job", "{'tea': 6.0, 'coffee': 12.0}", "refresh_prices"),
        _finishes(
            "with arguments", "{'milk': 9.6}", "refresh_prices", factor=1.2, articles=["milk"]
        ),
        _finishes(
            "on a custom queue", "orders.xlsx", "export_orders", queue="exports", format="xlsx"
        ),
        *_on_a_document(),
        _after_commit(),
        _after_rollback(),
        _with_callback("a success callback", "note", "success: paid", text="paid"),
        _with_callback("a failure callback", "charge_card", "failure: ValidationError", amount=5),
        _fails("one that fails", "ValidationError", "charge_card", amount=99),
        *_in_a_transaction(),
        _finishes(
            "on the long queue",
            "statistics of 90 days",
            "rebuild_statistics",
            queue="long",
            days=90,
        ),
        _fails(
            "one that runs out of time",
            "JobTimeoutException",
            "wait_for_supplier",
            queue="long",
            timeout=1,
        ),
        Case("an `all` event that beat enqueues", "ran", _ticks),
    ]


def _finishes(title: str, result: str, function: str, **options: Any) -> Case:
    job = _job(function, **options)
    return Case(title, f"finished: {result}", lambda: _end(job))


def _fails(title: str, error: str, function: str, **options: Any) -> Case:
    job = _job(function, **options)
    return Case(title, f"failed: {error}", lambda: _end(job))


def _job(function: str, **options: Any) -> Any:
    return frappe.enqueue(f"shop.tasks.{function}", **options)


def _end(job: Any) -> str:
    """`finished: <result>`, or `failed: <class in the last line of the traceback>`."""
    job.refresh()
    if job.status == JobStatus.FINISHED:
        return f"finished: {job.result}"
    if job.status == JobStatus.FAILED:
        last_line = (job.exc_info or "").strip().splitlines()[-1]
        return f"failed: {last_line.partition(':')[0].rpartition('.')[2]}"
    return str(job.status)


def _in_a_transaction() -> list[Case]:
    """None of them starts before the commit: a second one meets the first, and order shows."""
    frappe.get_doc({"doctype": "Shop Order", "status": "Open"}).insert()
    cases = [_deduplicated(), _at_front()]
    frappe.db.commit()
    return cases


def _deduplicated() -> Case:
    options = {"job_id": "import::orders", "deduplicate": True, "source": "orders.csv"}
    first, second = _job("import_orders", **options), _job("import_orders", **options)
    return Case(
        "deduplicated, enqueued twice",
        "finished: orders.csv; the second: None",
        lambda: f"{_end(first)}; the second: {second}",
    )


def _at_front() -> Case:
    waiting = _job("note", queue="short", text="came first")
    ahead = _job("note", queue="short", at_front=True, text="goes first")

    def order() -> str:
        if any(not _end(job).startswith("finished") for job in (waiting, ahead)):
            return "waiting"
        return ", ".join(job.result for job in sorted((waiting, ahead), key=lambda j: j.started_at))

    return Case("at the front of its queue", "goes first, came first", order)


def _after_commit() -> Case:
    _job("note", job_id="committed", enqueue_after_commit=True, text="paid")
    before = enqueue_shim.get_job("committed")
    frappe.db.commit()
    job = enqueue_shim.get_job("committed")
    return Case(
        "after commit",
        "before: None, then finished: paid",
        lambda: f"before: {before}, then {_end(job)}",
    )


def _after_rollback() -> Case:
    _job("note", job_id="rolled-back", enqueue_after_commit=True, text="never")
    frappe.db.rollback()
    return Case(
        "after rollback",
        "never enqueued",
        lambda: "enqueued" if enqueue_shim.get_job("rolled-back") else "never enqueued",
    )


def _on_a_document() -> list[Case]:
    order = frappe.get_doc({"doctype": "Shop Order", "status": "Paid"}).insert()
    frappe.db.commit()
    frappe.enqueue_doc("Shop Order", order.name, "ship", carrier="bicycle")
    confirmed = frappe.get_doc({"doctype": "Shop Order", "confirm": 1}).insert()
    frappe.db.commit()

    def value(name: str, fieldname: str) -> str:
        frappe.db.rollback()  # begin a new transaction, to see what the worker committed
        return str(frappe.db.get_value("Shop Order", name, fieldname))

    return [
        Case("enqueue_doc", "Shipped with bicycle", lambda: value(order.name, "status")),
        Case("queue_action", "customer@example.com", lambda: value(confirmed.name, "confirmed_to")),
    ]


def _with_callback(title: str, function: str, expected: str, **arguments: Any) -> Case:
    from shop import tasks  # type: ignore[import-not-found]

    job = _job(function, on_success=tasks.tell_success, on_failure=tasks.tell_failure, **arguments)
    return Case(title, expected, lambda: str(frappe.cache.get_value(f"told:{job.id}")))


def _ticks() -> str:
    return "ran" if frappe.cache.get_value("ticks") else "not yet"


def report(cases: list[Case]) -> Table:
    """Each case with what happened, and where it differs with what was expected."""
    table = Table("", "case", "what happened", title="One job of every kind", box=None)
    for case in cases:
        happened = case.happened()
        if happened == case.expected:
            table.add_row("[green]ok[/]", case.title, Text(happened))
        else:
            table.add_row("[red]no[/]", case.title, Text(f"{happened}\nexpected: {case.expected}"))
    return table
