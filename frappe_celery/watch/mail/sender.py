"""Sends what is due, over one connection to the mail server, until nothing is or it goes away."""

from __future__ import annotations

import logging
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs import JobStore
from frappe_celery.watch.mail.config import MailConfig
from frappe_celery.watch.mail.ledger import Digest, Ledger
from frappe_celery.watch.mail.letter import write
from frappe_celery.watch.notify.unsent import at_most, holding

logger = logging.getLogger(__name__)


def send(store: JobStore, token: str) -> None:
    """Send what is due, as the process that holds the lease under this token.

    Raises:
        BrokerUnreachable, ConfigError: the rest stays for later.
    """
    ledger, config = Ledger(store), MailConfig.of(store.settings)
    if config is None:
        return
    with holding(ledger, token):
        try:
            with _connected(config) as server:
                while True:
                    for digest in ledger.unsent():
                        if not ledger.lease.keep(token):
                            return
                        _deliver(server, config, store, digest)
                        ledger.delivered(digest)
                    if not ledger.take(token, config.digest_minutes * 60):
                        break
        except (OSError, smtplib.SMTPException) as exc:
            if isinstance(exc, BrokerUnreachable):
                raise
            seconds = ledger.wait()
            reason = _reason(config, exc)
            logger.warning("failures are mailed later, in %.0f s or more: %s", seconds, reason)


@contextmanager
def _connected(config: MailConfig) -> Iterator[smtplib.SMTP]:
    """A connection, encrypted and logged in as configured."""
    where, timeout = (config.EMAIL_HOST, config.EMAIL_PORT), config.EMAIL_TIMEOUT
    with ExitStack() as end:
        with at_most():
            if config.EMAIL_USE_SSL:
                context = ssl.create_default_context()
                server: smtplib.SMTP = smtplib.SMTP_SSL(*where, timeout=timeout, context=context)
            else:
                server = smtplib.SMTP(*where, timeout=timeout)
            end.callback(server.close)
            if config.EMAIL_USE_TLS:
                server.starttls(context=ssl.create_default_context())
            if config.EMAIL_HOST_USER:
                server.login(config.EMAIL_HOST_USER, config.EMAIL_HOST_PASSWORD)
        yield server
        with suppress(OSError, smtplib.SMTPException):
            server.quit()


def _deliver(server: smtplib.SMTP, config: MailConfig, store: JobStore, digest: Digest) -> None:
    """Have the mail server take it; one that it refuses for good is in the log instead."""
    try:
        mail = write(digest, config, store.signer)
    except Exception:
        logger.exception("no mail could be made of %s", digest)
        return
    try:
        with at_most():
            refused = server.send_message(mail)
    except smtplib.SMTPDataError as exc:
        if exc.smtp_code < 500:
            raise
        logger.error("the mail server refused this mail: %s\n%s", exc, mail.get_body(("plain",)))
        return
    for address, (code, text) in refused.items():
        said = text.decode(errors="replace")
        logger.error("celery_error_emails.ADMINS: %s was refused: %d %s", address, code, said)
    logger.info("mailed: %s", mail["Subject"])


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
