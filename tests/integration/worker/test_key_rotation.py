"""The key is exchanged while jobs wait and a worker runs."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

import frappe_celery
from frappe_celery import enqueue
from frappe_celery.cli import main
from frappe_celery.config import settings
from frappe_celery.jobs import Job
from tests.brokers import both_brokers
from tests.integration.cli import run
from tests.project import Project
from tests.waiting import wait_until

ENQUEUE = "import frappe_celery; frappe_celery.enqueue('myapp.tasks.record', text={!r})"


def ended(*jobs: Job) -> bool:
    return all(job.is_finished or job.is_failed for job in jobs)


def rotate() -> None:
    """As `frappe-celery key rotate` does, which this process knows of."""
    settings.current().keys.rotate()
    settings.use(None)


@both_brokers
def test_jobs_that_wait_through_it_run(project: Project) -> None:
    waits = enqueue("myapp.tasks.record", text="waited through it")  # this process has the old key
    project.worker("-Q", "short")  # so has this one
    project.python("import frappe_celery.cli as c; c.main(['key', 'rotate'])")
    project.python(ENQUEUE.format("by the new key").replace(")", ", queue='short')"))
    wait_until(lambda: "by the new key" in project.effects(), 20, "a job by the new key ran")
    late = enqueue("myapp.tasks.record", queue="short", text="by the old one")
    wait_until(lambda: ended(late), 20, "a job by the old key ran")

    settings.use(None)
    assert "jobs are signed by a former key: 1 queued" in run("key", "end", code=1).output
    project.worker("-Q", "default")
    wait_until(lambda: ended(waits), 20, "the job that waited ran")
    assert project.effects() == ["by the new key", "by the old one", "waited through it"]
    assert "not accepted any more: 1" in run("key", "end").output
    project.python(ENQUEUE.format("after it"))
    wait_until(lambda: "after it" in project.effects(), 20, "a job ran after it")


def test_what_is_given_up_is_refused(project: Project) -> None:
    given_up = enqueue("myapp.tasks.record", text="given up")
    rotate()
    run("key", "end", "--anyway")
    worker = project.worker()
    worker.wait_for("the signature is missing or wrong")
    wait_until(lambda: given_up.is_failed, 20, "it is recorded as failed")
    assert project.effects() == []


SECRET = """
import frappe_celery, frappe
from frappe.utils.password import get_decrypted_password, set_encrypted_password
frappe.init("{site}"); frappe.connect()
"""


def test_passwords_of_documents_are_encrypted_anew(project: Project) -> None:
    begin = SECRET.format(site=project.site)
    project.python(begin + "set_encrypted_password('Account', 'a', 's3cret'); frappe.db.commit()")
    rotate()
    assert f"{project.site}: passwords encrypted anew: 1\n" in run("key", "end").output
    project.python(begin + "assert get_decrypted_password('Account', 'a') == 's3cret'")
    assert f"{project.site}: passwords encrypted anew: 0\n" in run("key", "encrypt").output


TEAM = """
import time
import frappe_celery
from celery import chain, shared_task

@shared_task
def add(a, b, seconds=0):
    time.sleep(seconds)
    return a + b

app = frappe_celery.app
app.set_current()
"""


@both_brokers
def test_a_former_key_is_kept_while_messages_of_celery_tasks_wait(
    project: Project, redis_url: str
) -> None:
    project.write("celeryconfig.py", f"result_backend = {redis_url!r}\nimports = ('team',)\n")
    project.write("team.py", TEAM)
    record = "frappe_celery.signature('myapp.tasks.record', immutable=True, kwargs={'text': 'x'})"
    send = f"from team import add, chain, frappe_celery; chain(add.s(1, 2), {record}).delay()"
    project.python(send)
    rotate()
    said = run("key", "end", code=1).output
    assert "signed by a former key: 1 waiting messages of Celery tasks" in said
    project.worker("--without-mingle")
    wait_until(lambda: project.effects() == ["x"], 30, "the method after it ran")
    assert "not accepted any more: 1" in run("key", "end").output


RECORD = "frappe_celery.signature('myapp.tasks.record', immutable=True, kwargs={'text': 'x'})"
SEND = "from team import add, chain, frappe_celery; "


@pytest.fixture
def team(project: Project, redis_url: str) -> Project:
    project.write("celeryconfig.py", f"result_backend = {redis_url!r}\nimports = ('team',)\n")
    project.write("team.py", TEAM)
    return project


@both_brokers
def test_a_process_that_ran_before_signs_with_the_new_key(team: Project) -> None:
    worker = team.worker("--without-mingle")
    team.python(f"{SEND}print(add.delay(1, 2).get(timeout=20))")  # Celery's process has the old one
    rotate()
    assert "not accepted any more: 1" in run("key", "end").output
    team.python(f"{SEND}chain(add.s(1, 2), add.s(3), {RECORD}).delay()")
    wait_until(lambda: team.effects() == ["x"], 20, "each step, sent by the one before, ran")
    assert "refused" not in worker.output()


@both_brokers
@pytest.mark.parametrize(
    "sent",
    [f"chain(add.s(1, 2, seconds=9), {RECORD}).delay()", "add.apply_async((1, 2), countdown=9)"],
    ids=["runs", "waits for its time"],
)
def test_a_former_key_is_kept_while_a_worker_holds_a_task(team: Project, sent: str) -> None:
    worker = team.worker("--without-mingle")
    team.python(SEND + sent)
    worker.wait_for("received")
    rotate()
    held = "signed by a former key: 1 Celery tasks that workers hold"
    assert held in run("key", "end", code=1).output
    worker.wait_for("succeeded")
    if "record" in sent:
        wait_until(lambda: team.effects() == ["x"], 20, "the step after it ran")
    wait_until(
        lambda: "more: 1" in CliRunner().invoke(main, ["key", "end"]).output, 20, "it can end"
    )
    assert "refused" not in worker.output()


OLDER = """
from celery.signals import worker_ready
from celery.worker.control import Panel

@worker_ready.connect
def begin(**_):
    Panel.data.pop("held")
"""


def test_a_worker_of_an_older_version_is_named(team: Project) -> None:
    """It knows no such command of remote control, and what it holds nobody can tell."""
    team.write("team.py", TEAM + OLDER)
    worker = team.worker("--without-mingle")
    rotate()
    said = run("key", "end", code=1).output
    assert "did not say which Celery tasks it holds" in said
    worker.stop()
    assert "not accepted any more: 1" in run("key", "end").output


def test_a_former_key_is_kept_while_a_job_holds_a_step_that_it_signed(project: Project) -> None:
    step = "frappe_celery.signature('myapp.tasks.record')"
    sealed = project.python(f"import json, frappe_celery; print(json.dumps({step}))")
    rotate()
    method = frappe_celery.signature("myapp.tasks.record", countdown=3600)
    method.set(link=json.loads(sealed)).delay()
    assert "signed by a former key: 1 scheduled" in run("key", "end", code=1).output
