"""Deaths that only the worker's parent knows of, kept until the store has taken them."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass

from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs import get_store
from frappe_celery.worker import abandoned

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Death:
    reason: str
    queues: Collection[str]
    idempotent_counts: bool


_unrecorded: dict[str, _Death] = {}


def abandon(
    run: str, reason: str, queues: Collection[str] = (), *, idempotent_counts: bool = True
) -> None:
    """The run's process died or was killed, so that it could not say so itself."""
    _unrecorded[run] = _Death(reason, queues, idempotent_counts)
    record()


def record() -> None:
    """Settle what has not been; a broker that is away is asked again later."""
    try:
        for run, death in list(_unrecorded.items()):
            abandoned.end_or_repeat(
                get_store(),
                run,
                death.reason,
                queues=death.queues,
                idempotent_counts=death.idempotent_counts,
            )
            _unrecorded.pop(run, None)
    except BrokerUnreachable as exc:
        logger.warning("%d deaths are settled later: %s", len(_unrecorded), exc)
