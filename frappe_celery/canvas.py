"""Frappe's methods in Celery's canvas: `signature`, and what a job says of the tasks after it.

    chain(load.s(7), frappe_celery.signature("myapp.tasks.store", queue="long")).delay()

A signature may travel within the message of a team's own task that nobody signed (from a queue of
the team's own). So it carries a signed text of its own: the method, its arguments, site, user,
queue, timeout, and whether it takes what the task before it returned. There that value, by
position, is the one thing that it takes unsigned. What follows a method (chain, chord, links,
errbacks) is part of its job's message, signed with it, and marked where it came unsigned
(`jobs.unsigned`).
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Any

from celery.app.task import Context
from celery.canvas import Signature as CelerySignature
from celery.utils.functional import maybe_list
from celery.utils.time import maybe_iso8601, maybe_make_aware
from kombu.utils.json import dumps

from frappe_celery.config import settings
from frappe_celery.config.numbers import seconds_of
from frappe_celery.config.signing import Signer
from frappe_celery.enqueue_shim import create_job_id
from frappe_celery.errors import ConfigError, Refused
from frappe_celery.jobs import codec, get_store, hosts, providers, unsigned
from frappe_celery.jobs.message import JobMessage, check_sealed_size
from frappe_celery.jobs.new_message import method_name
from frappe_celery.jobs.queue import publish
from frappe_celery.jobs.queue.publish import TASK_NAME, task_headers

if TYPE_CHECKING:
    from celery import Celery
    from celery.result import AsyncResult

PURPOSE = "signature"
SEALED = "frappe_celery_sealed"
"""Option of a signature: the signed text."""
KIND = "frappe_method"
"""By which Celery finds the class of a signature that came in a message."""
OPTIONS = (
    *("countdown", "eta", "expires", "ignore_result", "link", "link_error"),
    *("soft_time_limit", "task_id", "time_limit"),
)
"""Celery's, which a method follows."""


def signature(
    method: str | Callable[..., Any],
    args: Iterable[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    immutable: bool = False,
    queue: str = "default",
    timeout: int | str | None = None,
    whose: tuple[str, str] | None = None,
    **options: Any,
) -> MethodSignature:
    """A Frappe method for `chain`, `group` and `chord`, as a link, an errback, or by itself.

    It becomes a job each time that its turn comes, as the user and on the site of whoever made it.

    Args:
        method: dotted path or function.
        args: by position; what the task before it in a chain returned stands before them.
        kwargs: by name.
        immutable: it does not take what the task before it returned.
        queue: one of the bench's, unless `set(queue=…)` says another.
        timeout: seconds (or '1h'; -1: none) that it may run; the queue's own when not given.
        whose: the site and the user; the caller's when not given.
        options: Celery's, those in OPTIONS.

    Raises:
        UnknownQueue, BadTimeout, CannotTravel.
        ConfigError: an option is none of them.
    """
    config, args, kwargs = settings.current(), list(args), kwargs or {}
    host, app = hosts.current(), options.pop("app", None)
    if unknown := {name: value for name, value in options.items() if name not in OPTIONS}:
        raise ConfigError(
            f"signature({method_name(method)!r}) takes no {', '.join(unknown)}: of Celery's options"
            f" it follows {', '.join(OPTIONS)}, and the method's arguments go into"
            f" kwargs={unknown!r}"
        )
    site, user = whose or (host.current_site(), host.current_user())
    known, allow_pickle = config.queue(queue), config.frappe_celery_pickle
    said = {
        "method": codec.encode_callable(method, allow_pickle),
        "args": codec.encode_value(args, allow_pickle),
        "kwargs": codec.encode_arguments(kwargs, allow_pickle),
        "immutable": immutable,
        "site": site,
        "user": user,
        "queue": known.name,
        "timeout": seconds_of(timeout, known.timeout) if timeout else None,
        "name": method_name(method),
    }
    sealed = config.signer.seal(PURPOSE, codec.dumps(said).encode())
    args_by_place = {str(place): value for place, value in enumerate(args)}
    check_sealed_size(sealed, lambda: (said["name"], {**args_by_place, **kwargs}), config)
    return MethodSignature(
        said["name"],
        options={**options, SEALED: sealed.decode()},
        subtask_type=KIND,
        immutable=immutable,
        app=app or providers.app(),
    )


class _OfItsOwn(CelerySignature):
    """Of which Celery makes a copy, or one that came in a message, by its own class."""

    @classmethod
    def from_dict(cls, d: dict[str, Any], app: Celery | None = None) -> Any:
        return cls(d, app=app)  # type: ignore[arg-type]  # as celery-types has it


@CelerySignature.register_type(KIND)
class MethodSignature(_OfItsOwn):
    """What `signature` gives. The text that it carries counts, not what stands beside it."""

    @cached_property
    def type(self) -> Any:
        """The one task that runs jobs."""
        return self.app.tasks[TASK_NAME]

    def _apply_async(self, args: Any, kwargs: Any, **options: Any) -> AsyncResult[Any]:
        """What Celery does for one of its tasks (`Celery.send_task`)."""
        app = self.app
        if app.conf.task_always_eager:
            return _run_here(self, args, kwargs, options)  # type: ignore[no-any-return]
        task_id = str(options.setdefault("task_id", str(uuid.uuid4())))
        message = _message(app, args, kwargs, options)
        result: AsyncResult[Any] = self.type.AsyncResult(task_id)
        result.ignored = bool(options.get("ignore_result", app.conf.task_ignore_result))
        if not result.ignored:
            with app.producer_or_acquire(options.get("producer")) as producer:
                app.backend.on_task_call(producer, task_id)
        publish.publish_for_caller(message, at=_due(app, options))
        parent = app.current_worker_task
        if parent and options.get("add_to_parent", True):
            parent.add_trail(result)
        return result

    def apply(self, args: Any = None, kwargs: Any = None, **options: Any) -> Any:
        """Run it here and now, as with `task_always_eager`."""
        given = {name: value for name, value in options.items() if value is not None}
        return _run_here(self, *self._merge(args, kwargs, given))  # type: ignore[attr-defined]

    def __call__(self, *_: Any, **__: Any) -> Any:
        """Not a way to run it."""
        raise Refused(f"{self.task} runs as a job: call the function itself, or delay() this")


def _without_the_key(name: str) -> Any:
    """A method of what was marked, called as by somebody who has no key."""

    def method(self: Unsigned, *args: Any, **options: Any) -> Any:
        with unsigned.for_others():
            return getattr(self._itself(), name)(*args, **options)

    return method


@CelerySignature.register_type(unsigned.MARK)
class Unsigned(_OfItsOwn):
    """A signature of whichever kind that came in a message which nobody signed."""

    @property
    def type(self) -> Any:
        return self._itself().type

    apply_async, apply, __call__ = map(_without_the_key, ("apply_async", "apply", "__call__"))

    def _itself(self) -> Any:
        itself = CelerySignature.from_dict(unsigned.unmarked(self), app=self._app)  # type: ignore[attr-defined]
        itself._app = self._app or providers.app()  # type: ignore[attr-defined]
        return itself


def _run_here(sig: MethodSignature, args: Any, kwargs: Any, options: Mapping[str, Any]) -> Any:
    message = _message(sig.app, args, kwargs, options)
    publish.publish(message, front=-1)
    links = {name: options[name] for name in ("link", "link_error", "throw") if name in options}
    sealed = message.seal(get_store().signer).decode()
    return sig.type.apply((sealed,), task_id=message.task_id, **links)


UNSEALED = {"queue", "soft_time_limit", "time_limit", "countdown", "eta", "expires", "headers"}
"""Options that a signature may have in a signed message; beside the seal alone nothing is added."""


def _message(app: Celery, args: Any, kwargs: Any, options: Mapping[str, Any]) -> JobMessage:
    config = settings.current()
    said = json.loads(config.signer.open(PURPOSE, str(options.get(SEALED, "")).encode()))
    immutable, allow_pickle = said.pop("immutable"), config.frappe_celery_pickle
    if unsigned.is_for_others():
        options = {name: value for name, value in options.items() if name not in UNSEALED}
        if not immutable and (kwargs or len(args) > 1):
            raise Refused(
                f"arguments of {said['name']} were added to what is signed: in a message that"
                " nobody signed it takes what the task before it returned and nothing else"
            )
    asked = options.get("queue")
    queue = config.queue(getattr(asked, "name", asked) or said["queue"])
    limit = options.get("soft_time_limit") or options.get("time_limit") or said["timeout"]
    task_id, expires = str(options.get("task_id") or uuid.uuid4()), options.get("expires")
    if kwargs and not immutable:
        known = codec.decode(said["kwargs"])
        said["kwargs"] = codec.encode_arguments({**kwargs, **known}, allow_pickle)
    if args and not immutable:
        both = [*args, *codec.decode(said["args"])]
        said["args"] = codec.encode_value(both, allow_pickle)
    return JobMessage(
        **{
            **said,
            "run": _run_of(task_id),
            "id": create_job_id(task_id, said["site"]),
            "queue": queue.name,
            "timeout": seconds_of(limit, queue.timeout),
            "args": said["args"] or None,
            "task_id": task_id,
            "canvas": dumps(unsigned.unmarked(_headers(app, task_id, options))),
            "expires": None if expires is None else _instant(app, expires),
            "enqueued_at": time.time(),
        }
    )


def seals_in(value: Any) -> Iterator[str]:
    """The signed texts of all methods in a part of a message."""
    if isinstance(value, Mapping):
        if isinstance(value.get(SEALED), str):
            yield value[SEALED]
        value = value.values()
    elif not isinstance(value, (list, tuple)):
        return
    for item in value:
        yield from seals_in(item)


def are_signed(part: Any, signer: Signer) -> bool:
    """Whether this signer takes all methods in a part of a message."""
    try:
        for sealed in seals_in(part):
            signer.open(PURPOSE, sealed.encode())
    except Refused:
        return False
    return True


def _run_of(task_id: str) -> str:
    """The first run has the result's id, unless somebody chose it, and may choose it again."""
    with suppress(ValueError):
        if str(uuid.UUID(task_id)) == task_id and get_store().is_new(task_id):
            return task_id
    return uuid.uuid4().hex


def _headers(app: Celery, task_id: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Those of Celery's protocol in which a task says what it belongs to and what follows it."""
    root, parent = options.get("root_id"), options.get("parent_id")
    above = app.current_worker_task
    if above:
        root = root or above.request.root_id or above.request.id
        parent = parent or above.request.id
    stamped = options.get("stamped_headers")
    headers = {
        "id": task_id,
        "root_id": root or task_id,
        "parent_id": parent,
        "group": options.get("group_id"),
        "group_index": options.get("group_index"),
        "chord": options.get("chord"),
        "chain": options.get("chain"),
        "callbacks": maybe_list(options.get("link")),
        "errbacks": maybe_list(options.get("link_error")),
        "ignore_result": bool(options.get("ignore_result", app.conf.task_ignore_result)),
        "replaced_task_nesting": options.get("replaced_task_nesting"),
        "reply_to": options.get("reply_to") or app.thread_oid,
        "correlation_id": task_id,
        "stamped_headers": stamped,
        "stamps": {name: options.get(name) for name in stamped} if stamped else None,
        unsigned.MARK: unsigned.is_for_others() or None,
    }
    return {name: value for name, value in headers.items() if value is not None}


def _due(app: Celery, options: Mapping[str, Any]) -> float | None:
    """Seconds since the epoch before which it does not start."""
    if options.get("countdown"):
        return time.time() + float(options["countdown"])
    return _instant(app, options["eta"]) if options.get("eta") else None


def _instant(app: Celery, when: Any) -> float:
    """Of a time as Celery takes it: aware, in the app's zone, as ISO text, or seconds from now."""
    if isinstance(when, (int, float)):
        return time.time() + when
    moment: datetime = maybe_make_aware(maybe_iso8601(when) or when, app.timezone)
    return moment.astimezone(timezone.utc).timestamp()


# -- what workers tell the result backend of a run that Celery's tracer saw no end of


def died(message: JobMessage, exc: Exception) -> None:
    """It has failed for good: its result says so, and its errbacks and its chord hear of it."""
    if message.task_id:
        providers.app().backend.mark_as_failure(message.task_id, exc, request=_request(message))


def revoked(message: JobMessage, reason: str) -> None:
    """It was canceled, stopped, or has expired."""
    if message.task_id:
        backend = providers.app().backend
        backend.mark_as_revoked(message.task_id, reason, request=_request(message))


def _request(message: JobMessage) -> Context:
    return Context({**task_headers(message), "delivery_info": {}})
