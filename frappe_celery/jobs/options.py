"""What a job can be asked beyond what `frappe.enqueue` knows: later, again, safe to run twice.

`frappe_celery.options` declares it of a method, or says it of one call (`job_options`).
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from frappe_celery.config import settings
from frappe_celery.config.job_defaults import NO_DEFAULTS, JobDefaults, covering
from frappe_celery.config.numbers import require
from frappe_celery.jobs.message import JobMessage

DECLARED = "__frappe_celery_options__"
"""The attribute of a function that has declared some."""

Backoff = list[float] | dict[str, list[float]] | None
"""As it travels with a job: `Retry.backoff`, or the pauses themselves, as RQ has them."""


def rqs_retry(retry: Any) -> dict[str, Any]:
    """What Frappe v17 takes as `retry` in a message's words.

    Raises:
        ConfigError: neither a number of repetitions nor RQ's `Retry(max=…, interval=…)`.
    """
    if retry is None:
        return {}
    number = getattr(retry, "max", retry) or 0
    intervals = list(getattr(retry, "intervals", None) or ())
    are_right = all(type(n) is int and n >= 0 for n in (number, *intervals))
    words = "a whole number of repetitions, or RQ's Retry(max=…, interval=…)"
    require(are_right, "retry", retry, words)
    return rqs_repeats(number, intervals)


def rqs_repeats(number: int, intervals: Sequence[int]) -> dict[str, Any]:
    """So many repetitions, and the pauses before them, in a message's words.

    Of fewer intervals than repetitions RQ takes the first one until the others just suffice
    (`Job.get_retry_interval`).
    """
    surplus = number - len(intervals)
    pauses = [intervals[max(n - surplus, 0)] for n in range(number)] if any(intervals) else None
    return {"retries": number, "backoff": pauses and {"pauses": pauses}}


def pause(backoff: Backoff, attempt: int, chance: float | None = None) -> float:
    """Seconds from the failure of an attempt (1 the first) to the next; `chance` is 0 to 1."""
    if backoff is None:
        return 0.0
    if isinstance(backoff, dict):
        pauses = backoff["pauses"]
        return pauses[min(attempt, len(pauses)) - 1]
    delay, factor, max_delay, jitter = backoff
    try:
        whole = min(delay * factor ** (attempt - 1), max_delay)
    except OverflowError:
        whole = max_delay
    return whole * (1 - jitter * (random.random() if chance is None else chance))


@dataclass(frozen=True)
class JobOptions(JobDefaults):
    """What is asked of a method's jobs, or of one."""

    at: float | None = None
    """Seconds since the epoch before which it does not start."""
    depends_on: Any = None
    """What it waits for (`dependencies.dependency`)."""
    batch: Any = None
    """The `batches.Batch` that it belongs to."""
    limit_key: str | None = None
    """What limits on keys count it under."""
    running: int | None = None
    """How many of the method run at once."""
    per_minute: int | None = None
    """How many of the method begin within any 60 seconds."""
    unique: Any = None
    """Which jobs ask for the same, of which one does it (`unique.Unique`)."""
    resumable: bool | None = None
    """Whether a run of the method goes on where the one before stopped (`jobs.resumable`)."""

    @property
    def limits(self) -> dict[str, Any]:
        """What of it the bench knows of a method's jobs, however they were enqueued (`limits`)."""
        said = {"running": self.running, "per_minute": self.per_minute, "key": self.limit_key}
        said |= {"fresh_process": self.fresh_process or None}
        return {name: value for name, value in said.items() if value is not None}

    def over(self, other: JobDefaults) -> JobOptions:
        """These, and where they say nothing, the other ones."""
        if other is NO_OPTIONS or other is NO_DEFAULTS:  # asked for each job: no copy
            return self
        return replace(self, **{n: v for n, v in vars(other).items() if getattr(self, n) is None})


NO_OPTIONS = JobOptions()


def follow(asked: JobOptions, message: JobMessage) -> None:
    """Write what is asked into a message that nobody has seen yet; what it says already stays."""
    if asked.retry is not None and not _says_retries(message):
        message.retries, message.backoff = asked.retry.max, asked.retry.backoff
    if asked.max_deliveries is not None:
        message.max_deliveries = asked.max_deliveries or settings.current().max_deliveries
    message.limit_key = asked.limit_key


def _says_retries(message: JobMessage) -> bool:
    return bool(message.retries) or message.backoff is not None or message.attempt > 1


def repetitions(message: JobMessage) -> tuple[int, Backoff]:
    """How often a run may still be repeated after a failure, and after which pauses."""
    retry = None if _says_retries(message) else default_options(message).retry
    return (message.retries, message.backoff) if retry is None else (retry.max, retry.backoff)


def default_options(message: JobMessage) -> JobOptions:
    """What counts where a job's call said nothing: what is said of its method, else of its queue.

    What travels by value is known by its name alone, and has no declaration here.
    """
    label = message.label
    queue = settings.current().queues.get(message.queue)
    asked = of_method(label if isinstance(message.method, str) else None, label)
    return asked if queue is None else asked.over(queue.defaults)


def of_method(method: str | Callable[..., Any] | None, path: str) -> JobOptions:
    """What is declared of a method, and where it says nothing what is configured for its path."""
    asked = NO_OPTIONS if method is None else declared(method)
    for said in covering(path, settings.current().methods):
        asked = asked.over(said)
    return asked


def declared(method: str | Callable[..., Any]) -> JobOptions:
    """What is declared of a method, which is imported for that; nothing where it cannot be."""
    function: Any = method
    if isinstance(method, str):
        module, _, name = method.rpartition(".")
        try:
            function = getattr(sys.modules.get(module) or import_module(module), name, None)
        except Exception:
            return NO_OPTIONS
    found = getattr(function, DECLARED, NO_OPTIONS)
    return found if isinstance(found, JobOptions) else NO_OPTIONS
