"""What is shown of a job: as JSON for scripts, as parts of a page or a table for people."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

from frappe_celery.config.secrets import masked, masked_text
from frappe_celery.config.texts import escaped
from frappe_celery.errors import FrappeCeleryError
from frappe_celery.jobs import Job, JobStatus, get_store
from frappe_celery.jobs.batches import batch_state
from frappe_celery.jobs.limits.rules import Limits
from frappe_celery.jobs.message import shown_method
from frappe_celery.jobs.queue.scheduled import due_at
from frappe_celery.jobs.resumable.progress import progress
from frappe_celery.watch.words import BY_COMMAND, clock, cut, duration, keeping

BEGINNING = 120
"""Signs of a job's arguments that a list shows."""
LONGEST = 100_000
"""Signs of a text that people are shown, and bytes of a message that a list reads for them."""
LONGEST_LINE = 1000
OF_ATTEMPTS = ("run", "status", "enqueued_at", "started_at", "ended_at", "ran", "worker", "error")
MANY = "Too many arguments to be shown here"


def label(job: Job) -> str:
    """What people call its method: a scheduled one by its own path, not its wrapper's."""
    return escaped(shown_method(job.method, job.job_name))


def as_json(job: Job) -> dict[str, Any]:
    """A job for scripts; times in ISO format, UTC."""
    return {
        "id": job.id,
        "run": job.run_id,
        "site": job.site,
        "queue": job.queue,
        "method": label(job),
        "name": escaped(job.job_name),
        "status": job.status.value,
        "user": job.user,
        "timeout": job.timeout,
        **{name: iso(getattr(job, name)) for name in ("enqueued_at", "started_at", "ended_at")},
        "waited": _seconds(job.enqueued_at, job.started_at),
        "ran": _seconds(job.started_at, job.ended_at),
        "worker": job.worker_name,
        "error": last_line(job),
        "lacked": job.lacked,
    }


def whole(job: Job, until: str = BY_COMMAND) -> dict[str, Any]:
    """The same with arguments, result and traceback, secrets masked.

    Args:
        until: what ends a pause that keeps it back.
    """
    kept_by = Limits(get_store()).keeping(job) if job.status == JobStatus.QUEUED else None
    return {
        **as_json(job),
        "position": job.get_position() if job.status == JobStatus.QUEUED else None,
        "kept_back_by": keeping(kept_by, until),
        "due_at": iso(due_at(job)) if job.status == JobStatus.SCHEDULED else None,
        "batch": shown(lambda: _batch(job)),
        "depends_on": shown(lambda: job.dependency_ids),
        "dependants": job.number_of_dependants,
        "progress": (told := progress(job)) and {**vars(told), "shown": str(told)},
        "attempts": [{name: as_json(one)[name] for name in OF_ATTEMPTS} for one in job.attempts],
        "arguments": shown(lambda: own_arguments(job)),
        "result": shown(lambda: job.result),
        "traceback": job.exc_info and masked_text(job.exc_info),
    }


def _batch(job: Job) -> dict[str, str | None] | None:
    """The id and the title of that which it is a job or a callback of; title None: forgotten."""
    if (batch := job.opened.batch) is None:
        return None
    (found,) = batch_state.read(get_store(), batch)
    return {"id": batch, "title": found.title if found else None}


def own_arguments(job: Job) -> dict[str, Any]:
    """Those of its method; `Job.kwargs` are in a bench those of Frappe's `execute_job`.

    Raises:
        FrappeCeleryError: its record is gone, or was altered.
    """
    return job.opened.decoded_kwargs()


def arguments(job: Job) -> str:
    """All of them in a line, secrets masked."""
    return as_text(shown(lambda: own_arguments(job)))


def beginnings(jobs: list[Job]) -> dict[str, str]:
    """By run, of these as much as a list has room for; a large message is not read for it."""
    store = get_store()
    records = [store.keys.record(job.run_id) for job in jobs]
    sizes = store.client.each("hstrlen", records, "message")
    short = [job for job, size in zip(jobs, sizes, strict=True) if size <= LONGEST]
    store.read_messages(short)
    return {job.run_id: MANY for job in jobs} | {job.run_id: _beginning(job) for job in short}


def _beginning(job: Job) -> str:
    text = arguments(job)
    begun = text if len(text) <= BEGINNING else f"{text[:BEGINNING]}…"
    return "" if begun == "{}" else begun


def shown(read: Callable[[], Any]) -> Any:
    """What is read, as JSON carries it and secrets masked; a text where it cannot be."""
    try:
        return masked(plain(read()))
    except FrappeCeleryError as exc:
        return f"cannot be shown: {exc}"
    except Exception as exc:  # a pickle of classes that are gone
        return f"cannot be read here: {type(exc).__name__}: {exc}"


def plain(value: Any) -> Any:
    """Any value as JSON carries it; of objects of unknown classes only the class is shown.

    What those hold has no names by which secrets could be told.
    """
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, (date, time, timedelta, Decimal, UUID)):
        return str(value)
    return f"<{type(value).__module__}.{type(value).__qualname__}>"


def last_line(job: Job) -> str | None:
    """What a traceback ends with: the exception."""
    text = masked_text((job.exc_info or "")[-LONGEST:])  # a secret may have several lines
    lines = text.partition("\nIt is run again, ")[0].strip().splitlines()
    return cut(lines[-1].strip(), LONGEST_LINE) if lines else None


def timeline(job: Job, values: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """When what happened, for how long it had waited or run by then, the status that came of it."""
    due = due_at(job) if job.status == JobStatus.SCHEDULED else None
    events = (
        *((one.ended_at, _attempt(one), None, one.status.value) for one in job.attempts),
        (job.enqueued_at, "enqueued", None, "queued"),
        (due, "enters its queue", None, "scheduled"),
        (job.started_at, "started", values["waited"], "started"),
        (job.ended_at, job.status.value, values["ran"], job.status.value),
    )
    return [(clock(at), what, duration(after), status) for at, what, after, status in events if at]


def _attempt(one: Job) -> str:
    line = as_json(one)
    ran, error = duration(line["ran"]), line["error"]
    told = ((" after ", ran), (" by ", one.worker_name), (": ", error))
    return f"an attempt {one.status}" + "".join(f"{word}{what}" for word, what in told if what)


def iso(at: datetime | None) -> str | None:
    """A record's time (naive UTC) for scripts."""
    return at.replace(tzinfo=timezone.utc).isoformat() if at else None


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    """Not below 0: two machines told the times, whose clocks may differ."""
    return max(0.0, (end - start).total_seconds()) if start and end else None


def pretty(value: Any) -> str:
    """Arguments, a result or a traceback as a text, of a very long one the beginning."""
    return cut(as_text(value, 2), LONGEST)


def as_text(value: Any, indent: int | None = None) -> str:
    """A text as it is, anything else as JSON; half a character as JSON writes it."""
    is_text = isinstance(value, str)
    return escaped(value if is_text else json.dumps(value, indent=indent, ensure_ascii=False))
