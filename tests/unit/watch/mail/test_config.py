"""`celery_error_emails`: what is wrong is named with its value and what it must be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from frappe_celery.config.settings import Settings
from frappe_celery.errors import ConfigError
from frappe_celery.watch.notify.mail_config import MailConfig

RIGHT = {"ADMINS": [["Admin Name", "admin@example.com"]], "SERVER_EMAIL": "errors@example.com"}


def read(**values: Any) -> MailConfig | None:
    return MailConfig.of(Settings(root=Path("/"), celery_error_emails={**RIGHT, **values}))


def test_the_research_document_s_configuration_uses_the_local_mail_server() -> None:
    config = read()
    assert config is not None
    assert config.ADMINS == (("Admin Name", "admin@example.com"),)
    assert (config.EMAIL_HOST, config.EMAIL_PORT) == ("localhost", 25)
    assert not config.EMAIL_USE_TLS
    assert config.digest_minutes == 5


def test_nobody_is_written_to_without_admins() -> None:
    assert MailConfig.of(Settings(root=Path("/"))) is None
    assert read(ADMINS=[]) is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("ADMINS", "admin@example.com"),
        ("ADMINS", ["admin@example.com"]),
        ("ADMINS", [["Admin", "nobody"]]),
        ("ADMINS", [["Admin", "a@b\r\nBcc: c@d"]]),
        ("ADMINS", [["Admin", "a@b@c"]]),
        ("SERVER_EMAIL", "errors"),
        ("SERVER_EMAIL", 7),
        ("EMAIL_HOST", ["mail"]),
        ("EMAIL_PORT", "25"),
        ("EMAIL_PORT", 0),
        ("EMAIL_PORT", True),
        ("EMAIL_PORT", 65536),
        ("EMAIL_USE_TLS", "yes"),
        ("EMAIL_TIMEOUT", 0),
        ("digest_minutes", -1),
        ("digest_minutes", "5"),
    ],
)
def test_a_wrong_value_is_named(key: str, value: object) -> None:
    with pytest.raises(ConfigError) as error:
        read(**{key: value})
    assert f"celery_error_emails.{key} is {value!r}; it must be " in str(error.value)


def test_an_unknown_key_is_named_and_the_known_ones_too() -> None:
    with pytest.raises(ConfigError, match=r"celery_error_emails\.EMAIL_PROT .* EMAIL_PORT"):
        read(EMAIL_PROT=25)


def test_a_wrong_password_is_not_shown() -> None:
    with pytest.raises(ConfigError) as error:
        read(EMAIL_HOST_PASSWORD=12345)
    assert "12345" not in str(error.value)


def test_a_sender_is_needed() -> None:
    with pytest.raises(ConfigError, match="no SERVER_EMAIL"):
        MailConfig.of(Settings(root=Path("/"), celery_error_emails={"ADMINS": RIGHT["ADMINS"]}))


def test_both_ways_of_encryption_at_once_are_refused() -> None:
    with pytest.raises(ConfigError, match="EMAIL_USE_TLS and EMAIL_USE_SSL"):
        read(EMAIL_USE_TLS=True, EMAIL_USE_SSL=True)
