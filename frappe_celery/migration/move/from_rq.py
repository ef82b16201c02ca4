"""A job of RQ's as a message of ours."""

from __future__ import annotations

import base64
import pickle
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from frappe_celery.config.settings import Settings
from frappe_celery.errors import BadTimeout, CannotTravel, Refused
from frappe_celery.hosts.bench.names import EXECUTE_JOB, TRUNCATION, seconds_kept
from frappe_celery.jobs import codec
from frappe_celery.jobs.message import JobMessage
from frappe_celery.jobs.new_message import new_message
from frappe_celery.jobs.options import rqs_pauses
from frappe_celery.migration.move import pickles
from frappe_celery.migration.move.rq_format import RqJob

ONLY_RQ_CAN = {
    "stopped_callback_name": "it has an on_stopped callback",
    "repeats_left": "it repeats itself",
    "group_id": "it belongs to a group of RQ's",
    "meta": "it keeps meta",
    "ttl": "it expires while it waits (RQ's ttl)",
}
"""Fields that say what a message of ours cannot."""


class Stays(Exception):
    """A job that cannot be carried across, and why."""


class NeedsAYes(Stays):
    """Only by running what its pickle names; its caller may say that it is trusted."""


@dataclass(frozen=True)
class Arguments:
    """What the call of Frappe's `execute_job` in an RQ job says."""

    site: str
    user: str
    method: Any
    event: Any
    job_name: str
    is_async: bool
    kwargs: dict[str, Any]


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
        _refuse_strangers([given.method, *_callbacks(job)], config)
    retries = job.number("retries_left") or 0
    on_success, on_failure = _callbacks(job)
    try:
        return new_message(
            config,
            site=given.site,
            user=given.user,
            method=given.method,
            queue=queue,
            kwargs=given.kwargs,
            timeout=job.number("timeout") or None,
            id=job.id,
            name=given.job_name,
            event=given.event,
            on_success=on_success,
            on_failure=on_failure,
            encode=_encode,
            retries=retries,
            backoff=rqs_pauses(retries, job.numbers("retry_intervals")),
            result_ttl=seconds_kept(job.number("result_ttl"), config.rq_results_ttl),
            failure_ttl=seconds_kept(job.number("failure_ttl"), config.rq_job_failure_ttl),
            enqueued_at=job.enqueued_at,
        )
    except (BadTimeout, CannotTravel) as exc:
        raise Stays(str(exc)) from exc


def _arguments(job: RqJob, trusted: bool) -> Arguments:
    try:
        read = pickle.loads(job.pickled) if trusted else pickles.read(job.pickled)
    except Refused as exc:
        raise NeedsAYes(str(exc)) from exc
    except Exception as exc:
        raise Stays(f"its pickle cannot be read: {type(exc).__name__}: {exc}") from exc
    try:
        function, instance, args, kwargs = read
        arguments = Arguments(**kwargs)
        texts = arguments.site, arguments.user, arguments.job_name
        plain = all(isinstance(text, str) for text in texts) and isinstance(arguments.kwargs, dict)
    except (TypeError, ValueError):
        plain = False
    if not plain or function != EXECUTE_JOB or instance or args:
        raise Stays("it is not one of frappe.enqueue's, only RQ's workers can run it")
    followed = [] if trusted else [*pickles.references([arguments.kwargs, arguments.event])]
    if followed:
        names = ", ".join(sorted({reference.path for reference in followed}))
        raise NeedsAYes(f"among its arguments is {names}")
    return arguments


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
        found.append(pickles.Reference(module, function) if name not in ("", TRUNCATION) else None)
    return found


def _refuse_strangers(functions: Iterable[Any], config: Settings) -> None:
    """Functions of no app of the bench: a job that anybody wrote would run them, signed by us."""
    for function in functions:
        if isinstance(function, pickles.Reference):
            app = function.module.partition(".")[0]
            if "." in function.name or app not in ("frappe", *config.app_names):
                raise NeedsAYes(f"{function.path} is no function of an app of this bench")
