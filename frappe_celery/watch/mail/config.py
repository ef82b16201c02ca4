"""`celery_error_emails`: who is written to, and by which mail server.

The keys are those that Frappe read when it ran on Celery: Celery's and Django's names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.headerregistry import Address
from typing import Any

from frappe_celery.config.numbers import is_number
from frappe_celery.config.settings import Settings
from frappe_celery.errors import ConfigError


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


def _port(value: Any) -> bool:
    return isinstance(value, int) and _number(65535)(value)


def _switch(value: Any) -> bool:
    return isinstance(value, bool)


_SWITCH = (_switch, "true or false")
_KEYS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "ADMINS": (_admins, 'a list of names and addresses: [["Name", "name@example.com"]]'),
    "SERVER_EMAIL": (_address, 'the sender\'s address: "errors@example.com"'),
    "EMAIL_HOST": (_text, "the mail server's name"),
    "EMAIL_PORT": (_port, "a number from 1 to 65535"),
    "EMAIL_USE_TLS": _SWITCH,
    "EMAIL_USE_SSL": _SWITCH,
    "EMAIL_HOST_USER": (_text, "a text"),
    "EMAIL_HOST_PASSWORD": (_text, "a text"),
    "EMAIL_TIMEOUT": (_number(600), "a number of seconds above 0, at most 600"),
    "digest_minutes": (_number(10080), "a number of minutes above 0, at most 10080 (a week)"),
}


@dataclass(frozen=True)
class MailConfig:
    """Who is written to and how; `of` reads it."""

    ADMINS: tuple[tuple[str, str], ...]
    """Names and addresses of those who are written to."""
    SERVER_EMAIL: str
    """The sender's address."""
    EMAIL_HOST: str = "localhost"
    EMAIL_PORT: int = 25
    EMAIL_USE_TLS: bool = False
    """STARTTLS before anything else is said."""
    EMAIL_USE_SSL: bool = False
    """TLS from the first byte (port 465)."""
    EMAIL_HOST_USER: str = ""
    """Log in as; empty: don't."""
    EMAIL_HOST_PASSWORD: str = ""
    EMAIL_TIMEOUT: float = 10.0
    """Seconds that the mail server may leave a step unanswered."""
    digest_minutes: float = 5.0
    """From the first mail of a kind to the one that counts what came after, and so on."""

    @classmethod
    def of(cls, settings: Settings) -> MailConfig | None:
        """What is configured; None: nobody is written to.

        Raises:
            ConfigError: names the key, its value and what it must be.
        """
        given = settings.celery_error_emails
        for key, value in given.items():
            if key not in _KEYS:
                raise ConfigError(
                    f"celery_error_emails.{key} is not known; known are {', '.join(_KEYS)}"
                )
            right, must_be = _KEYS[key]
            if not right(value):
                shown = "no text" if key == "EMAIL_HOST_PASSWORD" else repr(value)
                raise ConfigError(f"celery_error_emails.{key} is {shown}; it must be {must_be}")
        if not given.get("ADMINS"):
            return None
        if "SERVER_EMAIL" not in given:
            raise ConfigError(
                f"celery_error_emails has no SERVER_EMAIL; it must be {_KEYS['SERVER_EMAIL'][1]}"
            )
        if given.get("EMAIL_USE_TLS") and given.get("EMAIL_USE_SSL"):
            raise ConfigError(
                "celery_error_emails.EMAIL_USE_TLS and EMAIL_USE_SSL are both true: STARTTLS is"
                " the first, usually on port 587, TLS from the start the second, on port 465"
            )
        return cls(**{**given, "ADMINS": tuple((name, to) for name, to in given["ADMINS"])})
