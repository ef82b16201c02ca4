"""What people do with all jobs of a batch that stand so: cancel what waits, requeue what failed."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from frappe_celery.jobs import JobStore
from frappe_celery.jobs.batches import state
from frappe_celery.pages.job_actions import ACTIONS, Action, Outcome, impossible, perform

SECONDS = 20
"""For which one request acts; proxies wait a minute for an answer."""


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


def offered(user: Any, batch: state.BatchState) -> list[Action]:
    """What the user may do, and what there may be jobs for."""
    finds = {"requeue": batch.failed, "cancel": batch.going or batch.status == "making"}
    return [one for name, one in BATCH_ACTIONS.items() if finds[name] and one.is_allowed(user)]


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
