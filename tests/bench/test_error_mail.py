"""Mail on failure and stacks in a bench, beside Frappe's own Error Log."""

from __future__ import annotations

import json
import signal
import uuid
from collections.abc import Iterator

import psutil
import pytest

from tests.bench.bench import Bench
from tests.mailbox import Mailbox, text_of
from tests.waiting import wait_until


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox().open() as mailbox:
        yield mailbox


@pytest.fixture
def mailed(mailbox: Mailbox) -> dict[str, str]:
    """An environment in which failures are mailed to `mailbox`, soon again after a test before."""
    configuration = mailbox.configuration(digest_minutes=0.02)
    return {"FRAPPE_CELERY_CELERY_ERROR_EMAILS": json.dumps(configuration)}


def test_a_failed_job_is_mailed(bench: Bench, mailbox: Mailbox, mailed: dict[str, str]) -> None:
    bench.worker(1, **mailed)
    label = uuid.uuid4().hex
    code = f"""
        job = frappe.enqueue(fc_probe.fail, label={label!r})
        ended(job)
        answer = [job.id, job.get_status()]
    """
    job, status = bench.ask(code, **mailed)
    assert status == "failed"
    (mail,) = wait_until(lambda: mailbox.mails)
    text = text_of(mail)
    for row in (bench.site, "fc_probe.fail", job, "Administrator", label, "Traceback"):
        assert row in text, row


def test_a_scheduled_method_s_failure_is_mailed_once(
    bench: Bench, mailbox: Mailbox, mailed: dict[str, str]
) -> None:
    bench.worker(1, **mailed)
    code = """
        name = frappe.get_doc({"doctype": "Scheduled Job Type", "method": "fc_probe.fail",
            "frequency": "Daily", "create_log": 1}).insert().name
        frappe.db.commit()
        row = frappe.get_doc("Scheduled Job Type", name)
        row.enqueue(force=True)
        until(lambda: (frappe.db.rollback(), frappe.get_all(
            "Scheduled Job Log", {"scheduled_job_type": name, "status": "Failed"}))[1])
        frappe.delete_doc("Scheduled Job Type", name, force=True)
    """
    bench.ask(code, **mailed)
    (mail,) = wait_until(lambda: mailbox.mails)
    text = text_of(mail)
    assert "fc_probe.fail failed" in mail["Subject"]
    assert next(ln for ln in text.splitlines() if ln.startswith("Failures:")).split()[1] == "1"
    assert "finished: what it raised was caught" in text


def test_sigusr1_to_a_process_shows_its_stack(bench: Bench, mailed: dict[str, str]) -> None:
    process = bench.worker(1, **mailed)
    (child,) = psutil.Process(process.pid).children()
    bench.ask("ended(frappe.enqueue('frappe.ping'))", **mailed)
    child.send_signal(signal.SIGUSR1)
    errors = bench.root / "logs" / "worker.error.log"

    def shown() -> bool:
        return "most recent call first" in process.output() + errors.read_text()[-20000:]

    wait_until(shown)
    bench.ask("ended(frappe.enqueue('frappe.ping'))", **mailed)
    assert psutil.Process(process.pid).children() == [child]
