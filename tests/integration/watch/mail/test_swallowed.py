"""Failures after which no job is failed: caught by Frappe's wrappers, or the scheduler's own."""

from __future__ import annotations

import pytest

from frappe_celery.jobs import JobStatus, JobStore
from tests.mailbox import Mailbox, text_of
from tests.project import Project
from tests.servers import RedisServer
from tests.waiting import wait_until

ORDER = """
import frappe
from frappe.model.document import Document


class SalesOrder(Document):
    def send_emails(self, message):
        raise ValueError(message)


def order():
    doc = frappe.new_doc("Sales Order").insert()
    doc.queue_action("send_emails", message="no mail server")
"""


@pytest.fixture
def mailed(project: Project, mailbox: Mailbox) -> Project:
    project.configure(celery_error_emails=mailbox.configuration())
    return project


def test_a_scheduled_method_that_fails_is_mailed(
    mailed: Project, store: JobStore, mailbox: Mailbox
) -> None:
    mailed.write(
        "myapp/hooks.py", 'scheduler_events = {"cron": {"* * * * * *": "myapp.tasks.fail"}}\n'
    )
    mailed.worker()
    mailed.beat()
    wait_until(lambda: mailbox.mails, timeout=30, what="its failure was mailed")
    wait_until(
        lambda: store.counts()[JobStatus.FINISHED], what="Frappe ends such a job as finished"
    )
    assert store.counts()[JobStatus.FAILED] == 0
    expected = f"[{mailed.site}] myapp.tasks.fail failed: ValueError: broken on purpose"
    assert mailbox.subjects()[0].startswith(expected)
    text = text_of(mailbox.mails[0])
    for row in (
        "finished: what it raised was caught", "scheduled_job::myapp.tasks.fail",
        "Administrator", "Started:", "Argument job_type:", "tasks.py", "frappe-celery jobs requeue",
    ):  # fmt: skip
        assert row in text, row


def test_a_queued_action_that_fails_is_mailed(
    mailed: Project, store: JobStore, mailbox: Mailbox
) -> None:
    mailed.write("myapp/myapp/doctype/sales_order/sales_order.py", ORDER)
    for folder in ("myapp/myapp", "myapp/myapp/doctype", "myapp/myapp/doctype/sales_order"):
        mailed.write(f"{folder}/__init__.py", "")
    mailed.worker()
    mailed.python("""
        from frappe_celery.jobs import hosts
        import frappe
        from myapp.myapp.doctype.sales_order.sales_order import order

        with hosts.current().in_site("site1.localhost", "clerk@example.com"):
            order()
            frappe.db.commit()
    """)
    wait_until(lambda: mailbox.mails, timeout=30, what="its failure was mailed")
    text = text_of(mailbox.mails[0])
    for row in ("ValueError: no mail server", "clerk@example.com", "send_emails", "Sales Order"):
        assert row in text, row
    assert store.counts()[JobStatus.FAILED] == 0


def test_the_scheduler_s_own_failures_are_mailed_by_beat_alone(
    mailed: Project, mailbox: Mailbox
) -> None:
    mailed.write("myapp/hooks.py", 'scheduler_events = {"daily": ["myapp.tasks.record"]}\n')
    mailed.python("""
        from frappe_celery.jobs import hosts
        import frappe

        with hosts.current().in_site("site1.localhost", "Administrator"):
            row = frappe.new_doc("Scheduled Job Type")
            row.method, row.frequency, row.cron_format = "myapp.tasks.record", "Cron", "0 0 * * *"
            row.insert()
            frappe.db.set_value(row.doctype, row.name, "cron_format", "every day")
            frappe.db.commit()
    """)
    mailed.beat()
    wait_until(lambda: mailbox.mails, timeout=30, what="beat mailed it")
    assert "beat says: site" in mailbox.subjects()[0]
    text = text_of(mailbox.mails[0])
    assert "is not scheduled" in text
    assert "every day" in text


def test_that_redis_was_away_is_mailed_once_it_is_back(
    mailed: Project, mailbox: Mailbox, own_redis: RedisServer
) -> None:
    mailed.configure(redis_queue=own_redis.url)
    beat = mailed.beat()
    beat.wait_for(" leads")
    own_redis.kill()
    beat.wait_for("does not answer")
    own_redis.start()
    wait_until(lambda: mailbox.mails, timeout=40, what="beat mailed it")
    assert "does not answer" in text_of(mailbox.mails[0])
