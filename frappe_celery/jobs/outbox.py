"""What the store asks of a broker that is not the Redis which keeps the jobs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol


class Outbox(Protocol):
    """Carries runs from a queue's list in Redis, where the store puts them, to the broker."""

    def carry(self, run: str, queue: str, sealed: bytes, front: bool) -> None:
        """Send a run that the caller has just pushed; does not raise when the broker is away."""

    def forward(self, runs: Sequence[str]) -> None:
        """Send runs as their records have them; raises BrokerUnreachable: the Redis is away."""

    def ring(self, queue: str, *taken: str) -> None:
        """It has something for a queue, and has taken these runs; raises BrokerUnreachable."""

    def left(self, queues: Collection[str]) -> list[str]:
        """The runs that nobody sent yet, the next one first; raises BrokerUnreachable."""

    def take_over(self) -> None:
        """Have it carry what has waited since Redis was the broker; raises BrokerUnreachable."""

    def waiting(self, queue: str) -> int:
        """How many messages wait for a queue at the broker; raises BrokerUnreachable."""

    def waiting_if_known(self, queue: str) -> int:
        """The same, 0 while it is away."""
