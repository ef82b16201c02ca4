"""The message of a new job, made of what a call, a schedule or RQ's record asks for."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

from frappe_celery.config.numbers import require, seconds_of
from frappe_celery.config.settings import Settings
from frappe_celery.config.texts import require_whole
from frappe_celery.jobs import codec, hosts
from frappe_celery.jobs.message import JobMessage
from frappe_celery.jobs.options import NO_OPTIONS, JobOptions, follow, of_method, rqs_retry


def new_message(
    config: Settings,
    *,
    site: str,
    user: str,
    method: Any,
    queue: str,
    kwargs: Mapping[str, Any] | None = None,
    timeout: int | str | None = None,
    run: str | None = None,
    id: str | None = None,
    name: str | None = None,
    event: Any = None,
    on_success: Any = None,
    on_failure: Any = None,
    encode: Callable[[Any, bool], Any] | None = None,
    **said: Any,
) -> JobMessage:
    """A message that nobody has seen yet.

    Args:
        method: dotted path, or a callable, as the callbacks are.
        timeout: as `seconds_of` takes it; None: the queue's.
        id: the effective job id; None: made of the run's.
        name: shown; None: the method's.
        encode: how functions travel; None: as the host finds them.
        said: more of JobMessage's fields, as they are there.

    Raises:
        UnknownQueue, BadTimeout, CannotTravel, ConfigError.
    """
    require_whole("job_id", id)
    allow_pickle, known = config.frappe_celery_pickle, config.queue(queue)
    host, run = hosts.current(), run or secrets.token_hex(16)
    if encode is None:
        encode = codec.encode_function if host.finds_in_apps_alone else codec.encode_callable
    said.setdefault("enqueued_at", time.time())
    return JobMessage(
        run=run,
        id=id or host.job_id(run, site),
        site=site,
        user=user,
        method=encode(method, allow_pickle),
        queue=known.name,
        timeout=seconds_of(timeout, known.timeout),
        kwargs=codec.encode_arguments(kwargs or {}, allow_pickle),
        name=method_name(method) if name is None else name,
        event=codec.encode_value(event, allow_pickle),
        on_success=on_success and encode(on_success, allow_pickle),
        on_failure=on_failure and encode(on_failure, allow_pickle),
        **said,
    )


def another(
    message: JobMessage, config: Settings, kwargs: Mapping[str, Any], id: str | None
) -> JobMessage:
    """A new one like one that is as new, with arguments and an id of its own; None: made of the
    run's.

    Raises:
        CannotTravel, ConfigError.
    """
    require_whole("job_id", id)
    run = secrets.token_hex(16)
    return message.like(
        run=run,
        id=hosts.current().job_id(id or run, message.site),
        kwargs=codec.encode_arguments(kwargs, config.frappe_celery_pickle),
        enqueued_at=time.time(),
    )


def message_of_call(
    config: Settings,
    *,
    method: Any,
    name: Any,
    on_success: Any,
    on_failure: Any,
    retry: Any = None,
    asked: JobOptions = NO_OPTIONS,
    **said: Any,
) -> JobMessage:
    """That of a job that a caller of `enqueue` asks for, in `new_message`'s words.

    Args:
        retry: as Frappe v17 has it.
        asked: what is asked beyond `enqueue`'s own words.

    Raises:
        ConfigError: what was given can be no job; names it.
        UnknownQueue, BadTimeout, CannotTravel.
    """
    require(bool(method) and _is_method(method), "method", method, "a dotted path or a function")
    require(not name or isinstance(name, str), "job_name", name, "a text")
    require_whole("method", method)
    require_whole("job_name", name)
    for what, callback in (("on_success", on_success), ("on_failure", on_failure)):
        require(not callback or _is_method(callback), what, callback, "a function")
    by = {"method": method, "name": name, "on_success": on_success, "on_failure": on_failure}
    message = new_message(config, **by, **rqs_retry(retry), **said)
    if not isinstance(method, str):  # its worker does not see what it declares
        asked = asked.over(of_method(method, method_name(method)))
    if asked is not NO_OPTIONS:
        follow(asked, message)
    return message


def _is_method(given: Any) -> bool:
    return isinstance(given, str) or callable(given)


def method_name(method: str | Callable[..., Any]) -> str:
    """How a method is called in lists and logs."""
    if isinstance(method, str):
        return method
    module = getattr(method, "__module__", "")
    return f"{module}.{getattr(method, '__qualname__', type(method).__qualname__)}"
