"""Jobs that the Redis which keeps them lost (`jobs.stats.losses`)."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs import JobStore
from frappe_celery.jobs.stats.losses import Watch, losses
from frappe_celery.watch.doctor.report import Section

TOLD_FOR_SECONDS = 7 * 86400.0


def check(section: Section, store: JobStore, now: float) -> None:
    """Look for new ones, then tell of the last week's."""
    try:
        Watch(store).look()
    except BrokerUnreachable as exc:  # it answers, but takes nothing: a full disk, a replica
        section.problem(str(exc))
    zone = ZoneInfo(store.settings.zone)
    for loss in losses(store):
        if now - loss.end > TOLD_FOR_SECONDS:
            continue
        start, end = (
            f"{datetime.fromtimestamp(at, zone):%Y-%m-%d %H:%M:%S}" for at in (loss.start, loss.end)
        )
        if loss.all:
            section.warn(
                f"the Redis lost everything at {end}: every job enqueued from {start} to then that"
                " had not ended is gone",
                "enqueue again what matters; to keep jobs, see its persistence above",
            )
        elif loss.sure:
            section.warn(
                f"the Redis went back to what it held at {start}: jobs enqueued from then to {end}"
                " are gone, and what ended then may count as waiting",
                "enqueue again what matters; to keep jobs, see its persistence above",
            )
        else:
            section.note(
                f"the Redis was started again, or another took over, at {end}: jobs enqueued from"
                f" {start} to then may have been lost, if that was not in order"
            )
