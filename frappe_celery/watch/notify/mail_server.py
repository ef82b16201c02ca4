"""The mail server that is told of failures: it takes a mail, refuses it for good, or is away."""

from __future__ import annotations

import atexit
import logging
import smtplib
import ssl
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property

from frappe_celery.config.settings import Settings
from frappe_celery.config.signing import Signer
from frappe_celery.watch.notify.ledger import Entry
from frappe_celery.watch.notify.letter import digest_of, write
from frappe_celery.watch.notify.mail_config import MailConfig

logger = logging.getLogger(__name__)


class MailServer:
    """The one that is configured; connected to, encrypted and logged in, when there is a mail."""

    def __init__(self, config: MailConfig, signer: Signer) -> None:
        self._config, self._signer = config, signer

    @cached_property
    def _connection(self) -> smtplib.SMTP:
        config = self._config
        where, timeout = (config.EMAIL_HOST, config.EMAIL_PORT), config.EMAIL_TIMEOUT
        if config.EMAIL_USE_SSL:
            context = ssl.create_default_context()
            server: smtplib.SMTP = smtplib.SMTP_SSL(*where, timeout=timeout, context=context)
        else:
            server = smtplib.SMTP(*where, timeout=timeout)
        if config.EMAIL_USE_TLS:
            server.starttls(context=ssl.create_default_context())
        if config.EMAIL_HOST_USER:
            server.login(config.EMAIL_HOST_USER, config.EMAIL_HOST_PASSWORD)
        atexit.register(_quit, server)
        return server

    def take(self, entry: Entry) -> str:
        """Have it take one; one that it refuses for good is in the log instead."""
        try:
            mail = write(digest_of(entry, self._signer), self._config, self._signer)
        except Exception:
            logger.exception("no mail could be made of %s", entry)
            return ""
        try:
            refused = self._connection.send_message(mail)
        except OSError as exc:  # smtplib's errors are some
            if not isinstance(exc, smtplib.SMTPDataError) or exc.smtp_code < 500:
                return _reason(self._config, exc)
            body = mail.get_body(("plain",))
            logger.error("the mail server refused this mail: %s\n%s", exc, body)
            return ""
        for address, (code, text) in refused.items():
            said = text.decode(errors="replace")
            logger.error("celery_error_emails.ADMINS: %s was refused: %d %s", address, code, said)
        return ""


def receivers(config: Settings) -> Mapping[str, MailServer]:
    """The mail server; none where nobody is written to. Raises ConfigError."""
    mail = MailConfig.of(config)
    return {} if mail is None else {"mail": MailServer(mail, config.signer)}


def _quit(server: smtplib.SMTP) -> None:
    with suppress(OSError):
        server.quit()


def _reason(config: MailConfig, exc: Exception) -> str:
    """What is wrong and which value mends it."""
    where = f"{config.EMAIL_HOST}:{config.EMAIL_PORT}"
    if isinstance(exc, smtplib.SMTPAuthenticationError):
        key, said = "EMAIL_HOST_USER", f"{config.EMAIL_HOST_USER!r} was not let in"
    elif isinstance(exc, smtplib.SMTPSenderRefused):
        key, said = "SERVER_EMAIL", f"{config.SERVER_EMAIL!r} was refused"
    elif isinstance(exc, smtplib.SMTPRecipientsRefused):
        key, said = "ADMINS", f"{', '.join(exc.recipients)} were all refused"
    elif isinstance(exc, (smtplib.SMTPNotSupportedError, ssl.SSLError)):
        key, said = "EMAIL_USE_TLS, EMAIL_USE_SSL, EMAIL_HOST", "no encryption as configured"
    else:
        key, said = "EMAIL_HOST, EMAIL_PORT", "does not answer"
    return f"the mail server {where}: {said} ({exc}). See celery_error_emails.{key}"
