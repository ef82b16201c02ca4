"""What people do with all jobs of a batch that stand so: cancel what waits, requeue what failed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from frappe_celery.jobs import JobStore
from frappe_celery.jobs.batches import state
from frappe_celery.pages.job_actions import ACTIONS, Action, Outcome, impossible, perform

SECONDS = 20
"""For which one request acts; proxies wait a minute for an answer."""


@dataclass(frozen=True)
class BatchAction:
    """An action on jobs, as it is offered of a batch."""

    action: Action
    verb: str
    warning: str
    none: str
    """What is said where no job is left for it."""


BATCH_ACTIONS = {
    one.action.name: one
    for one in (
        BatchAction(
            ACTIONS["requeue"],
            "Requeue what failed",
            "What failed or was stopped runs again, as new runs with the same arguments. What it"
            " did already, it does again.",
            "No job of it has failed.",
        ),
        BatchAction(
            ACTIONS["cancel"],
            "Cancel what waits",
            "Its jobs that wait never start; those that run go on. on_ended runs once these have"
            " ended, on_finished does not.",
            "No job of it waits.",
        ),
    )
}


def offered(user: Any, batch: state.BatchState) -> list[BatchAction]:
    """What the user may do, and what there may be jobs for."""
    finds = {"requeue": batch.failed, "cancel": batch.going or batch.status == "making"}
    return [
        one for name, one in BATCH_ACTIONS.items() if finds[name] and one.action.is_allowed(user)
    ]


def requeue_failed(
    store: JobStore, batch: state.BatchState, seconds: float = SECONDS
) -> tuple[list[Outcome], int]:
    """Requeue jobs of a batch, one at least; what has gone on meanwhile is left alone.

    Args:
        batch: as it stood when it was asked for.

    Returns:
        What came of each, and how many were not looked at when the time was over.

    Raises:
        BrokerUnreachable.
    """
    action, until, outcomes = ACTIONS["requeue"], time.monotonic() + seconds, list[Outcome]()
    for job in state.jobs(store, batch.id, *state.FAILURES):
        if outcomes and time.monotonic() >= until:
            return outcomes, batch.failed - len(outcomes)
        error = impossible(action, job)
        run = job.run_id
        outcomes.append(Outcome(run, job, error) if error else perform(action, run, job))
    return outcomes, 0
