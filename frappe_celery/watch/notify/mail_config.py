"""`celery_error_emails`: who is written to, and by which mail server.

The keys are those that Frappe read when it ran on Celery: Celery's and Django's names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from email.errors import HeaderParseError
from email.headerregistry import Address
from typing import Any

from frappe_celery.config.numbers import is_number, is_whole
from frappe_celery.config.settings import Settings
from frappe_celery.errors import ConfigError
from frappe_celery.watch.notify.ledger import DIGEST_MINUTES


def _address(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(Address(addr_spec=value).domain)
    except (ValueError, IndexError, HeaderParseError):
        return False


def _admins(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(
        isinstance(pair, (list, tuple))
        and len(pair) == 2
        and isinstance(pair[0], str)
        and _address(pair[1])
        for pair in value
    )


def _text(value: Any) -> bool:
    return isinstance(value, str) and not set(value) & set("\r\n")


def _number(most: float) -> Callable[[Any], bool]:
    return lambda v: is_number(v) and 0 < v <= most


def _key(right: Callable[[Any], bool], must_be: str, default: Any) -> Any:
    return field(default=default, metadata={"right": right, "must_be": must_be})


def _on_or_off() -> Any:
    return _key(lambda value: isinstance(value, bool), "true or false", False)


@dataclass(frozen=True)
class MailConfig:
    """Who is written to and how; `of` reads it."""

    ADMINS: tuple[tuple[str, str], ...] = _key(
        _admins, 'a list of names and addresses: [["Name", "name@example.com"]]', ()
    )
    """Names and addresses of those who are written to."""
    SERVER_EMAIL: str = _key(_address, 'the sender\'s address: "errors@example.com"', "")
    """The sender's address."""
    EMAIL_HOST: str = _key(_text, "the mail server's name", "localhost")
    EMAIL_PORT: int = _key(lambda v: is_whole(v) and 0 < v <= 65535, "a number from 1 to 65535", 25)
    EMAIL_USE_TLS: bool = _on_or_off()
    """STARTTLS before anything else is said."""
    EMAIL_USE_SSL: bool = _on_or_off()
    """TLS from the first byte (port 465)."""
    EMAIL_HOST_USER: str = _key(_text, "a text", "")
    """Log in as; empty: don't."""
    EMAIL_HOST_PASSWORD: str = _key(_text, "a text", "")
    EMAIL_TIMEOUT: float = _key(_number(600), "a number of seconds above 0, at most 600", 10.0)
    """Seconds that the mail server may leave a step unanswered."""
    digest_minutes: float = _key(
        _number(10080), "a number of minutes above 0, at most 10080 (a week)", DIGEST_MINUTES
    )
    """From the first mail of a kind to the one that counts what came after, and so on."""

    @classmethod
    def of(cls, settings: Settings) -> MailConfig | None:
        """What is configured; None: nobody is written to.

        Raises:
            ConfigError: names the key, its value and what it must be.
        """
        given = settings.celery_error_emails
        known = {key.name: key.metadata for key in fields(cls)}
        for key, value in given.items():
            if key not in known:
                raise ConfigError(
                    f"celery_error_emails.{key} is not known; known are {', '.join(known)}"
                )
            if not known[key]["right"](value):
                shown = "no text" if key == "EMAIL_HOST_PASSWORD" else repr(value)
                must_be = known[key]["must_be"]
                raise ConfigError(f"celery_error_emails.{key} is {shown}; it must be {must_be}")
        if not given.get("ADMINS"):
            return None
        if "SERVER_EMAIL" not in given:
            must_be = known["SERVER_EMAIL"]["must_be"]
            raise ConfigError(f"celery_error_emails has no SERVER_EMAIL; it must be {must_be}")
        if given.get("EMAIL_USE_TLS") and given.get("EMAIL_USE_SSL"):
            raise ConfigError(
                "celery_error_emails.EMAIL_USE_TLS and EMAIL_USE_SSL are both true: STARTTLS is"
                " the first, usually on port 587, TLS from the start the second, on port 465"
            )
        return cls(**{**given, "ADMINS": tuple((name, to) for name, to in given["ADMINS"])})
