"""Why a job was not enqueued, as `enqueue.lua` says it, in words."""

from __future__ import annotations

from frappe_celery.config.settings import Settings
from frappe_celery.errors import InvalidJobOperation, NoSuchJob, QueueOverloaded
from frappe_celery.jobs.bridge import Rerouted
from frappe_celery.jobs.message import JobMessage
from frappe_celery.jobs.record.due_claim import check_claimed


def check_enqueued(
    outcome: bytes, about: str, message: JobMessage, who: str, config: Settings, at_most: int = 0
) -> None:
    """Raise what the script's outcome says; nothing of a duplicate.

    Args:
        who: `they depend` or so, of what depends on a job that is unknown.

    Raises:
        QueueOverloaded, NoSuchJob, InvalidJobOperation, Rerouted, AlreadyActedOn, Deposed: as
            `JobStore.enqueue`.
    """
    if outcome == b"overloaded":
        raise overloaded(message, int(about), at_most)
    if outcome == b"unknown":
        raise no_record(f"{who} on job {about!r}", config)
    if outcome == b"closed":
        raise InvalidJobOperation(f"{about}: only its own jobs add to it, while they wait or run")
    if outcome == b"rerouted":
        raise Rerouted(message.id)
    check_claimed(outcome, message.id)


def no_record(what: str, config: Settings) -> NoSuchJob:
    """Of a job that another is to wait for."""
    return NoSuchJob(
        f"{what}, of which there is no record: never enqueued (a duplicate, say), waiting for a"
        " commit, deleted, or past its retention (rq_results_ttl,"
        f" {config.rq_results_ttl} s after it has finished)"
    )


def overloaded(message: JobMessage, waiting: int, most: int, more: int = 1) -> QueueOverloaded:
    """So many of a message's site wait in its queue, where `more` would be too many."""
    no_room = f", and {more} more were to be enqueued" if more > 1 else ""
    return QueueOverloaded(
        f"{waiting} jobs of site {message.site} wait in queue {message.queue!r}{no_room}; it may"
        f" have {most} there. Start more workers for it, or raise max_queued_jobs"
    )
