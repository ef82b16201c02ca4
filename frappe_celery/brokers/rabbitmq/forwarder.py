"""From a queue's list in Redis, into which the store's steps push, to RabbitMQ.

A run stands in the list until RabbitMQ has confirmed its message. Whoever pushed it sends it; what
is still there a while later, because its process died or RabbitMQ was away, any worker sends.
"""

from __future__ import annotations

import logging
import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from frappe_celery.brokers.rabbitmq.publisher import Letter, NotTaken, Publisher
from frappe_celery.brokers.rabbitmq.queue_names import Names
from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs import codec
from frappe_celery.jobs.queue.publish import TASK_NAME
from frappe_celery.jobs.record.store import JobStore
from frappe_celery.jobs.redis_keys import LANE

logger = logging.getLogger(__name__)

AT_ONCE = 1000
QUEUED = b"queued"


class Forwarder:
    """One bench's. Safe to use after a fork."""

    def __init__(self, store: JobStore) -> None:
        self.store = store
        config = store.settings
        self.names = Names(config)
        self.publisher = Publisher(str(config.broker_url))

    def carry(self, queue: str, runs: Sequence[tuple[str, bytes, bool]]) -> None:
        """Send runs that the caller has just pushed (see `_send`)."""
        self._send(queue, [self._letter(run, queue, text, first) for run, text, first in runs])

    def _send(self, queue: str, letters: Sequence[Letter]) -> None:
        """Publish, take out of the lists what is confirmed, and ring the workers' bell.

        Does not raise when RabbitMQ is away: the runs are safe where they are, and sent later.
        """
        try:
            taken = self.publisher.publish(letters)
        except BrokerUnreachable as exc:
            logger.warning("%s; jobs wait until it takes them: %d", exc, len(letters))
            return
        try:
            if taken:
                self.ring(queue, *taken)
        except BrokerUnreachable as exc:  # sent once more then, which does no harm
            logger.warning("the Redis does not know yet that RabbitMQ took %s: %s", taken, exc)

    def _letter(self, run: str, queue: str, sealed: bytes, front: bool) -> Letter:
        name = self.names.front(queue) if front else self.names.main(queue)
        body = codec.dumps([[sealed.decode(errors="replace")], {}, {}])
        return Letter(run, name, body, {"task": TASK_NAME, "id": run})

    def ring(self, queue: str, *taken: str) -> None:
        """RabbitMQ has something for a queue; these runs it has taken."""
        self.store.run_script("confirmed", (), self.store.keys.prefix, queue, *taken)

    def hand_to_parents(self, raw: Any, queue: str) -> None:
        """Put another Celery task's message, found in a bench's queue, where parents take it; its
        body is parked where RabbitMQ, or amqp, does not take it so.

        Raises:
            BrokerUnreachable: it has to go back.
        """
        known = {n: v for n, v in raw.properties.items() if n != "user_id"}  # another's is refused
        headers = dict(known.pop("application_headers", {}))
        headers.pop("CC", None)  # a copy would come back, for ever
        id = str(known.pop("message_id", None) or uuid.uuid4())
        letter = Letter(id, self.names.whole(queue), raw.body, headers, known)
        try:
            self.publisher.deliver(letter)
        except Exception as exc:
            if isinstance(exc, BrokerUnreachable) and not isinstance(exc, NotTaken):
                raise
            logger.error("a message in queue %s is parked: %s", queue, exc)
            self.store.refuse(queue, id, f"parked: {exc}", None)
            self.publisher.forgive()
            body = raw.body if isinstance(raw.body, bytes) else raw.body.encode(errors="replace")
            self.publisher.deliver(Letter(id, self.names.parked, body, {}))
            return
        self.publisher.ring(letter.queue)

    def forward(self, runs: Sequence[str]) -> None:
        """Send runs as their records have them; those that wait no more, or have none, leave
        whichever list they stand in.

        Raises:
            BrokerUnreachable: the Redis is away.
        """
        records = self.store.fields(runs, "status", "place", "message", "front")
        going, spent = defaultdict[str, list[Letter]](list), list[str]()
        for run, (status, place, sealed, front) in zip(runs, records):  # noqa: B905
            if status == QUEUED:
                queue = (place or b"").decode(errors="replace").partition("|")[2]
                going[queue].append(self._letter(run, queue, sealed or b"", bool(front)))
            else:
                spent.append(run)
        for queue in self.store.settings.queues if spent else ():
            self.ring(queue, *spent)
        for queue, letters in going.items():
            self._send(queue, letters)

    def left(self, queues: Collection[str]) -> list[str]:
        """The runs that stand in the lists, the next one first; raises BrokerUnreachable."""
        lists = map(self.store.keys.queue, queues)
        found = self.store.client.each("lrange", lists, -AT_ONCE, -1)
        return [run.decode(errors="replace") for some in found for run in reversed(some)]

    def take_over(self) -> None:
        """Put into the lists what waits since Redis was the broker; raises BrokerUnreachable."""
        prefix, queues = self.store.keys.prefix, self.store.settings.queues
        self.store.run_script("leave_lanes", (), prefix, LANE, AT_ONCE, *queues)

    def waiting(self, queue: str) -> int:
        """How many messages wait in RabbitMQ for a queue; raises BrokerUnreachable."""
        return self.publisher.waiting(self.names.all(queue))

    def waiting_if_known(self, queue: str) -> int:
        """The same, 0 while RabbitMQ is away."""
        try:
            return self.waiting(queue)
        except BrokerUnreachable:
            return 0
