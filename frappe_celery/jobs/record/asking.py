"""What is asked of `enqueue.lua` beyond a plain job: one JSON object of texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from frappe_celery.config.settings import Settings
from frappe_celery.jobs import codec
from frappe_celery.jobs.keys import Keys
from frappe_celery.jobs.message import JobMessage
from frappe_celery.jobs.record.due_claim import Claim

OF_MESSAGE = ("result_ttl", "failure_ttl", "limit_key", "batch")
"""Words of the script that are a message's."""


def asked(
    config: Settings,
    keys: Keys,
    message: JobMessage,
    *,
    front: int = 0,
    at_most: int = 0,
    claim: Claim | None = None,
    outbox: bool = False,
    making: Mapping[str, Any] | None = None,
    **said: Any,
) -> str:
    """What is asked beyond a plain job, as the script takes it ('' : nothing).

    Args:
        front, at_most: as there; 0: not asked.
        claim: do nothing when this due time has been acted on.
        outbox: its row is committed, and somebody else may enqueue it too: once, it is.
        making: of a batch that it is enqueued with: `title`, the `number` of its jobs and
            callbacks, and the `role` of a callback.
        said: more of the script's words, as they are there; None or False: not asked.
    """
    said |= {"front": front or None, "at_most": at_most or None}
    of_message = vars(message)
    for name in OF_MESSAGE:
        said[name] = of_message[name]
    if message.first_run:
        said["first_run"] = message.first_run
    if message.depends_on is not None:
        said["depends_on"] = codec.dumps(message.depends_on)
        if message.waits:  # one that another's failure cancels is kept as one that failed
            kept = message.failure_ttl
            said["canceled_ttl"] = config.rq_job_failure_ttl if kept is None else kept
    if said.get("transaction"):
        said["commit_wait"] = config.commit_wait
    if outbox:
        said["outbox"] = keys.outbox_marks(message.site)
    return as_texts(**said, **(making or {}), **(vars(claim) if claim else {}))


def as_texts(**asked: object) -> str:
    """What is asked (neither None nor False) as a script reads it; '' : nothing is."""
    texts = {
        n: str(value) for n, value in asked.items() if value is not None and value is not False
    }
    return codec.dumps(texts) if texts else ""
