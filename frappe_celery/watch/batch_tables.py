"""Batches in a terminal, a table of many or a page of one, and as JSON for scripts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.table import Column, Table
from rich.text import Text

from frappe_celery.config.secrets import masked_text
from frappe_celery.jobs import Job
from frappe_celery.jobs.batches.state import BatchState
from frappe_celery.watch import job_display, job_tables
from frappe_celery.watch.tables import titled_table
from frappe_celery.watch.words import clock

COUNTS = ("total", "finished", "failed", "canceled", "going")


def as_json(batch: BatchState) -> dict[str, Any]:
    """A batch for scripts; times in ISO format, UTC."""
    return {
        **{name: getattr(batch, name) for name in ("id", "title", "site", "status", *COUNTS)},
        "begun_at": job_display.iso(batch.begun_at),
        "ended_at": job_display.iso(batch.ended_at),
        "reason": masked_text(batch.reason) or None,
    }


def table(batches: Iterable[BatchState]) -> Table:
    """Batches; what names one stands in one column, so that ids are whole on 120 columns."""
    numbers = (Column(name, no_wrap=True) for name in (*COUNTS, "begun, ended"))
    names = "title, id, site", "status"
    shown = titled_table("Batches, newest first", *names, *numbers)
    for batch in batches:
        shown.add_row(
            Text(f"{batch.title}\n{batch.id}\n{batch.site}", overflow="fold"),
            batch.status,
            *(f"{getattr(batch, name):,}" for name in COUNTS),
            f"{clock(batch.begun_at)}\n{clock(batch.ended_at)}",
        )
    return shown


def page(
    batch: BatchState, callbacks: Mapping[str, Job | None], failed: list[Job]
) -> Iterable[Any]:
    """One batch: how it stands, its callbacks, and some of its jobs that failed."""
    about = Table.grid(padding=(0, 2))
    shown = as_json(batch) | {"begun_at": clock(batch.begun_at), "ended_at": clock(batch.ended_at)}
    for name, value in shown.items():
        if value not in (None, ""):
            said = f"{value:,}" if isinstance(value, int) else value
            about.add_row(Text(name.removesuffix("_at"), "bold"), Text(said))
    for role, job in callbacks.items():
        about.add_row(Text(role, "bold"), Text(_stands(job)))
    yield about
    if failed:
        yield job_tables.table(failed, "Jobs that failed or were stopped")


def _stands(job: Job | None) -> str:
    if job is None:
        return "past its retention"
    error = job_display.last_line(job)
    how = f"{job.status.value}: {error}" if error else job.status.value
    return f"{job_display.label(job)}, {how} ({job.id})"
