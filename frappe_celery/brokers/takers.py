"""Which taker a bench's broker needs."""

from __future__ import annotations

from frappe_celery.brokers.taker import Taker
from frappe_celery.jobs import JobStore


def taker_of(store: JobStore, consumer: str, worker: str) -> Taker:
    """For one process of a worker (see `Taker`)."""
    if store.outbox is None:
        return Taker(store, consumer, worker)
    from frappe_celery.brokers.rabbitmq.taker import Taker as RabbitMQTaker

    return RabbitMQTaker(store, consumer, worker)
