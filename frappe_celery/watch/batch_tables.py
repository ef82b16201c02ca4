"""Batches in a terminal, a table of many or a page of one, and as JSON for scripts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.table import Table

from frappe_celery.config.secrets import masked_text
from frappe_celery.jobs import Job
from frappe_celery.jobs.batches.state import BatchState
from frappe_celery.watch import job_display
from frappe_celery.watch.tables import Listing, Row, beginning, facts, joined, zoned
from frappe_celery.watch.words import clock

COUNTS = ("total", "finished", "failed", "canceled", "going")
WIDEST = len("canceled")


def as_json(batch: BatchState) -> dict[str, Any]:
    """A batch for scripts; times in ISO format, UTC."""
    return {
        **{name: getattr(batch, name) for name in ("id", "title", "site", "status", *COUNTS)},
        "begun_at": job_display.iso(batch.begun_at),
        "ended_at": job_display.iso(batch.ended_at),
        "reason": masked_text(batch.reason) or None,
    }


def listing(batches: Iterable[BatchState], notes: Sequence[str] = ()) -> Listing:
    """Batches, and how many of their jobs stand how."""
    columns = ("id", "status", "title", "site", *COUNTS, "begun", "ended")
    rows = [_row(batch) for batch in batches]
    return Listing(zoned("Batches, newest first"), columns, rows, cut=("title",), notes=notes)


def _row(batch: BatchState) -> Row:
    counts = [f"{getattr(batch, name):,}" for name in COUNTS]
    total, *parts = (f"{count} {name}" for name, count in zip(COUNTS, counts, strict=True))
    begun, ended = clock(batch.begun_at), clock(batch.ended_at)
    times = (f"{name} {at}" for name, at in (("begun", begun), ("ended", ended)) if at)
    return Row(
        (batch.id, batch.status, beginning(batch.title), batch.site, *counts, begun, ended),
        (
            joined(batch.status.ljust(WIDEST), batch.id),
            joined(batch.title, batch.site),
            joined(f"{total}: {', '.join(parts)}", *times),
        ),
    )


def page(batch: BatchState, callbacks: Mapping[str, Job | None]) -> Table:
    """One batch: how it stands, and its callbacks."""
    shown = as_json(batch) | {"begun_at": clock(batch.begun_at), "ended_at": clock(batch.ended_at)}
    about = [
        (name.removesuffix("_at"), f"{value:,}" if isinstance(value, int) else value)
        for name, value in shown.items()
        if value not in (None, "")
    ]
    return facts([*about, *((role, _stands(job)) for role, job in callbacks.items())])


def _stands(job: Job | None) -> str:
    if job is None:
        return "past its retention"
    error = job_display.last_line(job)
    how = f"{job.status.value}: {error}" if error else job.status.value
    return f"{job_display.label(job)}, {how} ({job.id})"
