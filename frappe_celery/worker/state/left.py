"""What jobs left in modules of apps: told once a name, kept in Redis for whoever asks."""

from __future__ import annotations

import json
import logging
import time
from typing import NamedTuple

from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs import JobStore, get_store

logger = logging.getLogger(__name__)


class Left(NamedTuple):
    """A name that jobs change, and that the worker puts back."""

    name: str
    """Its dotted name, from the module on."""
    job: str
    """The last that was seen to be the first in its process to change it."""
    at: float
    """Seconds since the epoch."""


def tell(name: str, job: str) -> None:
    """A job has changed it, and it was put back."""
    logger.info("%s changed %s: put back", job, name)
    store = get_store()
    try:
        store.client.hset(store.keys.left, name, json.dumps([job, time.time()]))
    except BrokerUnreachable as exc:
        logger.warning("%s", exc)


def all_of(store: JobStore) -> list[Left]:
    """Everything that jobs were seen to change, by name. Raises BrokerUnreachable."""
    found = store.client.hgetall(store.keys.left)
    return sorted(Left(name.decode(), *json.loads(text)) for name, text in found.items())


def forget(store: JobStore) -> None:
    """Drop what was seen, and begin anew. Raises BrokerUnreachable."""
    store.client.delete(store.keys.left)
