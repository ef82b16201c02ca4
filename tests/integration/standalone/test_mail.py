"""`frappe.sendmail` to a real SMTP server: what the people get."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from frappe_celery.config import settings
from frappe_celery.errors import NeedsFrappeSite
from frappe_standalone.local import local
from frappe_standalone.site.context import connect, destroy, init
from tests.mailbox import Mailbox, text_of
from tests.ports import LOOPBACK
from tests.project import Project


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox().open() as box:
        yield box


@pytest.fixture
def frappe(project: Project, mailbox: Mailbox) -> Iterator[Any]:
    """`frappe` on the project's site, whose mail server is the mailbox."""
    import frappe as served

    project.configure(
        mail_server=LOOPBACK, mail_port=mailbox.port, auto_email_id="site@example.com"
    )
    settings.use(None)
    with local.apart():
        init(project.site)
        connect()
        yield served
        destroy()


def test_a_mail_goes_with_the_commit(frappe: Any, mailbox: Mailbox) -> None:
    frappe.sendmail("a@example.com", subject="Lost", message="m")
    frappe.db.rollback()
    report = {"fname": "report.csv", "fcontent": "a,b\n"}
    frappe.sendmail("a@example.com", subject="Kept", message="<p>m</p>", attachments=[report])
    assert mailbox.mails == []
    frappe.db.commit()
    [mail] = mailbox.mails
    assert (mail["Subject"], mail["From"]) == ("Kept", "site@example.com")
    assert text_of(mail).strip() == "m"
    assert [part.get_filename() for part in mail.iter_attachments()] == ["report.csv"]


def test_administrator_and_guest_get_none(frappe: Any, mailbox: Mailbox) -> None:
    managers = frappe.get_all("Has Role", {"role": "System Manager"}, pluck="parent")
    assert managers == ["Administrator"]
    frappe.sendmail([*managers, "a@example.com"], cc="Guest", subject="Due", message="m", now=True)
    frappe.sendmail(managers, subject="Lost", message="m", now=True)
    [mail] = mailbox.mails
    assert (mail["To"], mail["Cc"]) == ("a@example.com", None)


def test_an_answer_names_what_it_answers(frappe: Any, mailbox: Mailbox) -> None:
    headers = {"X-Order": "7"}
    asked = "<question@example.com>"
    frappe.sendmail(
        "a@example.com", message="m", in_reply_to=asked, email_headers=headers, now=True
    )
    [mail] = mailbox.mails
    assert (mail["In-Reply-To"], mail["X-Order"]) == (asked, "7")


def test_an_apps_template_is_what_is_sent(frappe: Any, mailbox: Mailbox, project: Project) -> None:
    project.write("myapp/templates/emails/due.html", "<p>Dear {{ name }}</p>")
    frappe.sendmail("a@example.com", subject="s", template="due", args={"name": "Ann"}, now=True)
    project.write("myapp/templates/emails/due.txt", "To {{ name }}")
    frappe.sendmail("a@example.com", subject="s", template="due", args={"name": "Ann"}, now=True)
    assert [text_of(mail, "html").strip() for mail in mailbox.mails] == ["<p>Dear Ann</p>"] * 2
    assert [text_of(mail).strip() for mail in mailbox.mails] == ["Dear Ann", "To Ann"]


def test_what_cannot_be_sent_is_refused(frappe: Any, mailbox: Mailbox) -> None:
    with pytest.raises(NeedsFrappeSite, match="send_after"):
        frappe.sendmail("a@example.com", message="m", send_after="2030-01-01")
    with pytest.raises(NeedsFrappeSite, match="inline_images"):
        frappe.sendmail("a@example.com", message="m", inline_images=[{"filename": "x.png"}])
    with pytest.raises(NeedsFrappeSite, match="'fid'"):
        frappe.sendmail("a@example.com", message="m", attachments=[{"fid": "x"}])
    frappe.db.commit()
    assert mailbox.mails == []
