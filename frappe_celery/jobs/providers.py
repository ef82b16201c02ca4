"""What rooms ask for that stands above them: a provider each, given by whoever stands above all.

That is the package's `__init__`, with functions that import what they need when they are called. So
no room imports one above it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

if TYPE_CHECKING:
    from celery import Celery

    from frappe_celery.jobs.message import JobMessage
    from frappe_celery.jobs.outbox import Outbox

P = ParamSpec("P")
T = TypeVar("T")


class Provider(Generic[P, T]):
    """A function that a room above brings."""

    def provide(self, function: Callable[P, T]) -> None:
        """Bring it, in place of an earlier one."""
        self._function = function

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._function(*args, **kwargs)


app: Provider[[], Celery] = Provider()
revoked: Provider[[JobMessage, str], None] = Provider()
"""Tell the result backend of a run of Celery's canvas that was canceled or stopped, and why."""
outbox: Provider[[Any], Outbox] = Provider()
"""Of a store whose broker is not the Redis that keeps the jobs: what carries runs there."""
run_here: Provider[[JobMessage], None] = Provider()
"""Run a message in the caller's process, as `is_async=False` in tests does; its failure is only the
job's."""
published: Provider[[Any], None] = Provider()
"""A Job was enqueued: a test that runs at once what is enqueued is told."""
start_worker: Provider[[str | None, bool, bool, int | None, bool], None] = Provider()
"""Be a worker, as `bench worker` is asked to: queues, burst, quiet, processes, beat beside it."""
