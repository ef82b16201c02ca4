"""The jobs of a dead worker: those only fetched run elsewhere, those started fail."""

from __future__ import annotations

import logging

from frappe_celery.errors import AbandonedJobError
from frappe_celery.jobs import JobStore
from frappe_celery.jobs.connection import naming_the_server

logger = logging.getLogger(__name__)

DEAD_AFTER_SECONDS = 10.0
"""A consumer that gave no sign of life for this long is dead; they give one every 3 s."""


def reap(store: JobStore, dead_after: float = DEAD_AFTER_SECONDS) -> list[str]:
    """Settle what dead consumers held; returns the runs that were failed. Any number may reap."""
    abandoned = []
    with naming_the_server(store.url):
        seconds, microseconds = store.client.time()
        before = seconds + microseconds / 1e6 - dead_after
        for consumer in store.client.zrangebyscore(store.keys.consumers, "-inf", f"({before}"):
            name = consumer.decode()
            error = AbandonedJobError(
                f"the worker {name} that ran it gave no sign of life for {dead_after:.0f} s"
            )
            while started := _settle(store, name, before):
                for run in started:
                    store.fail(run, f"{type(error).__name__}: {error}")
                    logger.error("run %s is failed: %s", run, error)
                abandoned += started
    return abandoned


def _settle(store: JobStore, consumer: str, before: float) -> list[str]:
    """Give back what a dead consumer had only fetched; returns the runs that it had started."""
    keys = (store.keys.in_flight(consumer), store.keys.consumers)
    started = store.run_script("reap", keys, store.keys.prefix, consumer, before)
    return [run.decode() for run in started]
