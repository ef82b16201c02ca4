"""What people do with jobs: requeue, stop, cancel, delete; and with those of a batch together."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from math import inf
from typing import Any

from django.contrib import messages
from django.http import HttpRequest

from frappe_celery.config.installed import is_gone
from frappe_celery.errors import BrokerUnreachable, FrappeCeleryError, NoSuchJob, Refused
from frappe_celery.jobs import Job, JobStatus, JobStore
from frappe_celery.jobs.batches import batch_state
from frappe_celery.jobs.job import ENDED, WAITING

NAMED_UP_TO = 5
"""So many errors of one action are told one by one."""
SECONDS = 20
"""For which one request acts; proxies wait a minute for an answer."""


@dataclass(frozen=True)
class Action:
    """What people can do to jobs: its words, who may, and to which."""

    name: str
    done: str
    warning: str
    """What to know before one confirms it."""
    permission: str
    """`change` or `delete`, Django's on jobs."""
    statuses: tuple[JobStatus, ...]
    """A job in one of these can be acted on so."""
    act: Callable[[Job], Job | None]
    """Returns the job in whose place it is afterwards, where that is another."""
    of_all: str = ""
    """What it is called where it is offered of all jobs of a batch."""
    none: str = ""
    """What is said where none of these is left for it."""

    @property
    def verb(self) -> str:
        return self.of_all or self.name.capitalize()

    def is_allowed(self, user: Any) -> bool:
        return bool(user.has_perm(f"frappe_celery.{self.permission}_job"))


def requeue(job: Job) -> Job:
    """Run it again."""
    return job.store.requeue(job)


ACTIONS = {
    action.name: action
    for action in (
        Action(
            "requeue",
            "requeued",
            "It runs again, as a new run with the same arguments. What it did already, it does"
            " again.",
            "change",
            ENDED,
            requeue,
        ),
        Action(
            "stop",
            "stopped",
            "The process that runs it is killed; no code of it runs any more, on_failure neither.",
            "change",
            (JobStatus.STARTED,),
            Job.stop,
        ),
        Action("cancel", "canceled", "It never starts.", "change", WAITING, Job.cancel),
        Action(
            "delete",
            "deleted",
            "Its record goes. One that waits never starts, one that runs is stopped first.",
            "delete",
            tuple(JobStatus),
            Job.stop_and_delete,
        ),
    )
}

BATCH_ACTIONS = {
    "requeue": replace(
        ACTIONS["requeue"],
        of_all="Requeue what failed",
        warning="What failed or was stopped runs again, as new runs with the same arguments. What"
        " it did already, it does again.",
        none="No job of it has failed.",
    ),
    "cancel": replace(
        ACTIONS["cancel"],
        of_all="Cancel what waits",
        warning="Its jobs that wait never start; those that run go on. on_ended runs once these"
        " have ended, on_finished does not.",
        none="No job of it waits.",
    ),
}
"""What people do with all jobs of a batch that stand so."""


@dataclass(frozen=True)
class Outcome:
    """What an action has made of one job."""

    run: str
    job: Job | None
    """As it is afterwards; None: gone."""
    error: str | None = None


def perform(action: Action, run: str, job: Job | None) -> Outcome:
    """Act on a run's job, None where it is gone; what is wrong with it does not stop others.

    Raises:
        BrokerUnreachable.
    """
    if job is None:
        return Outcome(run, None, vanished(run))
    try:
        afterwards = action.act(job) or job
        return Outcome(run, None if action.act is Job.stop_and_delete else afterwards)
    except BrokerUnreachable:
        raise
    except NoSuchJob:
        return Outcome(run, None, vanished(job.id))
    except FrappeCeleryError as exc:
        return Outcome(run, job, str(exc))


def perform_each(
    action: Action, jobs: Iterable[Job], seconds: float = SECONDS
) -> tuple[list[Outcome], bool]:
    """Act on many jobs, one at least; what came of each, and whether there was time for all.

    Raises:
        BrokerUnreachable.
    """
    until, outcomes = time.monotonic() + seconds, list[Outcome]()
    for job in jobs:
        if outcomes and time.monotonic() >= until:
            return outcomes, False
        error, run = impossible(action, job), job.run_id
        outcomes.append(Outcome(run, job, error) if error else perform(action, run, job))
    return outcomes, True


def vanished(job_id: str) -> str:
    """The sentence about a job that is not there any more."""
    return f"Job {job_id} is gone: deleted, requeued by somebody else, or past its retention"


def tell(request: HttpRequest, action: Action, done: int, outcomes: list[Outcome]) -> None:
    """To how many jobs it was done, and why not to others, as messages of the next page."""
    if done:
        number = "1 job was" if done == 1 else f"{done} jobs were"
        messages.success(request, f"{number} {action.done}.")
    wrong = [outcome.error for outcome in outcomes if outcome.error is not None]
    for error in wrong[:NAMED_UP_TO]:
        messages.error(request, f"Not {action.done}: {error}.")
    if len(wrong) > NAMED_UP_TO:
        messages.error(request, f"And {len(wrong) - NAMED_UP_TO} more, not {action.done}.")


def offered(user: Any, jobs: list[Job]) -> list[Action]:
    """What the user may do, and what can be done to one of these jobs at least."""
    allowed = [action for action in ACTIONS.values() if action.is_allowed(user)]
    return [a for a in allowed if any(not impossible(a, job) for job in jobs)]


def impossible(action: Action, job: Job) -> str:
    """Why the job cannot be acted on so; '' : it can."""
    if job.status not in action.statuses:
        return f"it is {job.status}"
    if action.act is not requeue:
        return ""
    try:
        message = job.opened
    except (Refused, NoSuchJob) as exc:
        return str(exc)
    if isinstance(message.method, str) and is_gone(message.method):
        return f"there is no {message.method} any more"
    expires = message.expires
    return "it was to start until a time that is over" if (expires or inf) < time.time() else ""


# -- all jobs of a batch that stand so


def offered_of_batch(user: Any, batch: batch_state.BatchState) -> list[Action]:
    """What the user may do, and what there may be jobs for."""
    finds = {"requeue": batch.failed, "cancel": batch.going or batch.status == "making"}
    return [one for name, one in BATCH_ACTIONS.items() if finds[name] and one.is_allowed(user)]


def requeue_failed(
    store: JobStore, batch: batch_state.BatchState, seconds: float = SECONDS
) -> tuple[list[Outcome], int]:
    """Requeue jobs of a batch, one at least; what has gone on meanwhile is left alone.

    Args:
        batch: as it stood when it was asked for.

    Returns:
        What came of each, and how many were not looked at when the time was over.

    Raises:
        BrokerUnreachable.
    """
    jobs = batch_state.jobs(store, batch.id, *batch_state.FAILURES)
    outcomes, is_done = perform_each(ACTIONS["requeue"], jobs, seconds)
    return outcomes, 0 if is_done else batch.failed - len(outcomes)
