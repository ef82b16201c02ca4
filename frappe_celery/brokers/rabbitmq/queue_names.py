"""What the bench's queues are called in RabbitMQ, and how they are declared."""

from __future__ import annotations

from typing import Any

from frappe_celery.config.settings import Settings

CONSUMER_TIMEOUT_SECONDS = 30 * 86400
"""How long a message may stay unacknowledged: a team's task runs meanwhile. RabbitMQ's own limit is
half an hour; whether a worker is dead, its signs of life say."""
ARGUMENTS: dict[str, Any] = {
    "x-queue-type": "quorum",
    "x-consumer-timeout": CONSUMER_TIMEOUT_SECONDS * 1000,
    "x-delivery-limit": -1,  # the store counts; RabbitMQ would drop the message
    "x-overflow": "reject-publish",  # should a policy limit the length: never drop what waits
}

BELL = "amq.direct"
"""RabbitMQ's own exchange, by which parents hear into which queue something came."""


class Names:
    """The bench's prefix begins every name, so that benches share one virtual host."""

    def __init__(self, config: Settings) -> None:
        self.prefix, self.queues = config.prefix, config.queues

    def main(self, queue: str) -> str:
        """Where jobs wait, the first one first."""
        return f"{self.prefix}{queue}"

    def front(self, queue: str) -> str:
        """Where those wait that go before them (`at_front`)."""
        return f"{self.prefix}{queue}:front"

    def both(self, queue: str) -> tuple[str, str]:
        """In the order in which they are asked."""
        return self.front(queue), self.main(queue)

    def whole(self, queue: str) -> str:
        """Where messages of other Celery tasks, which workers' parents take, wait."""
        return f"{self.prefix}{queue}:tasks"

    def all(self, queue: str) -> tuple[str, str, str]:
        """All three, as they are declared and counted."""
        return *self.both(queue), self.whole(queue)

    @property
    def parked(self) -> str:
        """Where messages lie whose record the Redis lost."""
        return f"{self.prefix}parked"


def declare(channel: Any, name: str) -> int:
    """Make the queue unless it is there; returns how many messages wait in it.

    Raises:
        PreconditionFailed: there is one of that name and of another kind.
    """
    _, waiting, _ = channel.queue_declare(
        name, durable=True, exclusive=False, auto_delete=False, arguments=ARGUMENTS
    )
    return int(waiting)
