"""Messages whose record the Redis lost: parked in a queue of their own, for somebody to decide.

A message without a record is mostly spent: its run was canceled or deleted, or has ended. Where the
Redis went back to older data, or lost all (see `jobs.stats.losses`), those from before may be all
that is left of a job. Nobody knows then whether it had started, so that it is not simply run.
"""

from __future__ import annotations

import json
import logging
import time
from contextlib import suppress
from functools import lru_cache
from typing import Any

from frappe_celery.brokers.rabbitmq.names import declare
from frappe_celery.brokers.rabbitmq.outbox import Outbox
from frappe_celery.brokers.rabbitmq.publisher import Letter
from frappe_celery.errors import FrappeCeleryError, Refused
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
    assert isinstance(store.outbox, Outbox)
    if may_be_lost(store, message):
        logger.error(
            "the record of %s[%s] is lost: parked, see frappe-celery jobs parked",
            message.label,
            run,
        )
        headers = raw.properties["application_headers"]
        letter = Letter(message.run, store.outbox.names.parked, raw.body, headers)
        store.outbox.publisher.deliver(letter)


def parked(outbox: Outbox, requeue: bool = False) -> list[JobMessage]:
    """The messages that lie there, oldest first; with `requeue` they are enqueued anew, each under
    its own run. Raises BrokerUnreachable."""
    name = outbox.names.parked

    def look(channel: Any) -> list[JobMessage]:
        tags: list[Any] = []
        messages: list[JobMessage] = []
        declare(channel, name)
        while len(tags) < MOST and (raw := channel.basic_get(name)) is not None:
            tags.append(raw.delivery_tag)
            with suppress(Refused):  # not ours, though nobody else writes here
                messages.append(JobMessage.open(outbox.store.signer, sealed_in(raw.body)))
        if requeue:
            for message in messages:
                outbox.store.enqueue(message, own_id=True, any_size=True)
            for tag in tags:
                channel.basic_ack(tag)
        else:
            for tag in reversed(tags):
                channel.basic_reject(tag, requeue=True)
        return messages

    return outbox.publisher.ask(look)
