"""Mail on failure, by real workers to a real SMTP server."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStatus, JobStore
from tests.integration.benches import ended, worker
from tests.integration.cli import run
from tests.integration.stores import message
from tests.mailbox import Mailbox, text_of
from tests.project import Project
from tests.waiting import wait_until


def the_mail(mailbox: Mailbox) -> EmailMessage:
    wait_until(lambda: mailbox.mails, what="a mail came")
    (mail,) = mailbox.mails
    return mail


def test_a_failed_job_is_mailed_with_all_that_is_known(
    project: Project, store: JobStore, mailbox: Mailbox
) -> None:
    process = worker(project)
    job = ended(enqueue("myapp.core.fail", message="<b>no</b> stock", queue="short"))
    mail = the_mail(mailbox)
    assert str(mail["From"]) == "errors@example.com"
    assert str(mail["To"]) == "Admin Name <admin@example.com>"
    assert mail["Subject"] == (
        f"[{project.site}] myapp.core.fail failed: ValueError: <b>no</b> stock"
    )
    text = text_of(mail)
    for row in (
        project.site, "myapp.core.fail", "short", job.id, "Administrator", "Argument message",
        f"frappe-celery jobs show {job.run_id}", f"frappe-celery jobs requeue {job.run_id}",
        "Traceback (most recent call last)", "core.py", "ValueError: <b>no</b> stock",
        str(job.enqueued_at)[:19], "UTC",
    ):  # fmt: skip
        assert row in text, row
    html = text_of(mail, "html")
    assert "&lt;b&gt;no&lt;/b&gt; stock" in html
    assert "<b>no</b>" not in html
    assert process.popen.poll() is None


def test_half_a_character_travels_to_the_job_and_is_shown_escaped(
    project: Project, store: JobStore, mailbox: Mailbox
) -> None:
    worker(project)
    assert ended(enqueue("myapp.core.echo", n="caf\udce9")).result["kwargs"] == {"n": "caf\udce9"}
    job = ended(enqueue("myapp.core.fail", message="caf\udce9"))
    text = text_of(the_mail(mailbox))
    assert r'"caf\udce9"' in text
    assert r"ValueError: caf\udce9" in text
    assert r"ValueError: caf\udce9" in run("doctor", code=2).output
    assert r"caf\udce9" in run("jobs", "show", job.id).output
    log = project.root / "logs" / "worker.error.log"
    assert r"ValueError: caf\udce9" in log.read_text()


def test_a_job_that_has_no_user_is_failed_and_mailed(
    project: Project, store: JobStore, mailbox: Mailbox
) -> None:
    worker(project)
    one = message(site=project.site, user=None, method="myapp.core.fail", kwargs={"message": "no"})
    store.enqueue(one)
    text = text_of(the_mail(mailbox))
    assert one.id in text
    assert "ValueError: no" in text
    assert store.fetch_run(one.run).is_failed
    assert store.counts()[JobStatus.STARTED] == 0


def test_secrets_are_masked(project: Project, store: JobStore, mailbox: Mailbox) -> None:
    worker(project)
    secrets = {"password": "hunter2", "login": {"api_key": "hunter2", "user": "admin"}}
    ended(enqueue("myapp.core.fail", message="password=hunter2 url=redis://u:hunter2@h", **secrets))
    mail = the_mail(mailbox)
    assert "hunter2" not in mail.as_string()
    assert "hunter2" not in text_of(mail) + text_of(mail, "html")
    assert "********" in text_of(mail)


def test_a_job_whose_process_died_is_mailed(
    project: Project, store: JobStore, mailbox: Mailbox
) -> None:
    worker(project)
    job = ended(enqueue("myapp.core.die"))
    mail = the_mail(mailbox)
    assert "AbandonedJobError" in mail["Subject"]
    assert job.id in text_of(mail)
    assert "its process died" in text_of(mail)


def test_a_burst_worker_mails_before_it_ends(
    project: Project, store: JobStore, mailbox: Mailbox
) -> None:
    enqueue("myapp.core.fail")
    assert worker(project, "--burst").wait() == 0
    assert len(mailbox.mails) == 1


def test_equal_failures_become_one_mail_at_once_and_one_with_their_number_later(
    project: Project, store: JobStore, mailbox: Mailbox
) -> None:
    project.configure(celery_error_emails=mailbox.configuration(digest_minutes=0.1))
    worker(project, "-c", "2")
    worker(project)
    ended(enqueue("myapp.core.fail"))
    wait_until(lambda: len(mailbox.mails) == 1)
    for n in range(20):
        enqueue("myapp.core.fail", message=f"number {n}")
    ended(enqueue("myapp.core.fail", message="other", queue="long"))
    assert len(mailbox.mails) == 1, "what is equal waits for the digest"
    wait_until(lambda: len(mailbox.mails) == 2, timeout=20, what="the digest came")
    assert "(21 times)" in mailbox.subjects()[1]
    assert "21 times from" in text_of(mailbox.mails[1])


def test_failures_wait_while_the_mail_server_is_away_and_across_restarts(
    project: Project, store: JobStore, mailbox: Mailbox
) -> None:
    project.configure(celery_error_emails=mailbox.configuration(digest_minutes=0.05))
    mailbox.stop()
    first = worker(project)
    for n in range(3):
        ended(enqueue("myapp.core.fail", message=f"number {n}"))
    first.wait_for("celery_error_emails.EMAIL_HOST, EMAIL_PORT")
    assert "does not answer" in first.output()
    first.kill()
    mailbox.start()
    worker(project)
    wait_until(lambda: sum(map(counted, mailbox.mails)) == 3, timeout=40, what="all are mailed")


def counted(mail: EmailMessage) -> int:
    """How many failures a mail tells of."""
    line = next(ln for ln in text_of(mail).splitlines() if ln.startswith("Failures:"))
    return int(line.split()[1])


def test_a_wrong_configuration_ends_the_worker_with_a_sentence(
    project: Project, tmp_path: Path
) -> None:
    project.configure(celery_error_emails={"ADMINS": ["me@example.com"], "SERVER_EMAIL": "e@x.com"})
    process = project.celery("worker")
    assert process.wait() != 0
    assert (
        "Error: ConfigError: celery_error_emails.ADMINS is ['me@example.com']" in process.output()
    )
    assert "Traceback" not in process.output()
