"""Requeueing a job with other arguments, and never with another site, user or method."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from frappe_celery.config.secrets import MASK, masked
from frappe_celery.jobs import Job
from frappe_celery.jobs.message import RUN_SCHEDULED_JOB
from frappe_celery.watch import job_display
from frappe_celery.watch.job_display import own_arguments, plain

SAY_WHAT_RUNS: dict[str, tuple[str, ...]] = {
    RUN_SCHEDULED_JOB: ("scheduled_job_type", "job_type"),
    "frappe.utils.background_jobs.run_doc_method": ("doctype", "doc_method"),
    "frappe.model.document.execute_action": ("__doctype", "__action"),
}
"""Arguments of Frappe's that name a method."""
READ: dict[type, Callable[[str], Any]] = {
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    Decimal: Decimal,
    UUID: UUID,
}
"""What JSON shows as a text, and how a text becomes it again."""


def as_text(job: Job) -> str:
    """A job's arguments for the form: JSON, secrets masked.

    Raises:
        FrappeCeleryError: its record is gone, or was altered.
    """
    return job_display.as_text(masked(plain(own_arguments(job))), 2)


def changes(job: Job, text: str) -> tuple[dict[str, Any], list[str]]:
    """What somebody changed in the text: arguments with their new values, and those taken out.

    Raises:
        ValueError: a sentence about what cannot be taken.
        FrappeCeleryError: as `as_text`.
    """
    before, after = own_arguments(job), _object(text)
    was = {name: _json(value) for name, value in masked(plain(before)).items()}
    without = [name for name in before if name not in after]
    changed = {name: value for name, value in after.items() if _json(value) != was.get(name)}
    for name in (*changed, *without):
        if name in SAY_WHAT_RUNS.get(job.method, ()):
            raise ValueError(f"{name} says what is run, which stays: enqueue another job for that")
    return {name: _value(name, new, before) for name, new in changed.items()}, without


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except json.JSONDecodeError as exc:
        raise ValueError(f"line {exc.lineno}, column {exc.colno}: {exc.msg}") from None
    if not isinstance(found, dict):
        raise ValueError('arguments are an object: {"customer": "C-101"}')
    return found


def _value(name: str, new: Any, before: Mapping[str, Any]) -> Any:
    old = before.get(name)
    if MASK in _json(new):
        raise ValueError(
            f"{name} holds a masked secret: write that itself, or leave all of {name} as it was"
        )
    if type(old) in READ and isinstance(new, str):
        try:
            return READ[type(old)](new)
        except (ValueError, ArithmeticError):
            raise ValueError(f"{name}: {new!r} is no {type(old).__name__}") from None
    if name in before and not _is_json(old):
        raise ValueError(
            f"{name} holds what JSON cannot carry: it can only be left as it is, or left out"
        )
    return new


def _is_json(value: Any) -> bool:
    try:
        return _json(value) == _json(plain(value))
    except (TypeError, ValueError):
        return False


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
