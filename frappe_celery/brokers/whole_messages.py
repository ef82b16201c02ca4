"""Whole messages of Celery's: signed as they are put into a queue, checked as they are taken.

Signed is all that is acted on: task, arguments, headers, what follows, and the place; whoever has
the bench's key signs by having our transport. From a queue of the bench nothing else is taken, but
a team's own tasks where `frappe_celery_unsigned_tasks` is on. A team's other queues take what
comes, and what came unsigned is marked (`jobs.unsigned`). Remote control is signed in the same way;
who asks for a signature there is `worker.remote_control`.
"""

from __future__ import annotations

import base64
import calendar
import json
import logging
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from kombu import serialization

from frappe_celery.brokers import packed
from frappe_celery.config import settings
from frappe_celery.config.signing import Signer
from frappe_celery.errors import Refused
from frappe_celery.jobs import get_store, providers, unsigned
from frappe_celery.jobs.queue.publish import STRATEGY
from frappe_celery.jobs.unsigned import MARK

logger = logging.getLogger(__name__)

PURPOSE = "celery message"
SIGNATURE = "frappe_celery_signature"
"""Header: when it was put (seconds since the epoch), a name of its own, and the signature."""
STAMP = "frappe_celery_stamp"
"""Header of a message whose signature was right: when it was put, and its name."""
OURS = frozenset((SIGNATURE, STAMP, MARK))
OF_CELERY = "celery."
_TAKES_SIGNATURES = {
    "celery.group": ("tasks",),
    "celery.chord": ("header", "body"),
    "celery.chord_unlock": ("group_id", "callback"),
}
"""Celery's own tasks of whose first arguments some are signatures."""
_CALLS = ("celery.map", "celery.starmap", "celery.chunks")
"""Those that call a task, named in the first argument, where they run."""
CONTROL = ".pidbox"
"""What ends the names of exchanges of remote control."""
REPLIES = "reply."
MAC_LENGTH = 43
KINDS_LOGGED = 1000
"""Kinds of refusals that a process remembers having logged."""

_OF_THE_BROKER = ("x-delivery-", "x-acquired-", "x-death", "x-first-death-", "x-last-death-")
"""What begins the headers that RabbitMQ adds on the way."""
_SERIALIZERS = {
    "application/json": "json",
    "application/x-yaml": "yaml",
    "application/x-msgpack": "msgpack",
}
_PARTS: dict[str, type] = {"body": str, "headers": dict, "properties": dict}
_TEXTS: dict[str | None, tuple[str, ...]] = {
    None: ("content-type", "content-encoding"),
    "headers": ("task", "id", "root_id", "parent_id", "group", "lang", "shadow"),
    "properties": ("body_encoding", "correlation_id", "reply_to"),
}
"""What of a message has to be a text where it is there: at another type kombu or Celery would end
the worker."""
_logged: set[tuple[str, ...]] = set()

Message = dict[str, Any]
"""As kombu's own transports have it: body, content-type, content-encoding, headers, properties; in
these `delivery_info`, to which exchange it was sent, and by which routing key."""


def checked(message: Message, queue: str) -> Message:
    """A message that came from a queue; in one of the bench's own it is just there.

    Raises:
        Exception: it is none, or a part is of a type at which kombu or Celery would end the worker.
    """
    for name, kind in _PARTS.items():
        if not isinstance(message[name], kind):
            raise ValueError(f"its {name} is no {kind.__name__}")
    for part, names in _TEXTS.items():
        check_texts(message if part is None else message[part], names)
    here = {"exchange": "", "routing_key": queue}
    info = message["properties"].setdefault("delivery_info", here)
    if not all(isinstance(info.get(name, ""), str) for name in ("exchange", "routing_key")):
        raise ValueError("its delivery_info is no text")
    encoding = message["properties"].get("body_encoding")
    if encoding == "base64":
        base64.b64decode(message["body"])
    elif encoding not in (None, "utf-8"):
        raise ValueError(f"its body_encoding {encoding!r} is unknown")
    if queue in settings.current().queues:
        message["properties"]["delivery_info"] = here
    return message


def check_texts(values: Mapping[str, Any], names: Iterable[str] = _TEXTS["headers"]) -> None:
    """See that these, of a message's headers, are texts where they are there; else ValueError."""
    for name in names:
        if not isinstance(values.get(name), (str, type(None))):
            raise ValueError(f"{name} is no text")


def _place(message: Message, queue: str) -> str:
    """Where a message lies: one of the bench's queues, or what it was sent to."""
    config, info = settings.current(), message["properties"]["delivery_info"]
    if queue in config.queues:
        return f"{config.prefix}{queue}"
    return f"{info.get('exchange', '')}/{info.get('routing_key', '')}"


def put(message: Message, queue: str) -> Message:
    """The message as it is to lie there: signed, where it is a task or a command (not an event, a
    result or an answer), unless it is for somebody who has no key."""
    came, exchange = message["headers"], message["properties"]["delivery_info"]["exchange"]
    is_command = exchange.endswith(CONTROL) and not exchange.startswith(REPLIES)
    if not (is_command or "task" in (came or ()) or queue in settings.current().queues):
        return message
    message = {**message, "headers": {n: v for n, v in came.items() if n not in OURS}}
    if unsigned.is_for_others() or came.get(MARK):
        return _changed(message, unsigned.unmarked)
    stamp = f"{time.time():.3f} {uuid.uuid4().hex} "
    text = _text(message, _place(message, queue), stamp)
    mac = settings.current().signer.sign(PURPOSE, text).decode()
    message["headers"][SIGNATURE] = stamp + mac
    return message


def take(message: Message, queue: str) -> Message:
    """The message as it may be acted on.

    Raises:
        Refused: its signature is missing or wrong where one is needed, or it makes no sense.
    """
    said = signature_of(message)
    headers = {n: v for n, v in message["headers"].items() if n not in OURS}
    message = {**message, "headers": headers}
    if said and fits(message, queue, said, settings.current().signer):
        headers[STAMP] = said[:-MAC_LENGTH]
        return _unpacked(message)
    _check_unsigned(message, queue)
    try:
        message = _unpacked(message)
        return _changed(message, partial(_mark, message["headers"]))
    except Exception as exc:
        raise Refused(f"it is unsigned, and what it leads to cannot be read: {exc!r}") from exc


def refuse(message: Any, queue: str, exc: BaseException) -> None:
    """List it, with what is known of who sent it; the log tells once a kind."""
    task, sender, id = (_said(message, name) for name in ("task", "origin", "id"))
    kind = (queue, task, sender, type(exc).__name__)
    if kind not in _logged and len(_logged) < KINDS_LOGGED:
        _logged.add(kind)
        logger.error("refused %s from queue %s, sent by %s: %s", task, queue, sender, exc)
    reason = f"{task} from {sender}: {exc}"
    get_store().refuse(queue, id[:100], reason, None)


def _said(message: Any, name: str) -> str:
    """What a header says, which may be anything."""
    try:
        return str(message["headers"].get(name) or "?")[:200]
    except Exception:
        return "?"


def _check_unsigned(message: Message, queue: str) -> None:
    """See that it may be read, before it is."""
    if queue in settings.current().queues:
        _let_in_unsigned(message)
    to, headers = queue or message["properties"]["delivery_info"]["exchange"], message["headers"]
    if to.endswith(CONTROL) and "compression" in headers:
        raise Refused("it is compressed, and its signature is missing or wrong")
    _check_readable(headers)


def _let_in_unsigned(message: Message) -> None:
    name = message["headers"].get("task")
    task = providers.app().tasks.get(name) if isinstance(name, str) else None
    why = "the signature is missing or wrong"
    if task is None:
        raise Refused(f"{why}, and this worker has no such task")
    if str(name).startswith(OF_CELERY):
        raise Refused(f"{why}: Celery's own tasks are run for those alone who have the bench's key")
    if task.Strategy == STRATEGY:
        raise Refused(f"{why}: Frappe's methods are run for those alone who have the bench's key")
    if not settings.current().frappe_celery_unsigned_tasks:
        raise Refused(
            f"{why}: send it with this package and the bench's key, or set"
            " frappe_celery_unsigned_tasks for producers that have neither"
        )
    if message.get("content-type") not in _SERIALIZERS:
        raise Refused(f"{why}, and {message['content-type']!r} is not read unsigned")


def _check_readable(headers: dict[str, Any]) -> None:
    """Refuse what in an unsigned task's headers would end the worker that reads them."""
    check_texts(headers)
    limits, stamped = headers.get("timelimit"), headers.get("stamped_headers")
    if limits is not None and (
        not isinstance(limits, (list, tuple))
        or len(limits) != 2
        or any(not isinstance(limit, (int, float, type(None))) for limit in limits)
    ):
        raise Refused(f"it is unsigned, and its timelimit {limits!r} is no pair of seconds")
    if stamped is not None and not isinstance(stamped, (list, tuple)):
        raise Refused(f"it is unsigned, and its stamped_headers {stamped!r} are no list")


def _mark(headers: dict[str, Any], payload: Any) -> Any:
    """Mark what a task leads to, in its body and in its headers, where Celery would read it too."""
    name = headers.get("task")
    old = isinstance(payload, dict)  # protocol 1
    if name is None and not (old and "task" in payload):
        return None  # an event, an answer, a command
    headers[MARK] = True
    unsigned.mark_following(headers)
    if payload is None:
        return None
    if old:
        _check_readable(payload)
    args, kwargs, embed = (payload.get("args"), payload.get("kwargs"), payload) if old else payload
    embed = {**(embed or {})}
    unsigned.mark_following(embed)
    args, kwargs = _mark_arguments(
        str(name or payload["task"]), [*(args or ())], {**(kwargs or {})}
    )
    return {**embed, "args": args, "kwargs": kwargs} if old else [args, kwargs, embed]


def _mark_arguments(
    task: str, args: list[Any], kwargs: dict[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    if task in _CALLS:
        called = [*args, kwargs.get("task")][0]
        if str(called.get("task") if isinstance(called, dict) else called).startswith(OF_CELERY):
            raise Refused(f"{task} is to call one of Celery's own tasks")
    for place, name in enumerate(_TAKES_SIGNATURES.get(task, ())):
        if place < len(args):
            args[place] = unsigned.marked(args[place])
        if name in kwargs:
            kwargs[name] = unsigned.marked(kwargs[name])
    return args, kwargs


def _changed(message: Message, change: Callable[[Any], Any]) -> Message:
    """The message with the payload that `change` makes of it, unless that is None, which it is
    given for a kind that is not read here."""
    kind, encoding = (str(message.get(name)) for name in ("content-type", "content-encoding"))
    serializer = _SERIALIZERS.get(kind)
    if serializer is None:
        change(None)
        return message
    unpacked = _unpacked(message)
    body, in_base64 = unpacked["body"], unpacked["properties"].get("body_encoding") == "base64"
    plain = base64.b64decode(body) if in_base64 else body
    payload = serialization.loads(plain, kind, encoding, accept=[kind])
    if payload is None:
        raise ValueError("its body is empty")
    changed = change(payload)
    if changed is None:
        return message
    kind, encoding, plain = serialization.dumps(changed, serializer)
    if in_base64:
        plain = base64.b64encode(plain.encode() if isinstance(plain, str) else plain).decode()
    return {**unpacked, "body": plain, "content-type": kind, "content-encoding": encoding}


def _unpacked(message: Message) -> Message:
    """The message with a body that is not compressed; raises as `packed.unpack`."""
    headers, properties, body = message["headers"], message["properties"], message["body"]
    if not (kind := headers.get("compression")):
        return message
    if properties.get("body_encoding") == "base64":
        body = base64.b64decode(body)
    return {
        **message,
        "body": packed.unpack(body, kind),
        "headers": {n: v for n, v in headers.items() if n != "compression"},
        "properties": {n: v for n, v in properties.items() if n != "body_encoding"},
    }


def payload_of(message: Message) -> Any:
    """What its body says; None of a kind that is not read here. Raises what a broken one raises."""
    found: list[Any] = []
    _changed(message, found.append)
    return found[0]


def signature_of(message: Message) -> str:
    """The signature in its header; '' where it has none."""
    return str(message["headers"].get(SIGNATURE, ""))


def fits(message: Message, queue: str, said: str, signer: Signer) -> bool:
    """Whether that is its signature, where it lies and by one of these keys."""
    stamp, mac = said[:-MAC_LENGTH], said[-MAC_LENGTH:]
    try:
        signer.open(PURPOSE, mac.encode() + _text(message, _place(message, queue), stamp))
    except (Refused, ValueError, TypeError, RecursionError):  # headers may be anything
        return False
    return True


def _text(message: Message, where: str, stamp: str) -> bytes:
    """All that is acted on, the same before and after a broker has carried it."""
    headers = {
        name: value
        for name, value in message["headers"].items()
        if name not in OURS and not name.startswith(_OF_THE_BROKER)
    }
    said = message["properties"].get
    about = [said("correlation_id") or "", said("reply_to") or "", said("priority") or 0]
    kind = [message.get("content-type"), message.get("content-encoding"), said("body_encoding")]
    head = json.dumps([stamp, where, kind, headers, about], sort_keys=True, default=_plain)
    body = message["body"]
    return head.encode() + b"\0" + (body.encode() if isinstance(body, str) else bytes(body or b""))


def _plain(value: Any) -> Any:
    """What JSON does not know, as RabbitMQ's clients carry it."""
    if isinstance(value, datetime):
        return calendar.timegm(value.utctimetuple())
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
