"""What jobs left in modules: told once a name, kept in Redis for whoever asks, and for processes
that watch it from their first job on."""

from __future__ import annotations

import json
import logging
import os
import time
from contextlib import suppress
from mmap import mmap
from typing import NamedTuple

from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs import JobStore, get_store

logger = logging.getLogger(__name__)

MONTH = 30 * 86400
"""Seconds after which a name that no job has changed again is watched no more."""
MOST = 1000
"""Names that are watched, the newest: whoever can write to Redis could add any number."""
_news = mmap(-1, 8)
"""Another value with each new name: a worker's processes share it, since they are forks."""
_heard = b""


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
        if store.client.hset(store.keys.left, name, json.dumps([job, time.time()])):
            _news[:] = os.urandom(8)
    except BrokerUnreachable as exc:
        logger.warning("%s", exc)


def heard() -> set[str]:
    """Names that any process told; empty: this one has heard of all before."""
    global _heard
    news = _news[:]
    if news == _heard:
        return set()
    store = get_store()
    try:
        found = all_of(store)
        old = [one.name for one in found if one.at < time.time() - MONTH]
        if old:
            store.client.hdel(store.keys.left, *old)
    except BrokerUnreachable:
        return set()
    _heard = news
    newest = sorted(found, key=lambda one: -one.at)[:MOST]
    return {one.name for one in newest} - {*old}


def all_of(store: JobStore) -> list[Left]:
    """Everything that jobs were seen to change, by name. Raises BrokerUnreachable."""
    found = []
    for name, text in store.client.hgetall(store.keys.left).items():
        with suppress(ValueError, TypeError, RecursionError):  # anybody's
            job, at = json.loads(text)
            found.append(Left(name.decode(), str(job), float(at)))
    return sorted(found)


def forget(store: JobStore) -> None:
    """Drop what was seen, and begin anew. Raises BrokerUnreachable."""
    store.client.delete(store.keys.left)
