"""Whole messages of Celery's that wait or are held, and by which key they are signed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from kombu.utils.json import loads

from frappe_celery.brokers import whole_messages
from frappe_celery.config.signing import Signer
from frappe_celery.jobs import JobStore

AT_ONCE = 1000


def signed_by_others(store: JobStore, signer: Signer, are_signed: Callable[[Any], bool]) -> int:
    """How many in the bench's queues this key did not sign; of RabbitMQ, which shows none, all.

    Args:
        are_signed: whether all methods in a part of a message are.

    Raises:
        BrokerUnreachable: the broker does not answer.
    """
    if store.settings.on_rabbitmq:
        from frappe_celery.brokers.rabbitmq.forwarder import Forwarder

        forwarder = Forwarder(store)
        return forwarder.publisher.waiting([*map(forwarder.names.whole, store.settings.queues)])
    found = _found(store)
    return sum(not _is_signed(signer, are_signed, queue, text) for queue, text in found)


def _found(store: JobStore) -> Iterator[tuple[str, bytes]]:
    names = {store.keys.whole(queue).encode(): queue for queue in store.settings.queues}
    for key, queue in names.items():
        yield from ((queue, text) for text in _in_list(store, key) if text[:1] == b"{")
    for consumer in store.client.zrange(store.keys.consumers, 0, -1):
        for held in store.client.hvals(store.keys.in_flight(consumer.decode(errors="replace"))):
            key, _, text = held.partition(b"\n")
            if key in names and text[:1] == b"{":
                yield names[key], text


def _in_list(store: JobStore, key: bytes) -> Iterable[Any]:
    for start in range(0, store.client.llen(key), AT_ONCE):
        yield from store.client.lrange(key, start, start + AT_ONCE - 1)


def _is_signed(signer: Signer, are_signed: Callable[[Any], bool], queue: str, text: bytes) -> bool:
    """Or will be refused whatever the key."""
    try:
        message = whole_messages.checked(loads(text), queue)
        steps = [message["headers"], whole_messages.payload_of(message)]
    except Exception:
        return True
    said = whole_messages.signature_of(message)
    fits = not said or whole_messages.fits(message, queue, said, signer)
    return fits and are_signed(steps)
