"""A real SMTP server for tests, which keeps what it is given. It can go away and come back."""

from __future__ import annotations

import email
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, Session

from tests.ports import LOOPBACK, free_port
from tests.servers import find_program

USER, PASSWORD = "mailer", "pass phrase"


class Mailbox:
    """What the server took, oldest first; `answer` is what it says to a mail ('': take it)."""

    def __init__(self, port: int = 0, certificate: Path | None = None) -> None:
        self.port = port or free_port()
        self.mails: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self.answer = ""
        self.encrypted: list[bool] = []
        self.certificate = certificate
        self._controller: Controller | None = None

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answer:
            return self.answer
        self.envelopes.append(envelope)
        self.encrypted.append(session.ssl is not None)
        assert isinstance(envelope.content, bytes)
        mail = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"

    def start(self) -> None:
        options: dict[str, Any] = {}
        if self.certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate)
            options = {
                "tls_context": context,
                "require_starttls": True,
                "authenticator": _authenticate,
                "auth_required": True,
            }
        self._controller = Controller(self, hostname=LOOPBACK, port=self.port, **options)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    @contextmanager
    def open(self) -> Iterator[Mailbox]:
        self.start()
        try:
            yield self
        finally:
            self.stop()

    def configuration(self, **more: Any) -> dict[str, Any]:
        """`celery_error_emails` that leads here."""
        return {
            "ADMINS": [["Admin Name", "admin@example.com"]],
            "SERVER_EMAIL": "errors@example.com",
            "EMAIL_HOST": LOOPBACK,
            "EMAIL_PORT": self.port,
            **more,
        }

    def subjects(self) -> list[str]:
        return [str(mail["Subject"]) for mail in self.mails]


def _authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> Any:
    right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)


def make_certificate(folder: Path) -> Path:
    """Key and certificate of 127.0.0.1 in one file; $SSL_CERT_FILE makes a process trust it."""
    program = find_program("openssl", "openssl")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = [program, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=localhost", "-addext", f"subjectAltName=IP:{LOOPBACK}"]
    command += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    return both


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    """A part of a mail: `plain` or `html`."""
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())
