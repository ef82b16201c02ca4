"""What `frappe.enqueue` returns: one run of a method, with the names that RQ's Job has.

And which one runs in this process, thread or greenlet (`rq.get_current_job`'s counterpart).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from functools import cached_property
from math import inf
from typing import Any, Protocol, cast

from frappe_celery.config.numbers import is_number, require
from frappe_celery.config.settings import Settings
from frappe_celery.config.signing import Signer
from frappe_celery.errors import FrappeCeleryError, InvalidJobOperation, NoSuchJob, NotEnded
from frappe_celery.jobs import codec, providers
from frappe_celery.jobs.message import JobMessage, Line
from frappe_celery.jobs.options import repetitions
from frappe_celery.jobs.redis_keys import Keys


class JobStatus(str, Enum):
    """RQ's statuses. The last five are where a job can end or wait besides a queue."""

    QUEUED = "queued"
    STARTED = "started"
    FINISHED = "finished"
    FAILED = "failed"
    STOPPED = "stopped"
    CANCELED = "canceled"
    DEFERRED = "deferred"
    SCHEDULED = "scheduled"

    def __str__(self) -> str:
        return self.value


ENDED = (JobStatus.FINISHED, JobStatus.FAILED, JobStatus.STOPPED, JobStatus.CANCELED)
WAITING = (JobStatus.DEFERRED, JobStatus.SCHEDULED, JobStatus.QUEUED)
"""In the order in which a job moves on."""
ACTIVE = (*WAITING, JobStatus.STARTED)
MOST_LACKED = 20
LONGEST_PAUSE = 0.5
"""Seconds between two looks of one who waits for a job."""


def _whether(status: JobStatus) -> bool:
    """Whether a job is in that status now: a property, of which mypy is to see the value."""
    return cast("bool", property(lambda job: job.get_status() == status))


class Store(Protocol):
    """What a Job asks of the store that it lies in; `store.JobStore` says what each does."""

    client: Any
    keys: Keys
    settings: Settings
    signer: Signer

    def run_script(self, script: str, keys: tuple[str, ...], *args: Any) -> Any: ...
    def attempts(self, job: Job) -> list[Job]: ...
    def delete(self, run: str) -> None: ...
    def end(
        self, job: Job, status: JobStatus, *, was: JobStatus | None = None, reason: str = ""
    ) -> JobStatus | None: ...
    def fetch_newest(self, job: Job) -> Job: ...
    def find_line(self, first_run: str, job_id: str) -> Job | None: ...
    def fetch_run(self, run: str) -> Job: ...
    def message_of(self, run: str) -> bytes: ...
    def opened(self, what: str, run: str, sealed: bytes) -> Any: ...
    def position(self, job: Job) -> int | None: ...
    def requeue(self, job: Job, *, dependants: bool = False) -> Job: ...


@dataclass(eq=False)
class Job:
    """A job, as one of its runs has it: it has more when it is repeated, run again or requeued.

    `refresh()` goes on to the newest run; `get_status()`, `cancel()` and `stop()` do so by
    themselves. Two Job objects are equal when they stand for the same job.
    """

    store: Store = field(repr=False)
    run_id: str
    first_run: str
    """The run that it began with."""
    id: str
    site: str
    user: str
    method: str
    """Dotted path, or the name of a callable that travelled by value."""
    queue: str
    job_name: str
    timeout: int
    """Seconds that it may run; -1: as long as it likes."""
    status: JobStatus
    created_at: datetime
    """Naive UTC, like RQ's."""
    enqueued_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    exc_info: str | None = None
    """The traceback of a failed run, or why it was stopped or abandoned."""
    worker_name: str | None = None
    message: bytes = field(default=b"", repr=False)
    sealed_result: bytes = field(default=b"", repr=False)
    looks: bool = False
    """Whether it is to find out that its site's database is back (`limits.outages`)."""
    caught: BaseException | None = None
    """What its run in this process raised and Frappe caught, so that it ends as finished."""
    resuming: Any = field(default=None, repr=False)
    """How far its run in this process is, where it loops over `each` (`resumable.state`)."""
    lacked: list[str] = field(default_factory=list)
    """What of Frappe's it met that is not there, and caught itself: it finished without that."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Job) and other.first_run == self.first_run

    def __hash__(self) -> int:
        return hash(self.first_run)

    def note_lacked(self, thing: str) -> None:
        """Its code has met something that is not there."""
        if thing not in self.lacked and len(self.lacked) < MOST_LACKED:
            self.lacked.append(thing)

    # -- what it runs

    @cached_property
    def opened(self) -> JobMessage:
        """Its message, read once; raises Refused when the record was altered."""
        try:
            message = self.message or self.store.message_of(self.run_id)
        except NoSuchJob:
            newest = self.store.fetch_newest(self)
            if newest.run_id == self.run_id:
                raise
            return newest.opened  # it is an attempt, whose message has gone
        return JobMessage.open(self.store.signer, message, self.run_id)

    @property
    def kwargs(self) -> dict[str, Any]:
        """The arguments; raises Refused when the record was altered."""
        return self.opened.decoded_kwargs()

    @property
    def function(self) -> str | Callable[..., Any]:
        """What is called: a dotted path, or a callable that travelled by value."""
        return self.opened.decoded_method()

    @property
    def args(self) -> tuple[Any, ...]:
        """By position: in Celery's canvas, what the task before it returned; Frappe names all."""
        return tuple(codec.decode(self.opened.args) or ())

    @property
    def func_name(self) -> str:
        """RQ's name for `method`."""
        return self.method

    @property
    def label(self) -> str:
        """How logs and mails call it: a scheduled method by its own path, not its wrapper's."""
        return self.opened.label

    @cached_property
    def retries_left(self) -> int:
        """How often it may still be repeated after a failure; its own code may set it.

        Frappe v17's `enqueue_task` sets 0 for an exception that `retry_on` does not name.
        """
        return repetitions(self.opened)[0]

    @property
    def origin(self) -> str:
        """RQ's name for `queue`."""
        return self.queue

    @property
    def description(self) -> str:
        """The call as Python has it: `myapp.tasks.sync('a', limit=5)`."""
        given = [*map(repr, self.args), *(f"{k}={v!r}" for k, v in self.kwargs.items())]
        return f"{self.method}({', '.join(given)})"

    # -- how it went

    def get_status(self, refresh: bool = True) -> JobStatus:
        """Its status now, or as last read with `refresh=False`."""
        if refresh:
            self.refresh()
        return self.status

    is_queued = _whether(JobStatus.QUEUED)
    is_started = _whether(JobStatus.STARTED)
    is_finished = _whether(JobStatus.FINISHED)
    """Its method returned; what failed or was stopped is not finished."""
    is_failed = _whether(JobStatus.FAILED)
    """It raised, ran out of time, or its process died."""
    is_stopped = _whether(JobStatus.STOPPED)
    """Somebody stopped it while it ran."""
    is_canceled = _whether(JobStatus.CANCELED)
    """Somebody canceled it before it ran."""
    is_deferred = _whether(JobStatus.DEFERRED)
    """It waits for other jobs (`depends_on`)."""
    is_scheduled = _whether(JobStatus.SCHEDULED)
    """It waits for its time, and then in its queue."""

    @property
    def result(self) -> Any:
        """What the method returned; None while it has not, and where it failed.

        It is kept for `rq_results_ttl` seconds; a Job that has read it keeps it.
        """
        if self.status not in ENDED:
            self.refresh()
        if not self.sealed_result:
            return None
        return self.store.opened("result", self.run_id, self.sealed_result)

    def return_value(self, refresh: bool = False) -> Any:
        """RQ's name for `result`."""
        if refresh:
            self.refresh()
        return self.result

    def wait(self, timeout: float | None = None) -> JobStatus:
        """Wait until it has ended, with all repetitions, and return how; then `result` is there.

        For scripts, consoles and tests: a request or a job that waits keeps a process from others,
        and what an open transaction has enqueued does not start while it is waited for.

        Args:
            timeout: seconds; None: as long as it takes.

        Raises:
            NotEnded: a TimeoutError; it has not ended in that time.
            NoSuchJob: it is deleted, or past its retention.
        """
        for pause in self._looks(timeout):
            time.sleep(pause)
        return self.status

    async def ended(self, timeout: float | None = None) -> JobStatus:
        """`wait` of code on an event loop, which it does not block."""
        looks = self._looks(timeout)
        while (pause := await asyncio.to_thread(next, looks, None)) is not None:
            await asyncio.sleep(pause)
        return self.status

    def _looks(self, timeout: float | None) -> Iterator[float]:
        """Read it until it has ended; a pause, in seconds, is to be made after each look."""
        require(timeout is None or is_number(timeout), "timeout", timeout, "a number of seconds")
        until, pause = time.monotonic() + (inf if timeout is None else timeout), 0.01
        while True:
            self.refresh()
            if self.status in ENDED:
                return
            if (left := until - time.monotonic()) <= 0:
                raise NotEnded(f"job {self.id} is {self.status} after {timeout} seconds")
            yield min(pause, left)
            pause = min(2 * pause, LONGEST_PAUSE)

    @property
    def attempts(self) -> list[Job]:
        """Its runs before the newest: they failed and were repeated, or were requeued. The first
        one first; of more than 20 that and the newest 19.
        """
        return self.store.attempts(self)

    # -- what it depends on

    @property
    def dependency_ids(self) -> list[str]:
        """Ids of the jobs that it waits or waited for."""
        return [id for _, id, _ in self._lines]

    def fetch_dependencies(self) -> list[Job]:
        """The jobs that it waits or waited for, their newest runs, with what they returned.

        They are kept until it has ended; one that was deleted is left out.
        """
        found = (self.store.find_line(first, id) for first, id, _ in self._lines)
        return [job for job in found if job is not None]

    @property
    def _lines(self) -> list[Line]:
        """Without what a batch has it wait for, whose runs are none."""
        return [line for line in self.opened.depends_on or () if "/" not in line[0]]

    @property
    def number_of_dependants(self) -> int:
        """How many jobs depend on it that have not ended."""
        return int(self.store.client.zcard(self.store.keys.dependants(self.first_run)))

    # -- what can be done with it

    def refresh(self) -> None:
        """Read its newest run; raises NoSuchJob when no record is left."""
        newest = self.store.fetch_newest(self)
        if newest.run_id != self.run_id:
            self.__dict__.clear()  # what was read of the run before
        else:
            newest.resuming = self.resuming
        self.__dict__.update(newest.__dict__)

    def get_position(self) -> int | None:
        """Place in its queue, 0 for the next one; None when it does not wait."""
        return self.store.position(self)

    def cancel(self) -> None:
        """Have it never start; raises InvalidJobOperation when it does not wait any more."""
        for was in WAITING:
            if self._ends(JobStatus.CANCELED, was, "canceled before it started"):
                return
        raise InvalidJobOperation(
            f"job {self.id} is {self.get_status() or 'gone'}: only one that waits is canceled"
        )

    def stop(self) -> None:
        """End it while it runs: as stopped, at once; its process is killed within a second, of a
        resumable job after ten, if it has not come to the end of an item by then.

        No code of it runs any more, `on_failure` neither, as when RQ stops a job. In a worker
        without processes (threads, solo) its code runs on, to no effect on its record.

        Raises:
            InvalidJobOperation: it does not run.
        """
        if not self._ends(JobStatus.STOPPED, JobStatus.STARTED, "stopped while it ran"):
            raise InvalidJobOperation(
                f"job {self.id} is {self.get_status() or 'gone'}: it does not run"
            )

    def _ends(self, status: JobStatus, was: JobStatus, reason: str) -> bool:
        if (
            self.get_status() != was
            or self.store.end(self, status, was=was, reason=reason) != status
        ):
            return False
        with suppress(FrappeCeleryError):  # a record that was altered
            if self.opened.task_id:
                providers.revoked(self.opened, reason)
        self.refresh()
        return True

    def delete(self) -> None:
        """Remove its record with its attempts', and it from its queue."""
        self.store.delete(self.run_id)

    def stop_and_delete(self) -> None:
        """The same, and stop it first where it runs."""
        if self.store.fetch_newest(self).status == JobStatus.STARTED:
            self.stop()
        self.delete()

    def requeue(self, *, dependants: bool = False) -> Job:
        """Run an ended job again, as a new run under the same id.

        Args:
            dependants: once it has finished, the jobs come back that its failure had canceled, and
                after each of these its own; without it they stay canceled.
        """
        self.refresh()
        return self.store.requeue(self, dependants=dependants)


ABOUT = "job_message"
"""A log line's `extra={ABOUT: message}` says which job it is about, where none runs."""
_current: ContextVar[Job | None] = ContextVar("frappe_celery_job", default=None)
message_in_hand: ContextVar[JobMessage | None] = ContextVar("frappe_celery_message", default=None)
"""What a worker has taken, in the context that runs it: log lines tell of it, also before its job
begins and after its end."""


def current_job() -> Job | None:
    """The job whose code calls it, as RQ's `get_current_job` has it; None outside of one."""
    return _current.get()


get_current_job = current_job


@contextmanager
def running(job: Job) -> Iterator[None]:
    token = _current.set(job)
    try:
        yield
    finally:
        _current.reset(token)
