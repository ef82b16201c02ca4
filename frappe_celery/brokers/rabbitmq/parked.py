"""Messages whose record the Redis lost: parked in a queue of their own, for somebody to decide.

A message without a record is mostly spent: its run was canceled or deleted, or has ended. Where the
Redis went back to older data, or lost all (see `jobs.stats.losses`), those from before may be all
that is left of a job. Nobody knows then whether it had started, so that it is not simply run.
"""

from __future__ import annotations

import json
import logging
import time
from functools import lru_cache
from typing import Any

from frappe_celery.brokers.rabbitmq.forwarder import Forwarder
from frappe_celery.brokers.rabbitmq.publisher import Letter
from frappe_celery.brokers.rabbitmq.queue_names import declare
from frappe_celery.errors import BrokerUnreachable, FrappeCeleryError
from frappe_celery.jobs import JobStore
from frappe_celery.jobs.message import JobMessage
from frappe_celery.jobs.stats.losses import Watch, losses

logger = logging.getLogger(__name__)

SLACK_SECONDS = 5.0
"""How long before its last mark a Redis may have been when it went back."""
LOOK_SECONDS = 1.0
MOST = 1000
"""Parked messages that are looked at together."""


def sealed_in(body: str | bytes) -> bytes:
    """The signed message in a message's body; b'' where there is none."""
    try:
        ((sealed,), _, _) = json.loads(body)
        return bytes(sealed.encode())
    except Exception:
        return b""


def may_be_lost(store: JobStore, message: JobMessage) -> bool:
    """Whether the Redis had this message's record, and lost it; raises BrokerUnreachable."""
    _look(store, int(time.time() / LOOK_SECONDS))
    return any(
        loss.start - SLACK_SECONDS <= message.enqueued_at <= loss.end + SLACK_SECONDS
        for loss in losses(store)
    )


@lru_cache(maxsize=1)
def _look(store: JobStore, when: int) -> None:
    Watch(store).look()


def spend(store: JobStore, raw: Any, run: str, status: str) -> None:
    """Deal with a message whose run does not wait, before it is acknowledged.

    It was canceled, started from another message of it, or (no status) its record is gone.

    Raises:
        BrokerUnreachable: it has to go back.
    """
    logger.info("a message of run %s is spent: %s", run, status or "no record")
    if status:
        return
    try:
        message = JobMessage.open(store.signer, sealed_in(raw.body), run)
    except FrappeCeleryError as exc:
        logger.error("refused a message: %s", exc)
        store.refuse(str(raw.delivery_info["routing_key"]), run, str(exc))
        return
    assert isinstance(store.forwarder, Forwarder)
    if may_be_lost(store, message):
        logger.error(
            "the record of %s[%s] is lost: parked, see frappe-celery jobs parked",
            message.label,
            run,
        )
        store.forwarder.publisher.deliver(
            Letter(message.run, store.forwarder.names.parked, raw.body, {})
        )


def parked(forwarder: Forwarder, requeue: bool = False) -> tuple[list[JobMessage], dict[str, str]]:
    """The messages that lie there, oldest first; with `requeue` they are enqueued anew, each under
    its own run, in its batch where that is still there, and waiting for nothing: it has waited.

    Returns:
        Beside them, by their runs, why others stay there.

    Raises:
        BrokerUnreachable.
    """
    name = forwarder.names.parked

    def look(channel: Any) -> tuple[list[JobMessage], dict[str, str]]:
        back: list[Any] = []
        messages: list[JobMessage] = []
        stay: dict[str, str] = {}
        declare(channel, name)
        for _ in range(MOST):
            if (raw := channel.basic_get(name)) is None:
                break
            try:
                message = JobMessage.open(forwarder.store.signer, sealed_in(raw.body))
                if requeue:
                    follows = message.like(first_run=message.first_run or message.run)
                    forwarder.store.enqueue(follows, any_size=True)
                    channel.basic_ack(raw.delivery_tag)
                else:
                    back.append(raw.delivery_tag)
                messages.append(message)
            except BrokerUnreachable:
                raise
            except FrappeCeleryError as exc:
                back.append(raw.delivery_tag)
                stay[str(raw.properties.get("message_id"))] = str(exc)
        for tag in reversed(back):
            channel.basic_reject(tag, requeue=True)
        return messages, stay

    return forwarder.publisher.ask(look)
