"""What RabbitMQ carries and amqp cannot read: names that are no UTF-8, times after the year 9999,
tables within tables without end. amqp raises then, and its caller never learns of which message.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from amqp import method_framing
from amqp.serialization import PROPERTY_CLASSES, loads
from amqp.spec import Basic

HEADER = 2
"""The kind of frame that brings a message's properties."""
PROPERTIES_AT = 12
NO_PROPERTIES = b"\0\0"
_ARGUMENTS = {Basic.Deliver: "sLbss", Basic.GetOk: "Lbssl", Basic.Return: "Bsss"}
_SIZES = {"L": 8, "l": 4, "B": 2, "b": 1}


def frame_handler(connection: Any, callback: Callable[..., Any]) -> Callable[[Any], Any]:
    """amqp's, which hands over a message without the properties that cannot be read."""

    def dispatch(channel: int, method: Any, arguments: bytes, content: Any) -> Any:
        if content is not None and not arguments.isascii():
            arguments = _readable(arguments, _ARGUMENTS[method])
        return callback(channel, method, arguments, content)

    handle = method_framing.frame_handler(connection, dispatch)

    def on_frame(frame: tuple[int, int, bytes]) -> Any:
        kind, channel, buffer = frame
        try:
            return handle(frame)
        except Exception as exc:
            if kind != HEADER or (_can_be_read(buffer) and not isinstance(exc, RecursionError)):
                raise
            return handle((kind, channel, buffer[:PROPERTIES_AT] + NO_PROPERTIES))

    return on_frame


def _can_be_read(header: bytes) -> bool:
    try:
        PROPERTY_CLASSES[Basic.CLASS_ID](header, PROPERTIES_AT)
    except Exception:
        return False
    return True


def _readable(arguments: bytes, kinds: str) -> bytes:
    """A method's arguments, with a question mark for each odd byte of names that are no UTF-8."""
    try:
        loads(kinds, arguments, 4)
        return arguments
    except UnicodeDecodeError:
        made, at = arguments[:4], 4
    for kind in kinds:
        begin, at = at + (kind == "s"), at + (_SIZES.get(kind) or 1 + arguments[at])
        text = arguments[begin:at].decode("ascii", "replace").replace("�", "?").encode()
        made += arguments[begin - 1 : begin] + text if kind == "s" else arguments[begin:at]
    return made
