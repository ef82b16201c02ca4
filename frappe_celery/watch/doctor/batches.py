"""Batches: how many are open, and those that were never enqueued whole."""

from __future__ import annotations

from datetime import timedelta

from frappe_celery.config.secrets import masked_text
from frappe_celery.jobs.batches.batch_state import OPEN, BatchState, not_ended
from frappe_celery.jobs.record.record import naive_utc
from frappe_celery.watch.doctor.now import Now
from frappe_celery.watch.doctor.report import Section, counted
from frappe_celery.watch.snapshot import grouped
from frappe_celery.watch.words import some_of

LATELY = timedelta(days=1)
SILENT = timedelta(minutes=2)
"""Twice as long as workers let a maker be silent."""
NAMED = 5
"""Of the batches of a finding."""


def check(section: Section, now: Now) -> None:
    """Batches that have not ended."""
    found, at = not_ended(now.store, now.site), naive_utc(now.at)
    if number := sum(batch.status in OPEN for batch in found):
        section.note(f"{counted(number, 'open batch')}", "frappe-celery batches list")
    silent = [one for one in found if one.heard_at and at - one.heard_at > SILENT]
    if silent:
        section.warn(
            f"{counted(len(silent), 'batch')} not enqueued whole, and for two minutes nothing was"
            f" heard of who enqueues: {_named(silent)}",
            "a worker cancels what is not whole within minutes: see that one runs",
        )
    lately = [one for one in found if one.ended_at and at - one.ended_at < LATELY]
    for reason, some in grouped(lately, "reason").items():
        section.warn(
            f"{counted(len(some), 'batch')} canceled in the last day, with the reason"
            f" {masked_text(reason)!r}: {_named(some)}",
            "nothing of that ran: make it again once you know why",
        )


def _named(batches: list[BatchState]) -> str:
    return some_of([batch.named for batch in batches], NAMED)
