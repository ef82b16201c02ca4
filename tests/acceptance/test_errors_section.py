"""Section 6 of the research document (error handling), line by line, with real workers.

Its Python snippets (the pattern with commit and rollback, `frappe.log_error`) are in
snippets_errors.py, the scheduler's lease in tests/integration/schedule.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from email.message import EmailMessage

import frappe
import pytest

from frappe_celery.config import settings
from frappe_celery.jobs import Job
from frappe_celery.watch.notify.mail_config import MailConfig
from frappe_standalone.exceptions import LockTimeoutError
from tests.acceptance.desk import signed_in
from tests.acceptance.research import DOCUMENT, blocks
from tests.acceptance.snippets import NO_DOCUMENT
from tests.mailbox import Mailbox, text_of
from tests.project import Project
from tests.waiting import wait_until

EMAILS = """
{
    "celery_error_emails": {
        "ADMINS": [
            ["Admin Name", "admin@example.com"]
        ],
        "SERVER_EMAIL": "errors@example.com"
    }
}
"""


@pytest.fixture
def shop(app_project: Project) -> Iterator[Project]:
    """A project with a method that fails, and a worker; this process is in it."""
    app_project.write("myapp/failing.py", "def fail():\n    raise ValueError('no stock')\n")
    app_project.worker()
    with signed_in(app_project.site):
        yield app_project


def failed(job: Job) -> Job:
    wait_until(lambda: job.get_status() == "failed", what="it failed")
    return job


# -- Wat gebeurt bij job failure


def test_the_exception_is_logged_in_worker_error_log(shop: Project) -> None:
    failed(frappe.enqueue("myapp.failing.fail"))
    log = shop.root / "logs" / "worker.error.log"
    text = wait_until(lambda: "no stock" in log.read_text() and log.read_text())
    assert "Traceback (most recent call last)" in text
    assert "failing.py" in text


def test_the_exception_is_logged_in_the_scheduler_log_and_the_error_log(shop: Project) -> None:
    """The document's `Scheduler Log` is called Scheduled Job Log since v12."""
    row = frappe.new_doc("Scheduled Job Type")
    row.method, row.frequency = "myapp.failing.fail", "Daily"
    row.insert()
    frappe.db.commit()
    assert row.enqueue(force=True)
    fields = ["scheduled_job_type", "status", "details", "creation"]
    (log,) = wait_until(
        lambda: frappe.get_all("Scheduled Job Log", filters={"status": "Failed"}, fields=fields)
    )
    assert log.scheduled_job_type == row.name
    assert "ValueError: no stock" in log.details
    failed(frappe.enqueue("myapp.failing.fail"))
    (error,) = frappe.get_all("Error Log", fields=["method", "error"])
    assert error.method == "myapp.failing.fail"
    assert "ValueError: no stock" in error.error


def test_a_lock_that_a_crash_left_is_a_lock_timeout_error_after_ten_minutes(shop: Project) -> None:
    order = frappe.new_doc("ToDo")
    order.description = "x"
    order.insert()
    order.lock()
    (file,) = (shop.root / "sites" / shop.site / "locks").iterdir()
    just_not = time.time() - 590
    os.utime(file, (just_not, just_not))
    again = frappe.get_doc("ToDo", order.name)
    with pytest.raises(frappe.DocumentLockedError):
        again.lock()
    over = time.time() - 601
    os.utime(file, (over, over))
    with pytest.raises(LockTimeoutError):
        again.lock()
    order.unlock()


def test_the_job_s_status_becomes_failed(shop: Project) -> None:
    job = failed(frappe.enqueue("myapp.failing.fail"))
    assert job.is_failed
    row = frappe.get_doc("RQ Job", job.id)
    assert row.status == "failed"
    assert "ValueError: no stock" in row.exc_info


# -- Email notificaties voor failed jobs


def test_the_document_s_configuration_mails_through_the_local_server_on_port_25() -> None:
    config = MailConfig.of(settings.Settings(root=settings.current().root, **json.loads(EMAILS)))
    assert config is not None
    assert (config.EMAIL_HOST, config.EMAIL_PORT) == ("localhost", 25)


@pytest.mark.skipif(not DOCUMENT.exists(), reason=NO_DOCUMENT)
def test_the_configuration_is_the_document_s() -> None:
    found = {(block.heading, block.number): block for block in blocks()}
    block = found["Email Notificaties voor Failed Jobs", 1]
    assert json.loads(block.text) == json.loads(EMAILS)


def test_a_failed_job_is_mailed_to_the_document_s_admin(app_project: Project) -> None:
    with Mailbox().open() as mailbox:
        configuration = json.loads(EMAILS)["celery_error_emails"]
        configuration |= {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": mailbox.port}
        app_project.configure(celery_error_emails=configuration)
        app_project.write("myapp/failing.py", "def fail():\n    raise ValueError('no stock')\n")
        app_project.worker()
        with signed_in(app_project.site):
            failed(frappe.enqueue("myapp.failing.fail"))
        (mail,) = wait_until(lambda: mailbox.mails)
    assert isinstance(mail, EmailMessage)
    assert str(mail["To"]) == "Admin Name <admin@example.com>"
    assert str(mail["From"]) == "errors@example.com"
    assert "ValueError: no stock" in text_of(mail)
