"""Batches in a terminal, a table of many or a page of one, and as JSON for scripts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from frappe_celery.config.secrets import masked_text
from frappe_celery.jobs import Job
from frappe_celery.jobs.batches.batch_state import BatchState
from frappe_celery.watch import job_display
from frappe_celery.watch.tables import Listing, beginning, facts, zoned
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
    counts_and_times = [f"{name}:" for name in columns[4:]]
    rows: list[Sequence[Text | str]] = [
        (
            *(batch.id, batch.status.ljust(WIDEST), beginning(batch.title), batch.site),
            *(f"{getattr(batch, name):,}" for name in COUNTS),
            *(clock(batch.begun_at), clock(batch.ended_at)),
        )
        for batch in batches
    ]
    narrow = (("status", "id"), ("site", "title"), counts_and_times)
    return Listing(zoned("Batches, newest first"), columns, rows, narrow, ("title",), notes)


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
