"""Failures that only the worker's parent knows of, kept until the store has taken them."""

from __future__ import annotations

import logging

from frappe_celery.errors import AbandonedJobError, BrokerUnreachable
from frappe_celery.jobs import get_store

logger = logging.getLogger(__name__)

_unrecorded: dict[str, str] = {}


def abandon(run: str, reason: str) -> None:
    """The run's process died or was killed, so that it could not say so itself."""
    _unrecorded[run] = f"{AbandonedJobError.__name__}: {reason}"
    record()


def record() -> None:
    """Have the store take what it has not; a broker that is away is asked again later."""
    try:
        for run, reason in list(_unrecorded.items()):
            get_store().fail(run, reason)
            del _unrecorded[run]
    except BrokerUnreachable as exc:
        logger.warning("%d failed runs are recorded later: %s", len(_unrecorded), exc)
