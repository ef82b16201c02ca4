"""A run's record: the fields of its hash in Redis, and the Job that they make.

`id`, `place` (`site|queue`), `about` (what never changes, as one JSON list), `enqueued_at`,
`message` (sealed), `status`, and `first_run` of one that follows another; later `started_at`,
`worker`, `ended_at`, `exc_info`, `result` (sealed), `following` (of an attempt: the next run),
`lacked` (JSON), `canceled_by` (JSON: the id of a job that it depended on, and how that ended).
Those of `dependencies` are `depends_on`, `list` (that it will wait in) and `canceled_ttl` of a run
that waits for others, `needed` of one that others wait for, and `keep`: how long it is kept once
they have ended. Of one of a batch or its callback `batch`. Of one that loops over
`each` `resumes`: 1 once it has committed an item, else 0; `progress` (hidden JSON): done, total,
text, when; `lost`: how often its database was lost since an item. Times are seconds since the
epoch.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from frappe_celery.config.signing import Signer
from frappe_celery.errors import Refused
from frappe_celery.jobs import codec
from frappe_celery.jobs.job import JobStatus
from frappe_celery.jobs.message import JobMessage

_EPOCH = datetime(1970, 1, 1)
SHOWN = (
    *("id", "place", "about", "status", "enqueued_at"),
    *("started_at", "ended_at", "exc_info", "worker", "result", "first_run", "lacked"),
    "canceled_by",
)
"""What a Job is made of; the message is read when its arguments are asked for."""
ABOUT = ("user", "method", "job_name", "timeout")
"""What of a Job never changes and lists show."""


def about(message: JobMessage) -> str:
    """What of a message lists show and what never changes."""
    return _about(message.user, message.path, message.name, message.timeout)


@lru_cache(maxsize=256)  # the same few methods are enqueued again and again
def _about(*what: Any) -> str:
    return codec.dumps(what)


def called(about: bytes | str) -> list[str]:
    """The method's path and the name of the job, out of that field."""
    return list(json.loads(about)[1:3])


def of_message(message: JobMessage) -> dict[str, Any]:
    """The arguments of the Job that a message makes when it is enqueued."""
    at = naive_utc(message.enqueued_at)
    return {
        "run_id": message.run,
        "first_run": message.first_run or message.run,
        "id": message.id,
        "site": message.site,
        "user": message.user,
        "method": message.path,
        "queue": message.queue,
        "job_name": message.name,
        "timeout": message.timeout,
        "status": JobStatus.DEFERRED if message.waits else JobStatus.QUEUED,
        "created_at": at,
        "enqueued_at": at,
    }


def of_values(run: str, values: list[bytes | None], signer: Signer) -> dict[str, Any]:
    """The arguments of the Job that a record's SHOWN fields make."""
    record = dict(zip(SHOWN, values))  # noqa: B905 (equal by construction)

    def text(name: str) -> str:
        return (record[name] or b"").decode(errors="replace")

    site, _, queue = text("place").partition("|")
    enqueued_at = timestamp(record["enqueued_at"])
    return {
        "run_id": run,
        "first_run": text("first_run") or run,
        "id": text("id"),
        "site": site,
        "queue": queue,
        **dict(zip(ABOUT, json.loads(text("about")), strict=True)),
        "status": JobStatus(text("status")),
        "created_at": enqueued_at,
        "enqueued_at": enqueued_at,
        "started_at": timestamp(record["started_at"]),
        "ended_at": timestamp(record["ended_at"]),
        "exc_info": shown_reason(record["exc_info"] or b"", signer)
        or canceled_by(record["canceled_by"])
        or None,
        "worker_name": text("worker") or None,
        "sealed_result": record["result"] or b"",
        "lacked": json.loads(record["lacked"] or "[]"),
    }


def timestamp(seconds: bytes | None) -> datetime | None:
    """A record's time as naive UTC, like RQ's."""
    return naive_utc(float(seconds)) if seconds else None


def naive_utc(seconds: float) -> datetime:
    """Seconds since the epoch as RQ has times; raises ValueError where it is none."""
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        raise ValueError(f"{seconds} is no time") from None


def reason(text: str, signer: Signer) -> tuple[Any, ...]:
    """The field of why a run failed, and its value."""
    encoded = text.encode(errors="backslashreplace")  # lone surrogates are no UTF-8
    return "exc_info", signer.hide(encoded)


def shown_reason(hidden: bytes, signer: Signer) -> str:
    """Why a run failed, out of its field; or why that cannot be read."""
    try:
        return signer.show(hidden).decode(errors="replace")
    except Refused as exc:
        return str(exc)


def canceled_by(told: bytes | None) -> str:
    """Why a run was canceled that depended on others, out of its field; '' : not for that."""
    if not told:
        return ""
    job, status, *why = json.loads(told)
    if why:
        return f"canceled with {job}: {why[0]}"
    job = job if job.startswith("batch ") else f"job {job}"
    how = status if status == JobStatus.FAILED else f"was {status}"
    return f"canceled, since {job}, which it depends on, {how}"


def shown(value: Any) -> str:
    """Any value for a person, even one that cannot say what it is."""
    try:
        return repr(value)
    except Exception:
        return object.__repr__(value)
