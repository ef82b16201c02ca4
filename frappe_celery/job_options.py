"""What a job can be asked beyond what `frappe.enqueue` knows: later, again, safe to run twice.

    from frappe_celery import Retry, enqueue_in, options

    @options(idempotent=True, retry=Retry(max=5), running=2)
    def sync(customer): ...

    options(retry=Retry(max=3)).enqueue("myapp.tasks.sync", queue="long", customer="X")
    enqueue_in(60, "myapp.tasks.remind", user="X")

`frappe.enqueue` itself takes none of this, since its keywords belong to the method (v17's `retry`
excepted). What a call says wins over its method's declaration, that over its queue's configuration.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any, Generic, Literal, TypeVar, cast, overload
from zoneinfo import ZoneInfo

from frappe_celery import enqueue_shim, many
from frappe_celery.config.job_defaults import DELIVERIES, Retry, check_memory
from frappe_celery.config.numbers import is_number, is_whole, require, shown
from frappe_celery.enqueue_shim import ASKED, Callback, Method
from frappe_celery.errors import ConfigError
from frappe_celery.jobs import Job, hosts, unique
from frappe_celery.jobs.dependencies.dependency import several
from frappe_celery.jobs.limits import declarations
from frappe_celery.jobs.limits.rules import checked_number
from frappe_celery.jobs.options import DECLARED, JobOptions

__all__ = ["Options", "Retry", "enqueue_at", "enqueue_in", "options"]

OF_METHODS = ("running", "per_minute", "max_memory", "fresh_process", "resumable")
Function = TypeVar("Function", bound=Callable[..., Any])
T = TypeVar("T")


class _Asking(Generic[T]):
    """A function that enqueues, as a method of what says what is asked of its jobs."""

    def __init__(self, function: T) -> None:
        self._function: Any = function

    def __get__(self, asks: Enqueues, owner: object = None) -> T:
        def enqueues(*args: Any, **kwargs: Any) -> Any:
            return self._function(*args, **{**kwargs, **asks._of_a_call()})

        return cast("T", enqueues)


class Enqueues:
    """Ways to enqueue jobs of which something is asked beyond `enqueue`'s own words."""

    def _of_a_call(self) -> dict[str, Any]:
        """The keyword by which that is told; raises ConfigError."""
        raise NotImplementedError

    enqueue = _Asking(enqueue_shim.enqueue)
    """As `frappe_celery.enqueue`, with these options for this one call."""
    enqueue_many = _Asking(many.enqueue_many)
    """As `frappe_celery.enqueue_many`, with these options for all jobs of this one call."""


@dataclass(frozen=True)
class Options(JobOptions, Enqueues):
    """What `options` gives: a decorator for methods, and ways to enqueue that follow it."""

    def __call__(self, function: Function) -> Function:
        """As a decorator: every job of the method has these options."""
        if (self.depends_on, self.batch, self.unique) != (None, None, None):
            raise ConfigError(
                "depends_on, a batch, unique_for, debounce and keep_newest are said of one call,"
                " not of a method: options(depends_on=…).enqueue(…)"
            )
        setattr(function, DECLARED, self)
        declarations.declare(function, self)
        return function

    def _of_a_call(self) -> dict[str, Any]:
        if any(getattr(self, name) is not None for name in OF_METHODS):
            raise ConfigError(
                f"{', '.join(OF_METHODS)}: these are said of a method, not of one call: as a"
                " decorator, in the configuration, or by frappe-celery limits set"
            )
        if self.at is not None and (self.depends_on is not None or self.batch is not None):
            given = {"depends_on": self.depends_on, "a batch": self.batch}
            others = " and ".join(name for name, value in given.items() if value is not None)
            raise ConfigError(
                "a job of enqueue_in or enqueue_at waits for its time alone, and this one has"
                f" {others} too: call enqueue instead, or leave out {others}"
            )
        return {ASKED: self}

    @overload
    def enqueue_in(
        self, delay: float | timedelta, method: Method, queue: str = ...,
        timeout: int | str | None = ..., event: str | None = ..., is_async: Literal[True] = ...,
        job_name: str | None = ..., now: Literal[False] = ...,
        enqueue_after_commit: Literal[False] = ..., *, on_success: Callback = ...,
        on_failure: Callback = ..., at_front: bool = ..., job_id: str | None = ...,
        deduplicate: Literal[False] = ..., **kwargs: Any,
    ) -> Job: ...  # fmt: skip
    @overload
    def enqueue_in(
        self, delay: float | timedelta, method: Method, queue: str = ...,
        timeout: int | str | None = ..., event: str | None = ..., is_async: Literal[True] = ...,
        job_name: str | None = ..., now: Literal[False] = ..., enqueue_after_commit: bool = ..., *,
        on_success: Callback = ..., on_failure: Callback = ..., at_front: bool = ...,
        job_id: str | None = ..., deduplicate: bool = ..., **kwargs: Any,
    ) -> Job | None: ...  # fmt: skip
    def enqueue_in(
        self, delay: float | timedelta, method: Method, *args: Any, **kwargs: Any
    ) -> Any:
        """`enqueue` that has the job wait for `delay` (seconds or a timedelta) first.

        Until then it is `scheduled`: kept in Redis in a sorted set, not in any process, so that it
        survives restarts, and handed to its queue, once, by whichever worker sees first that it is
        due. `deduplicate` counts it as waiting; `Job.cancel()` takes it out.

        Raises:
            ConfigError: no number of seconds, or `now=True` or `is_async=False`.
            As `enqueue` does.
        """
        return replace(self, at=time.time() + seconds(delay)).enqueue(method, *args, **kwargs)

    @overload
    def enqueue_at(
        self, when: datetime, method: Method, queue: str = ..., timeout: int | str | None = ...,
        event: str | None = ..., is_async: Literal[True] = ..., job_name: str | None = ...,
        now: Literal[False] = ..., enqueue_after_commit: Literal[False] = ..., *,
        on_success: Callback = ..., on_failure: Callback = ..., at_front: bool = ...,
        job_id: str | None = ..., deduplicate: Literal[False] = ..., **kwargs: Any,
    ) -> Job: ...  # fmt: skip
    @overload
    def enqueue_at(
        self, when: datetime, method: Method, queue: str = ..., timeout: int | str | None = ...,
        event: str | None = ..., is_async: Literal[True] = ..., job_name: str | None = ...,
        now: Literal[False] = ..., enqueue_after_commit: bool = ..., *, on_success: Callback = ...,
        on_failure: Callback = ..., at_front: bool = ..., job_id: str | None = ...,
        deduplicate: bool = ..., **kwargs: Any,
    ) -> Job | None: ...  # fmt: skip
    def enqueue_at(self, when: datetime, method: Method, *args: Any, **kwargs: Any) -> Any:
        """Like `enqueue_in`, with the time itself; a naive one is in the site's time zone.

        A time that is past means now.

        Raises:
            ConfigError: no datetime, or `now=True` or `is_async=False`.
            As `enqueue` does.
        """
        return replace(self, at=instant(when)).enqueue(method, *args, **kwargs)


def options(
    *,
    idempotent: bool | None = None,
    max_deliveries: int | None = None,
    retry: Retry | int | None = None,
    limit_key: str | None = None,
    running: int | None = None,
    per_minute: int | None = None,
    max_memory: int | None = None,
    fresh_process: bool | None = None,
    resumable: bool | None = None,
    depends_on: Any = None,
    unique_for: float | None = None,
    debounce: float | None = None,
    max_wait: float | None = None,
    keep_newest: bool | None = None,
    unique_key: str | None = None,
) -> Options:
    """Options of a method (as a decorator) or of one call (`options(…).enqueue(method, …)`).

    Args:
        idempotent: True: its code may run twice, so that it is run again when its process died;
            False: not even when its method or queue says so.
        max_deliveries: of an idempotent job: how often it may be run, the first time included,
            before a process that dies again is its own fault; `max_deliveries` in the
            configuration when not given.
        retry: how it is repeated when it raised; a number: that often, with Retry's own pauses;
            0: not, whatever the method declares.
        limit_key: what limits on keys count its jobs under, such as `customer-7`; how many of them
            may run the configuration says, or `frappe-celery limits set` (docs/many-sites.md).
        running, per_minute: of a method, as a decorator: how many of its jobs run at once, and
            begin within any 60 seconds. The bench knows it once a process has imported the method;
            numbers of the configuration, or set by `frappe-celery limits set`, win.
        max_memory: of a method, as a decorator: MiB that the process of such a job may have in
            memory; one that has more is killed, and the job fails with that reason. Looked at
            twice a second, in worker processes.
        fresh_process: of a method, as a decorator: True: each of its jobs runs in a process of its
            own, forked from one that has run none (docs/differences.md), in worker processes.
        resumable: of a method, as a decorator: True: it loops over `frappe_celery.each`, and a run
            goes on where the one before stopped (docs/resumable.md); implies idempotent=True.
        depends_on: of one call: a Job, the id of one, a `Dependency`, or any iterable of these,
            which is read at once: it is `deferred` until all of these have ended for good, with
            whatever repetitions; where one fails, is stopped, canceled or deleted, it is canceled
            (docs/parts.md).
        unique_for: of one call, as those below: seconds from the enqueue for which no other job is
            enqueued that asks for the same; one that failed for good, was canceled or deleted is
            none (docs/unique.md).
        debounce, max_wait: it runs once nobody has asked for the same for so many seconds, at the
            latest `max_wait` seconds after the first, with the newest arguments.
        keep_newest: True: never two at once, and one that waits gets the newest arguments.
        unique_key: jobs with this key ask for the same; else those with the same method and
            arguments do.

    Raises:
        ConfigError: a value that cannot be followed.
    """
    whether = {"idempotent": idempotent, "fresh_process": fresh_process, "resumable": resumable}
    for name, said in {**whether, "keep_newest": keep_newest}.items():
        require(said in (None, True, False), name, said, "True or False")
    if resumable:
        require(idempotent is not False, "idempotent", idempotent, "left out with resumable=True")
        idempotent = True
    right = is_whole(max_deliveries) and max_deliveries > 0 and idempotent
    if max_deliveries is not None and not right:
        raise ConfigError(
            f"max_deliveries={shown(max_deliveries)} with idempotent={idempotent!r}: it is a whole"
            " number above 0 and needs idempotent=True"
        )
    if max_deliveries is None:
        max_deliveries = DELIVERIES[idempotent]
    if retry is not None and not isinstance(retry, Retry):
        retry = Retry(retry)
    for name, key in (("limit_key", limit_key), ("unique_key", unique_key)):
        if key is not None and (not isinstance(key, str) or not 0 < len(key) <= 140):
            raise ConfigError(f"{name}={shown(key)}: it is a text of 1 to 140 characters")
    check_memory("max_memory", max_memory)
    for name, number in {"running": running, "per_minute": per_minute}.items():
        if number is not None:
            checked_number(name, name, number)
    return Options(
        max_deliveries,
        retry,
        max_memory,
        fresh_process,
        depends_on=depends_on if depends_on is None else several(depends_on),
        limit_key=limit_key,
        running=running,
        per_minute=per_minute,
        unique=unique.asked(unique_for, debounce, max_wait, keep_newest, unique_key),
        resumable=resumable,
    )


enqueue_in, enqueue_at = Options().enqueue_in, Options().enqueue_at
"""`frappe_celery.enqueue` for later."""


def seconds(delay: float | timedelta) -> float:
    """Raises ConfigError: it is no time."""
    if isinstance(delay, timedelta):
        return delay.total_seconds()
    if not is_number(delay) or not abs(delay) < 1e10:
        raise ConfigError(f"{shown(delay)} is no delay: give seconds or a timedelta")
    return delay


def instant(when: datetime) -> float:
    """In seconds since the epoch; ConfigError: it is no datetime."""
    if not isinstance(when, datetime):
        raise ConfigError(f"{shown(when)} is no time: give a datetime")
    if when.utcoffset() is None:
        from frappe_celery.config import settings
        from frappe_celery.schedule.timing import Timing

        zone = Timing.of(settings.current(), hosts.current().current_site()).zone
        when = when.replace(tzinfo=ZoneInfo(zone))
    return when.astimezone(timezone.utc).timestamp()
