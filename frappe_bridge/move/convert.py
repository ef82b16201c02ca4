"""A job of RQ's as a message of ours (`message_of`), and back (`fields_of`)."""

from __future__ import annotations

import base64
import pickle
import zlib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from frappe_bridge.move import pickles
from frappe_bridge.move.rq_format import RqJob, RqQueue, written
from frappe_celery.config.settings import Settings
from frappe_celery.errors import BadTimeout, CannotTravel, Refused
from frappe_celery.hosts.bench import rq_names
from frappe_celery.jobs import codec
from frappe_celery.jobs.message import JobMessage
from frappe_celery.jobs.new_message import new_message
from frappe_celery.jobs.options import rqs_repeats

ONLY_RQ_CAN = {
    "stopped_callback_name": "it has an on_stopped callback",
    "repeats_left": "it repeats itself",
    "group_id": "it belongs to a group of RQ's",
    "meta": "it keeps meta",
    "ttl": "it expires while it waits (RQ's ttl)",
}
"""Fields that say what a message of ours cannot."""
OURS = "frappe_celery."
"""Begins the methods that only our workers know: what becomes of a job whose worker died."""
ARGUMENTS = {
    **dict.fromkeys(("site", "user", "job_name"), str),
    **dict.fromkeys(("method", "event", "is_async"), object),
    "kwargs": dict,
}
"""What a call of Frappe's `execute_job` says, and of which type it has to be."""
PROTOCOL = 4
"""Which every Python reads that a bench may have."""


class Stays(Exception):
    """A job that cannot be carried across, and why."""


class NeedsAYes(Stays):
    """Only by running what its pickle names; its caller may say that it is trusted."""


# -- from RQ


def message_of(job: RqJob, queue: str, config: Settings, trusted: bool) -> JobMessage:
    """What `frappe.enqueue` would have made.

    Args:
        queue: our name of its queue.
        trusted: its pickle may be read as RQ's workers read it, running what it names.

    Raises:
        Stays: it cannot be carried across.
    """
    for field, reason in ONLY_RQ_CAN.items():
        if job.text(field):
            raise Stays(reason)
    if job.has_dependents:
        raise Stays("other jobs of RQ's wait for its end")
    given = _arguments(job, trusted)
    if not trusted:
        _refuse_strangers([given["method"], *_callbacks(job)], config)
    on_success, on_failure = _callbacks(job)
    try:
        return new_message(
            config,
            **rq_names.as_message(given),
            queue=queue,
            timeout=job.number("timeout") or None,
            id=job.id,
            on_success=on_success,
            on_failure=on_failure,
            encode=_encode,
            **rqs_repeats(job.number("retries_left") or 0, job.numbers("retry_intervals")),
            result_ttl=rq_names.seconds_kept(job.number("result_ttl"), config.rq_results_ttl),
            failure_ttl=rq_names.seconds_kept(job.number("failure_ttl"), config.rq_job_failure_ttl),
            enqueued_at=job.enqueued_at,
        )
    except (BadTimeout, CannotTravel) as exc:
        raise Stays(str(exc)) from exc


def _arguments(job: RqJob, trusted: bool) -> dict[str, Any]:
    """Those of Frappe's `execute_job`."""
    try:
        read = pickle.loads(job.pickled) if trusted else pickles.read(job.pickled)
    except Refused as exc:
        raise NeedsAYes(str(exc)) from exc
    except Exception as exc:
        raise Stays(f"its pickle cannot be read: {type(exc).__name__}: {exc}") from exc
    try:
        function, instance, args, given = read
        plain = given.keys() == ARGUMENTS.keys() and all(
            isinstance(given[name], kind) for name, kind in ARGUMENTS.items()
        )
    except (AttributeError, TypeError, ValueError):
        plain = False
    if not plain or function != rq_names.EXECUTE_JOB or instance or args:
        raise Stays("it is not one of frappe.enqueue's, only RQ's workers can run it")
    followed = [] if trusted else [*pickles.references([given["kwargs"], given["event"]])]
    if followed:
        paths = ", ".join(sorted({reference.path for reference in followed}))
        raise NeedsAYes(f"among its arguments is {paths}")
    return dict(given)


def _encode(method: Any, allow_pickle: bool) -> Any:
    """As `codec.encode_function`, of what is only a function's name too."""
    if not isinstance(method, pickles.Reference):
        return codec.encode_function(method, allow_pickle)
    if not allow_pickle:
        return method.path
    return {codec.PICKLE: base64.b64encode(method.pickled()).decode()}


def _callbacks(job: RqJob) -> list[pickles.Reference | None]:
    """On success, on failure: RQ imports it from wherever it is, as a function that was pickled."""
    found: list[pickles.Reference | None] = []
    for field in ("success_callback_name", "failure_callback_name"):
        name = job.text(field)
        module, _, function = name.rpartition(".")
        if name and any(part[:1].isupper() for part in module.split(".")):
            raise Stays(f"its callback {name} is a method")
        is_given = name not in ("", rq_names.TRUNCATION)
        found.append(pickles.Reference(module, function) if is_given else None)
    return found


def _refuse_strangers(functions: Iterable[Any], config: Settings) -> None:
    """Functions of no app of the bench: a job that anybody wrote would run them, signed by us."""
    for function in functions:
        if isinstance(function, pickles.Reference):
            app = function.module.partition(".")[0]
            if "." in function.name or app not in ("frappe", *config.app_names):
                raise NeedsAYes(f"{function.path} is no function of an app of this bench")


# -- to RQ


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
    if message.args or message.task_id or message.canvas or message.expires is not None:
        raise Stays("it is a task of Celery's canvas, which RQ would not know")
    on_failure = _callback(message.on_failure) or rq_names.TRUNCATION
    fields: dict[str, Any] = {
        "created_at": written(message.enqueued_at),
        "enqueued_at": written(message.enqueued_at),
        "data": zlib.compress(_pickled(message)),
        "description": f"{rq_names.EXECUTE_JOB}(method={message.path!r}, site={message.site!r})",
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
        called = rq_names.EXECUTE_JOB, None, (), rq_names.arguments_of(message)
        return pickle.dumps(called, protocol=PROTOCOL)
    except Refused:
        raise
    except Exception as exc:
        raise Stays(f"RQ's pickle does not carry it: {type(exc).__name__}: {exc}") from exc


def _callback(function: Any) -> str:
    """Its path; RQ keeps a callback's name."""
    if function is None or isinstance(function, str):
        return function or ""
    try:
        decoded = codec.decode(function)
    except Exception as exc:  # of a module that is gone, say
        raise Stays(f"its callback does not load: {type(exc).__name__}: {exc}") from exc
    path = codec.importable_path(decoded)
    if path is None:
        raise Stays(f"its callback {decoded!r} has no path")
    return path


def _seconds(own: int | None, configured: int) -> int:
    return configured if own is None else min(own, 2**31 - 1)
