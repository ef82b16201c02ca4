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
    frappe.get_doc(doctype="Communication", message_id="q@example.com", subject="s").insert(
        set_name="asked"
    )
    headers = {"X-Order": "7", "Order": "8", "Left-Out": None}
    told = {"message": "m", "email_headers": headers, "message_id": "a@example.com", "now": True}
    for asked in ("asked", "<no-communication@example.com>"):
        frappe.sendmail("a@example.com", in_reply_to=asked, x_priority=1, **told)
    answers = [mail["In-Reply-To"] for mail in mailbox.mails]
    assert answers == ["<q@example.com>", None]
    found = [mailbox.mails[0][name] for name in ("X-Order", "X-Left-Out", "X-Priority")]
    assert (found, mailbox.mails[0]["Message-ID"]) == (["8", None, "1"], "<a@example.com>")
    assert mailbox.mails[0].get_all("X-Order") == ["8"]


def test_nobody_sees_who_else_got_it(frappe: Any, mailbox: Mailbox) -> None:
    people = ["a@example.com", "b@example.com", "a@example.com"]
    frappe.sendmail(people, cc="c@example.com", bcc="d@example.com", message="m", now=True)
    assert [mail["To"] for mail in mailbox.mails] == [f"{who}@example.com" for who in "abcd"]
    assert {mail["Cc"] for mail in mailbox.mails} == {"c@example.com"}
    assert {mail["Bcc"] for mail in mailbox.mails} == {None}
    mailbox.mails.clear()
    frappe.sendmail(people[:2], cc="c@example.com", expose_recipients="header", message="m")
    frappe.db.commit()
    assert [mail["To"] for mail in mailbox.mails] == ["a@example.com, b@example.com"] * 3
    mailbox.mails.clear()
    frappe.sendmail(people[:2], cc="c@example.com", queue_separately=True, message="m", now=True)
    assert [mail["To"] for mail in mailbox.mails] == [f"{who}@example.com" for who in "acbc"]


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
