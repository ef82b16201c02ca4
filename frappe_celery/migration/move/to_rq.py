"""A run of ours as a job of RQ's."""

from __future__ import annotations

import pickle
import zlib
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from frappe_celery.config.settings import Settings
from frappe_celery.errors import Refused
from frappe_celery.hosts.bench.names import EXECUTE_JOB, TRUNCATION, arguments
from frappe_celery.jobs import codec
from frappe_celery.jobs.message import JobMessage
from frappe_celery.migration.move.from_rq import Stays
from frappe_celery.migration.move.rq_format import RqQueue, written

OURS = "frappe_celery."
"""Begins the methods that only our workers know: what becomes of a job whose worker died."""
PROTOCOL = 4
"""Which every Python reads that a bench may have."""


def fields_of(
    message: JobMessage, queue: RqQueue, config: Settings, failed: bool
) -> dict[str, Any]:
    """The hash that RQ would have written.

    Raises:
        Stays: RQ cannot carry it.
    """
    if message.path.startswith(OURS):
        raise Stays("it is frappe_celery's own, for a job whose worker died")
    if ":" in message.id and _rqs_major() >= 2:
        raise Stays("RQ 2 reads an id only up to its ':'")
    if message.attempt > 1 or message.max_deliveries or isinstance(message.backoff, list):
        raise Stays("it is repeated by frappe_celery's rules")
    on_failure = _callback(message.on_failure) or TRUNCATION
    fields: dict[str, Any] = {
        "created_at": written(message.enqueued_at),
        "enqueued_at": written(message.enqueued_at),
        "data": zlib.compress(_pickled(message)),
        "description": f"{EXECUTE_JOB}(method={message.path!r}, site={message.site!r})",
        "success_callback_name": _callback(message.on_success),
        "failure_callback_name": on_failure,
        **dict.fromkeys(("started_at", "ended_at", "worker_name", "last_heartbeat"), ""),
        "origin": queue.name,
        "timeout": message.timeout,
        "result_ttl": _seconds(message.result_ttl, config.rq_results_ttl),
        "failure_ttl": _seconds(message.failure_ttl, config.rq_job_failure_ttl),
        "status": "failed" if failed else "queued",
    }
    if message.retries:
        fields["retries_left"] = message.retries
    if isinstance(message.backoff, dict):
        fields["retry_intervals"] = codec.dumps(message.backoff["pauses"])
    return fields


def _rqs_major() -> int:
    try:
        return int(version("rq").partition(".")[0])
    except PackageNotFoundError:
        return 1


def _pickled(message: JobMessage) -> bytes:
    try:
        method, event = message.decoded_method(), codec.decode(message.event)
        who = message.site, message.user
        kwargs = arguments(*who, method, event, message.name, message.decoded_kwargs())
        return pickle.dumps((EXECUTE_JOB, None, (), kwargs), protocol=PROTOCOL)
    except Refused:
        raise
    except Exception as exc:
        raise Stays(f"RQ's pickle does not carry it: {type(exc).__name__}: {exc}") from exc


def _callback(function: Any) -> str:
    """Its path; RQ keeps a callback's name."""
    if function is None or isinstance(function, str):
        return function or ""
    decoded = codec.decode(function)
    path = codec.importable_path(decoded)
    if path is None:
        raise Stays(f"its callback {decoded!r} has no path")
    return path


def _seconds(own: int | None, configured: int) -> int:
    return configured if own is None else min(own, 2**31 - 1)
