"""A storm of failures, the mail server away, workers killed: every failure is in one mail."""

from __future__ import annotations

import psutil

from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStatus, JobStore
from tests.integration.benches import worker
from tests.integration.watch.mail.test_failed_jobs import counted
from tests.mailbox import Mailbox
from tests.project import Project
from tests.waiting import wait_until

KINDS, JOBS = 10, 600
TASKS = "".join(f"def fail{n}(**kwargs):\n    raise ValueError(kwargs)\n\n\n" for n in range(KINDS))


def storm(project: Project) -> None:
    project.write("myapp/storm.py", TASKS)
    for n in range(JOBS):
        enqueue(f"myapp.storm.fail{n % KINDS}", number=n)


def ended(store: JobStore) -> int:
    counts = store.counts()
    return counts[JobStatus.FAILED] + counts[JobStatus.FINISHED]


def told_of(mailbox: Mailbox) -> int:
    """Failures that the mails tell of; one that came twice is one (see `ledger`)."""
    return sum(counted(mail) for mail in {m["Message-ID"]: m for m in mailbox.mails}.values())


def test_every_failure_is_in_one_mail_whatever_dies_meanwhile(
    project: Project, store: JobStore, mailbox: Mailbox
) -> None:
    project.configure(celery_error_emails=mailbox.configuration(digest_minutes=0.05))
    mailbox.stop()
    storm(project)
    workers = [worker(project, "-c", "2") for _ in range(2)]
    for number, share in enumerate((0.2, 0.4, 0.6)):
        wait_until(lambda share=share: ended(store) > share * JOBS, timeout=60)
        workers[number % 2].kill()
        workers[number % 2] = worker(project, "-c", "2")
        if number == 1:
            mailbox.start()
    for child in psutil.Process(workers[0].pid).children(recursive=True):
        if "frappe_celery.watch.notify mail" in " ".join(child.cmdline()):
            child.kill()
    wait_until(  # beside what follows a death, which finishes
        lambda: store.counts()[JobStatus.FAILED] == JOBS, timeout=60, what="all failed"
    )
    wait_until(lambda: told_of(mailbox) == JOBS, timeout=40, what="all are in a mail")
    assert len(mailbox.mails) <= 100
