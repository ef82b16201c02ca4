"""Every error that frappe_celery raises, as one tree that a caller can catch by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class FrappeCeleryError(Exception):
    """What every error of this package is, to catch them all by."""

    enqueued: Sequence[Any] = ()
    """What `enqueue_many` had enqueued before it broke."""


class ValidationError(Exception):
    """Frappe's word for input that it refuses; `frappe.ValidationError` of the standalone host."""

    http_status_code = 417


class CannotStart(SystemExit):
    """Ends a worker or beat at its start, with a sentence on standard error."""

    reason = ""
    """What the last one of this process said, for who looks after it has ended."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Error: {reason}")
        CannotStart.reason = reason


class ConfigError(FrappeCeleryError, ValueError):
    """A setting, a site's configuration or a hooks.py says something that cannot be followed."""


class FrappeDiffers(ConfigError):
    """A name of the installed Frappe's or RQ's is not as the bench host was made for."""


class UnknownQueue(FrappeCeleryError, ValidationError, ValueError):
    """`queue` is neither one of Frappe's three nor one of `workers` in the configuration."""


class BadTimeout(FrappeCeleryError, ValueError):
    """`timeout` is neither a positive number of seconds, nor -1, nor a text like '1h'."""


class CannotTravel(FrappeCeleryError, TypeError):
    """An argument of a job cannot be carried to a worker."""


class DeduplicateNeedsJobId(FrappeCeleryError, ValidationError, ValueError):
    """`deduplicate=True` was given without the `job_id` that it compares by."""


class QueueOverloaded(FrappeCeleryError, ValidationError):
    """Too many jobs wait (Frappe v16: `max_queued_jobs`)."""


class BrokerUnreachable(FrappeCeleryError, ConnectionError):
    """The broker or the job store's Redis did not answer."""


class NoSuchJob(FrappeCeleryError, LookupError):
    """No record of that job id exists: never enqueued, deleted, or past its retention."""


class NotEnded(FrappeCeleryError, TimeoutError):
    """`Job.wait`: the job has not ended in that time."""


class InvalidJobOperation(FrappeCeleryError):
    """The job's status does not allow what was asked (RQ's error of that name)."""


class Refused(FrappeCeleryError):
    """Not acted on: the signature is missing or wrong, or the record contradicts it."""


class _OfADriver(BaseException):
    """Its text is one line, since lists show the last one: drivers add hints below theirs."""

    def __init__(self, text: str) -> None:
        super().__init__(" ".join(text.split()))


class DatabaseAway(_OfADriver):
    """A job cannot begin: its site's database does not let it in, as the text says. No Exception,
    so that nobody takes it for the job's own failure."""


class GoesOn(BaseException):
    """A resumable job leaves its process at the end of an item, and goes on in another run. No
    Exception, so that nobody takes it for an error."""

    def __init__(self, why: str, first: bool) -> None:
        super().__init__(why)
        self.first = first
        """Whether it is the next one in its queue."""


class CommitInDoubt(_OfADriver, FrappeCeleryError):
    """The database was lost while a job's work was committed: its rows may be there."""


class ItemInDoubt(FrappeCeleryError):
    """An item of `each` was begun and committed by itself, and its run ended before its end."""

    def __init__(self, loop: str, key: Any) -> None:
        super().__init__(loop, key)
        self.loop, self.key = loop, key

    def __str__(self) -> str:
        of = f" of the loop {self.loop!r}" if self.loop else ""
        return (
            f"item {self.key!r}{of} had committed by itself when its run ended: whether all of it"
            ' was done nobody knows. Look, and say on_doubt="again" or "skip"'
        )


class ItemUndone(FrappeCeleryError):
    """An item of `each` was rolled back each time that it was done."""


class ItemsFailed(FrappeCeleryError):
    """Items of `each(on_error="continue")` that raised; all others are done."""

    def __init__(self, failures: Sequence[tuple[Any, str]]) -> None:
        super().__init__(failures)
        self.failures = failures
        """Keys, and what each raised."""

    def __str__(self) -> str:
        listed = "".join(f"\n  {key!r}: {error}" for key, error in self.failures[:100])
        return f"{len(self.failures)} items raised, and are not done:{listed}"


class NotRun(FrappeCeleryError):
    """The run's record forbids that it starts: canceled, deleted, or claimed by another process."""


class AbandonedJobError(FrappeCeleryError):
    """The process that ran the job died before the job ended."""


class NeedsFrappeSite(FrappeCeleryError):
    """The standalone host does not have the thing asked for; a Frappe site does."""


class UnreadableStatement(FrappeCeleryError, ValueError):
    """SQL that is not MariaDB's, to be carried to another database."""


class JobTimeoutException(Exception):
    """Raised inside a job when its time is up (`rq.timeouts.JobTimeoutException`)."""
