"""What lies in a queue as a message that kombu and Celery understand."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any

from kombu.utils.json import loads

_PARTS: dict[str, type] = {"body": str, "headers": dict, "properties": dict}
_TEXTS: dict[str | None, tuple[str, ...]] = {
    None: ("content-type", "content-encoding"),
    "headers": ("task", "id", "root_id", "parent_id", "group", "lang", "shadow"),
    "properties": ("body_encoding", "correlation_id", "reply_to"),
}


def celery_message(text: bytes, queue: str, own: bool) -> dict[str, Any]:
    """A whole message of some other Celery task; in a queue of the bench's own it is just there.

    Raises as `checked`.
    """
    message = checked(loads(text), queue)
    if own:
        message["properties"]["delivery_info"] = {"exchange": "", "routing_key": queue}
    return message


def checked(message: dict[str, Any], queue: str) -> dict[str, Any]:
    """The same message.

    Raises:
        Exception: it is none, or a part is of a type at which kombu or Celery would end the worker.
    """
    for name, kind in _PARTS.items():
        if not isinstance(message[name], kind):
            raise ValueError(f"its {name} is no {kind.__name__}")
    for part, names in _TEXTS.items():
        check_texts(message if part is None else message[part], names)
    info = {"exchange": "", "routing_key": queue}
    info = message["properties"].setdefault("delivery_info", info)
    if not all(isinstance(info.get(name, ""), str) for name in ("exchange", "routing_key")):
        raise ValueError("its delivery_info is no text")
    encoding = message["properties"].get("body_encoding")
    if encoding == "base64":
        base64.b64decode(message["body"])
    elif encoding not in (None, "utf-8"):
        raise ValueError(f"its body_encoding {encoding!r} is unknown")
    return message


def check_texts(values: Mapping[str, Any], names: Iterable[str] = _TEXTS["headers"]) -> None:
    """See that these, of a message's headers, are texts where they are there; else ValueError."""
    for name in names:
        if not isinstance(values.get(name), (str, type(None))):
            raise ValueError(f"{name} is no text")
