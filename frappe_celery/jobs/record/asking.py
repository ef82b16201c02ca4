"""What is asked of `enqueue.lua` beyond a plain job: one JSON object of texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from frappe_celery.config.settings import Settings
from frappe_celery.jobs import codec
from frappe_celery.jobs.message import UNIQUE, JobMessage
from frappe_celery.jobs.record.due_claim import Claim
from frappe_celery.jobs.redis_keys import Keys

NOTHING = {None, ""}
OF_MESSAGE = ("limit_key", "batch", "first_run", "unique", "result_ttl", "failure_ttl")
"""Words of the script that are a message's."""


def asked(
    config: Settings,
    keys: Keys,
    message: JobMessage,
    *,
    deduplicate: bool = False,
    front: int = 0,
    at_most: int = 0,
    claim: Claim | None = None,
    outbox: bool = False,
    making: Mapping[str, Any] | None = None,
    **said: Any,
) -> str:
    """What is asked beyond a plain job, as the script takes it ('' : nothing).

    Args:
        deduplicate, front, at_most: as there; False or 0: not asked.
        claim: do nothing when this due time has been acted on.
        outbox: its row is committed, and somebody else may enqueue it too: once, it is.
        making: of a batch that it is enqueued with: `title`, the `number` of its jobs and
            callbacks, and the `role` of a callback.
        said: more of the script's words, as they are there; None: not asked.
    """
    ttls, depends_on = (message.result_ttl, message.failure_ttl), message.depends_on
    unique = message.headers and message.headers.get(UNIQUE)
    of_message = (message.limit_key, message.batch, message.first_run, unique or None, *ttls)
    is_special = deduplicate or front or at_most or claim or outbox or depends_on
    if not is_special and NOTHING.issuperset((*said.values(), *of_message)):
        return ""
    kept = config.rq_job_failure_ttl if ttls[1] is None else ttls[1]
    return as_texts(
        **said,
        **dict(zip(OF_MESSAGE, of_message, strict=True)),
        deduplicate=deduplicate or None,
        front=front or None,
        at_most=at_most or None,
        depends_on=depends_on and codec.dumps(depends_on),
        # that another's failure cancels is kept as what failed
        canceled_ttl=kept if message.waits else None,
        commit_wait=config.commit_wait if said.get("transaction") else None,
        outbox=keys.outbox_marks(message.site) if outbox else None,
        **(making or {}),
        **(vars(claim) if claim else {}),
    )


def as_texts(**asked: object) -> str:
    """What is asked as a script reads it; '' : nothing is."""
    texts = {name: str(value) for name, value in asked.items() if value not in NOTHING}
    return codec.dumps(texts) if texts else ""
