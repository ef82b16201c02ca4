"""How large a job's message may be: of a larger one it looked as if the broker were away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from frappe_celery.config.settings import Settings
from frappe_celery.errors import CannotTravel
from frappe_celery.jobs import codec
from frappe_celery.jobs.message import JobMessage

OPTION = "frappe_celery_max_message_size"


def check(message: JobMessage, sealed: bytes, config: Settings) -> None:
    """See that a message can travel; raises as `check_sealed`."""
    check_sealed(sealed, lambda: (message.label, message.decoded_kwargs()), config)


def check_sealed(
    sealed: bytes, about: Callable[[], tuple[str, Mapping[str, Any]]], config: Settings
) -> None:
    """See that what is sealed can travel.

    Args:
        about: its method and its arguments, for the error.

    Raises:
        CannotTravel: it is too large; names its method, its size, the limit and the argument.
    """
    limit = config.max_message_size
    if 2 * len(sealed) <= limit:
        return
    size = len(sealed) + sealed.count(b'"') + sealed.count(b"\\")  # as a text in RabbitMQ's JSON
    if size > limit:
        method, arguments = about()
        theirs = ", and RabbitMQ's own max_message_size" if config.on_rabbitmq else ""
        raise CannotTravel(
            f"the job of {method} has {size:,} bytes{_largest(arguments)}; it may have"
            f" {limit:,}. Put the data into a file or a document and pass its name, or raise"
            f" {OPTION}{theirs}"
        )


def _largest(arguments: Mapping[str, Any]) -> str:
    sizes = {name: len(codec.dumps(codec.encode_value(value))) for name, value in arguments.items()}
    if not sizes:
        return ""
    name = max(sizes, key=sizes.__getitem__)
    return f", of which argument {name!r} has {sizes[name]:,}"
