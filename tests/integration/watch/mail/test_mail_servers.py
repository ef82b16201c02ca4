"""The sender against mail servers that want a login, go away, refuse; each said with its value."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from frappe_celery.jobs import JobStore
from frappe_celery.watch.notify.ledger import Mails
from tests.integration.benches import inside
from tests.mailbox import PASSWORD, USER, Mailbox, make_certificate, text_of
from tests.project import Project


class Sending:
    """A failure that is to be mailed, and the process that does."""

    program: tuple[str, ...] = ("frappe_celery.watch.notify", "mail")

    def __init__(self, project: Project, store: JobStore) -> None:
        self.project, self.ledger = project, Mails(store)

    def fail(self, kind: str = "m|ValueError") -> None:
        self.ledger.count(kind, "site1", "", {"exc_info": "ValueError: x"}, time.time())

    def send(self, mailbox: Mailbox, **configuration: Any) -> str:
        """What the sender printed."""
        values = {**mailbox.configuration(), **configuration}
        trust = {}
        if mailbox.certificate is not None and values.pop("trust", True):
            trust = {"SSL_CERT_FILE": str(mailbox.certificate)}
        self.project.configure(celery_error_emails=values)
        assert self.ledger.sends("me", time.time() + 100)
        process = self.project.start("sender", "-m", *self.program, "me", **trust)
        assert process.wait() == 0
        assert "Traceback" not in process.output()
        return process.output()


@pytest.fixture
def sending(project: Project) -> Iterator[Sending]:
    with inside(project) as store:
        sending = Sending(project, store)
        sending.fail()
        yield sending


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def strict(certificate: Path) -> Iterator[Mailbox]:
    """A mail server that wants STARTTLS and a login."""
    with Mailbox(certificate=certificate).open() as mailbox:
        yield mailbox


@pytest.fixture
def plain() -> Iterator[Mailbox]:
    with Mailbox().open() as mailbox:
        yield mailbox


LOGIN = {"EMAIL_USE_TLS": True, "EMAIL_HOST_USER": USER, "EMAIL_HOST_PASSWORD": PASSWORD}


def test_starttls_and_login(sending: Sending, strict: Mailbox) -> None:
    assert sending.send(strict, **LOGIN) == ""
    assert (len(strict.mails), strict.encrypted) == (1, [True])
    assert sending.ledger.unsent() == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"EMAIL_HOST_PASSWORD": "wrong"}, "celery_error_emails.EMAIL_HOST_USER"),
        ({"EMAIL_USE_TLS": False}, "celery_error_emails.EMAIL_USE_TLS"),
        ({"trust": False}, "celery_error_emails.EMAIL_USE_TLS"),
        ({"EMAIL_USE_TLS": False, "EMAIL_USE_SSL": True}, "celery_error_emails.EMAIL_USE_TLS"),
        ({"EMAIL_HOST_USER": ""}, "celery_error_emails.SERVER_EMAIL"),
        ({"EMAIL_PORT": 1}, "celery_error_emails.EMAIL_HOST, EMAIL_PORT"),
        ({"EMAIL_HOST": "no.such.host.invalid"}, "celery_error_emails.EMAIL_HOST, EMAIL_PORT"),
    ],
)
def test_what_is_wrong_is_named_nothing_is_lost_and_the_mended_one_sends(
    sending: Sending, strict: Mailbox, wrong: dict[str, Any], said: str
) -> None:
    printed = sending.send(strict, **{**LOGIN, **wrong})
    assert said in printed
    assert "told again in " in printed
    assert PASSWORD not in printed
    assert strict.mails == []
    sending.send(strict, **LOGIN)
    assert len(strict.mails) == 1


def test_a_mail_that_is_refused_for_good_is_in_the_log_and_holds_up_no_other(
    sending: Sending, plain: Mailbox
) -> None:
    plain.answer = "552 too big"
    printed = sending.send(plain)
    assert "552" in printed
    assert "m failed: ValueError: x" in printed, "the mail's text"
    assert sending.ledger.unsent() == []
    plain.answer = ""
    sending.fail("m|KeyError")
    sending.send(plain)
    assert [text_of(mail).splitlines()[0] for mail in plain.mails] == ["m failed: KeyError"]


def test_what_a_process_from_before_an_upgrade_starts_sends_too(
    sending: Sending, plain: Mailbox
) -> None:
    """It runs on, with new code on the disk."""
    sending.program = ("frappe_celery.watch.mail",)
    assert sending.send(plain) == ""
    assert len(plain.mails) == 1


def test_one_that_is_refused_for_now_is_sent_later(sending: Sending, plain: Mailbox) -> None:
    plain.answer = "451 come again"
    assert "451" in sending.send(plain)
    plain.answer = ""
    sending.send(plain)
    assert len(plain.mails) == 1
