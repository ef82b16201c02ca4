"""What rooms ask for that stands above them: functions, brought by whoever stands above all.

That is the package's `__init__`, and they import what they need when they are called. So no room
imports one above it. Call each by this module's name: it may be replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from celery import Celery

    from frappe_celery.jobs.message import JobMessage


class Forwarder(Protocol):
    """What the store asks of a broker that is not the Redis which keeps the jobs: it carries runs
    there from a queue's list in Redis, where the store puts them."""

    def carry(self, queue: str, runs: Sequence[tuple[str, bytes, bool]]) -> None:
        """Send runs that the caller has just pushed, each with its sealed message and whether it
        goes first; does not raise when the broker is away."""

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


app: Callable[[], Celery]
revoked: Callable[[JobMessage, str], None]
"""Tell the result backend of a run of Celery's canvas that was canceled or stopped, and why."""
forwarder: Callable[[Any], Forwarder]
"""Of a store whose broker is not the Redis that keeps the jobs: what carries runs there."""
run_here: Callable[[JobMessage], None]
"""Run a message in the caller's process, as `is_async=False` in tests does; its failure is only the
job's."""
limit_memory: Callable[[int], None]
"""The job that runs in this process may have so many MiB in memory."""
leaving: Callable[[], bool]
"""Whether who runs the job has been told to stop, and would end it at the end of an item."""
published: Callable[[JobMessage], None]
"""A job was enqueued: a test that runs at once what is enqueued is told."""
start_worker: Callable[[str | None, bool, bool, int | None, bool], None]
"""Be a worker, as `bench worker` is asked to: queues, burst, quiet, processes, beat beside it."""
