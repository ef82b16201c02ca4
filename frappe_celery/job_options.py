"""What a job can be asked beyond what `frappe.enqueue` knows: later, again, safe to run twice.

    from frappe_celery import Retry, enqueue_in, options

    @options(idempotent=True, retry=Retry(max=5))
    def sync(customer): ...

    options(retry=Retry(max=3)).enqueue("myapp.tasks.sync", queue="long", customer="X")
    enqueue_in(60, "myapp.tasks.remind", user="X")

`frappe.enqueue` itself takes none of this, since its keywords belong to the method (v17's `retry`
excepted). What a call says wins over its method's declaration, that over its queue's configuration.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from importlib import import_module
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from frappe_celery.errors import ConfigError

Function = TypeVar("Function", bound=Callable[..., Any])

_DECLARED = "__frappe_celery_options__"


@dataclass(frozen=True)
class Retry:
    """How a job that raised is repeated: at most `max` times, after pauses that grow.

    The n-th pause is `delay * factor ** (n - 1)` seconds, at most `longest`; of it a random part,
    up to the share `jitter` (0 to 1), is left out, so that jobs which failed together do not come
    back together. Meanwhile the job is `scheduled`. Every attempt is a run of its own under the
    same job id, as the same user on the same site, with its Error Log and `on_failure`; the last
    one's failure is final. What dies with its process is not repeated (see `idempotent`).

    Raises:
        ConfigError: a number that cannot be followed.
    """

    max: int
    delay: float = 10.0
    factor: float = 2.0
    longest: float = 3600.0
    jitter: float = 0.5

    def __post_init__(self) -> None:
        whole = isinstance(self.max, int) and not isinstance(self.max, bool)
        if not whole or self.max < 0:
            raise ConfigError(f"Retry(max={self.max!r}): it must be a whole number, 0 or more")
        for name, least, most in (
            ("delay", 0, None),
            ("factor", 1, None),
            ("longest", 0, None),
            ("jitter", 0, 1),
        ):
            value = getattr(self, name)
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if not number or not least <= value <= (value if most is None else most):
                limits = f"{least} or more" if most is None else f"from {least} to {most}"
                raise ConfigError(f"Retry({name}={value!r}): it must be a number, {limits}")

    @property
    def backoff(self) -> list[float]:
        """What of it travels with a job besides `max`."""
        return [self.delay, self.factor, self.longest, self.jitter]


def pause(backoff: list[float] | None, attempt: int, chance: float | None = None) -> float:
    """Seconds from the failure of an attempt (1 the first) to the next; `chance` is 0 to 1."""
    if backoff is None:
        return 0.0
    delay, factor, longest, jitter = backoff
    try:
        whole = min(delay * factor ** (attempt - 1), longest)
    except OverflowError:
        whole = longest
    return whole * (1 - jitter * (random.random() if chance is None else chance))


@dataclass(frozen=True)
class Options:
    """What `options` gives: a decorator for methods, and ways to enqueue that follow it."""

    max_deliveries: int | None = None
    """How often it may be run when its process dies; 1: once; None: not said."""
    retry: Retry | None = None
    at: float | None = None
    """Seconds since the epoch before which it does not start."""

    def __call__(self, function: Function) -> Function:
        """Declare it of a method."""
        setattr(function, _DECLARED, self)
        return function

    def over(self, other: Options) -> Options:
        """These, and where they say nothing, the other ones."""
        if other is NOTHING_SAID:
            return self
        deliveries = self.max_deliveries
        return Options(
            other.max_deliveries if deliveries is None else deliveries,
            other.retry if self.retry is None else self.retry,
            self.at,
        )

    def enqueue(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """`frappe_celery.enqueue` for this one call."""
        from frappe_celery.enqueue_shim import enqueue_with

        return enqueue_with(self, method, *args, **kwargs)

    def enqueue_in(
        self, delay: float | timedelta, method: str | Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        """As `frappe_celery.enqueue_in`."""
        return self._later(time.time() + _seconds(delay), method, args, kwargs)

    def enqueue_at(
        self, when: datetime, method: str | Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        """As `frappe_celery.enqueue_at`."""
        return self._later(_instant(when), method, args, kwargs)

    def _later(
        self,
        at: float,
        method: str | Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        return Options(self.max_deliveries, self.retry, at).enqueue(method, *args, **kwargs)


def options(
    *,
    idempotent: bool | None = None,
    max_deliveries: int | None = None,
    retry: Retry | int | None = None,
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

    Raises:
        ConfigError: a value that cannot be followed.
    """
    if max_deliveries is not None:
        whole = isinstance(max_deliveries, int) and not isinstance(max_deliveries, bool)
        if not whole or max_deliveries < 1 or not idempotent:
            raise ConfigError(
                f"max_deliveries={max_deliveries!r} with idempotent={idempotent!r}: it is a whole"
                " number above 0 and needs idempotent=True"
            )
    if idempotent is False:
        max_deliveries = 1
    elif idempotent and max_deliveries is None:
        max_deliveries = AS_CONFIGURED
    if retry is not None and not isinstance(retry, Retry):
        retry = Retry(retry)
    return Options(max_deliveries, retry)


AS_CONFIGURED = 0
"""In place of a number of deliveries: the configuration's."""
NOTHING_SAID = Options()


def enqueue_in(
    delay: float | timedelta, method: str | Callable[..., Any], *args: Any, **kwargs: Any
) -> Any:
    """`frappe_celery.enqueue` that has the job wait for `delay` (seconds or a timedelta) first.

    Until then it is `scheduled`: kept in Redis in a sorted set, not in any process, so that it
    survives restarts, and handed to its queue, once, by whichever worker sees first that it is due.
    `deduplicate` counts it as waiting; `Job.cancel()` takes it out.

    Raises:
        ConfigError: no number of seconds, or `now=True` or `is_async=False`.
        As `enqueue` does.
    """
    return NOTHING_SAID.enqueue_in(delay, method, *args, **kwargs)


def enqueue_at(when: datetime, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Like `enqueue_in`, with the time itself; a naive one is in the site's time zone.

    A time that is past means now.

    Raises:
        ConfigError: no datetime, or `now=True` or `is_async=False`.
        As `enqueue` does.
    """
    return NOTHING_SAID.enqueue_at(when, method, *args, **kwargs)


def declared(method: str | Callable[..., Any]) -> Options:
    """What is declared of a method, which is imported for that; nothing where it cannot be."""
    function: Any = method
    if isinstance(method, str):
        module, _, name = method.rpartition(".")
        try:
            function = getattr(import_module(module), name, None)
        except Exception:
            return NOTHING_SAID
    found = getattr(function, _DECLARED, NOTHING_SAID)
    return found if isinstance(found, Options) else NOTHING_SAID


def _seconds(delay: float | timedelta) -> float:
    if isinstance(delay, timedelta):
        return delay.total_seconds()
    number = isinstance(delay, (int, float)) and not isinstance(delay, bool)
    if not number or not abs(delay) < 1e10:
        raise ConfigError(f"enqueue_in({delay!r}, …): give seconds or a timedelta")
    return delay


def _instant(when: datetime) -> float:
    if not isinstance(when, datetime):
        raise ConfigError(f"enqueue_at({when!r}, …): give a datetime")
    if when.utcoffset() is None:
        from frappe_celery import hosts
        from frappe_celery.config import settings
        from frappe_celery.schedule.timing import Timing

        zone = Timing.of(settings.current(), hosts.current().current_site()).zone
        when = when.replace(tzinfo=ZoneInfo(zone))
    return when.astimezone(timezone.utc).timestamp()
