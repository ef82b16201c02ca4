"""Why a job was not enqueued, as `enqueue.lua` says it, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from frappe_celery.config.settings import Settings
from frappe_celery.errors import InvalidJobOperation, NoSuchJob, QueueOverloaded
from frappe_celery.jobs.bridge import Rerouted
from frappe_celery.jobs.message import JobMessage
from frappe_celery.jobs.record.due_claim import check_claimed


class Stands(Exception):
    """This run asks for the same and waits: it is to have the new one's arguments."""


class Runs(Exception):
    """This job (its first run, its id) asks for the same and runs: the new one is to follow it."""


def check_enqueued(
    outcome: bytes, about: str, message: JobMessage, config: Settings, asked: Mapping[str, Any]
) -> None:
    """Raise what the script's outcome says; nothing of a duplicate.

    Raises:
        QueueOverloaded, NoSuchJob, InvalidJobOperation, Rerouted, AlreadyActedOn, Deposed: as
            `JobStore.enqueue`.
        Stands, Runs: of one of many (`unique`).
    """
    if outcome == b"overloaded":
        raise overloaded(message, int(about), asked["at_most"], asked.get("coming", 1))
    if outcome == b"unknown":
        raise no_record(f"{message.id} depends on job {about!r}", config)
    if outcome == b"closed":
        raise InvalidJobOperation(f"{about}: only its own jobs add to it, while they wait or run")
    if outcome == b"rerouted":
        raise Rerouted(message.id)
    if outcome == b"stands":
        raise Stands(about)
    if outcome == b"runs":
        raise Runs(*about.split("\n", 1))
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
