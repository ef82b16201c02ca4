"""The key is exchanged while jobs wait and a worker runs."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from click.testing import CliRunner

import frappe_celery
from frappe_celery import enqueue
from frappe_celery.cli import main
from frappe_celery.config import settings
from frappe_celery.errors import Refused
from frappe_celery.jobs import Job, JobStatus, get_store
from tests.brokers import both_brokers
from tests.integration.benches import write_tasks
from tests.integration.cli import run
from tests.project import Project
from tests.waiting import HANG_SECONDS, wait_until

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

@shared_task
def tell(text):
    from myapp.tasks import record
    record(text)

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


BY_A_FORMER_KEY = """
from team import app, frappe_celery, tell
frappe_celery.enqueue("myapp.tasks.record", text="a job")
tell.delay("a task")
print("answers:", app.control.ping(timeout=2))
"""


def former_key() -> str:
    """The one that signs now, before it is exchanged."""
    return settings.current().keys.now()[0].decode()


@both_brokers
def test_nothing_that_a_former_key_signed_is_acted_on_once_it_has_ended(team: Project) -> None:
    """By workers that ran before: a job, another Celery task, a step of a canvas, a command."""
    former = former_key()
    step = team.python(f"{SEND}import json; print(json.dumps({RECORD}))")
    worker = team.worker("--without-mingle")
    team.python("from team import tell; tell.delay('by the former key').get(timeout=20)")
    rotate()
    team.python(ENQUEUE.format("by the new key"))
    wait_until(lambda: len(team.effects()) == 2, 20, "the worker knows both keys")
    assert "not accepted any more: 1" in run("key", "end").output

    said = team.python(BY_A_FORMER_KEY, FRAPPE_CELERY_KEY=former)
    assert "answers: []" in said
    team.python(f"import json; {SEND}add.apply_async((1, 2), link=json.loads({step!r}))")
    wait_until(lambda: len(get_store().refused()) == 2, 20, "job and task are refused")
    reasons = {entry["reason"].partition(" from ")[0] for entry in get_store().refused()}
    assert "team.tell" in reasons
    assert any(reason.startswith("the signature is missing or wrong") for reason in reasons)
    assert "2 messages refused" in run("doctor", code=2).output
    wait_until(lambda: "refused the control command 'ping'" in worker.output(), 20, "so is ping")
    team.python("from team import tell; tell.delay('after it').get(timeout=20)")
    team.python(ENQUEUE.format("a job after it"))
    wait_until(lambda: "a job after it" in team.effects(), 20, "what the new key signs runs")
    assert team.effects() == ["by the former key", "by the new key", "after it", "a job after it"]


def test_consoles_and_web_servers_go_by_it_within_a_second(project: Project) -> None:
    ran_before = settings.current().signer
    sealed = ran_before.seal("job", b"text")
    project.python("import frappe_celery.cli as c; c.main(['key', 'rotate'])")
    assert ran_before.open("job", sealed) == b"text"
    project.python("import frappe_celery.cli as c; c.main(['key', 'end'])")

    def is_refused() -> bool:
        with suppress(Refused):
            return not ran_before.open("job", sealed)
        return True

    wait_until(is_refused, HANG_SECONDS, "what the former key signed is refused")


def test_a_worker_that_did_not_say_that_it_knows_is_named(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of another machine, say, with a file of its own."""
    own_key = former_key()
    elsewhere = project.worker("-Q", "short", FRAPPE_CELERY_KEY=own_key)
    project.worker("-Q", "long")
    rotate()
    with monkeypatch.context() as patch:
        patch.setattr("frappe_celery.commands.key.KNOWN_SECONDS", 6)
        said = run("key", "end", "--anyway", code=1).output
    assert "w0@" in said
    assert "w1@" not in said
    assert "may still run what they signed" in said
    elsewhere.stop()
    assert "not accepted any more: 0" in run("key", "end").output


def test_a_worker_that_cannot_say_anything_while_it_runs_a_job_is_named(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tasks(project)
    worker = project.worker("--pool", "solo", "--without-mingle")
    go = project.root / "go"
    job = enqueue("myapp.core.work_quietly", text="w", until=str(go))
    wait_until(lambda: project.effects() == ["w started"], 20, "it runs")
    rotate()
    with monkeypatch.context() as patch:
        patch.setattr("frappe_celery.commands.key.KNOWN_SECONDS", 0)
        (its,) = get_store().workers.all()
        assert its.name in run("key", "end", "--anyway", code=1).output
        get_store().workers.remove(its.name)  # as it is after half a minute
        assert f":{worker.pid}:" in run("key", "end", "--anyway", code=1).output
    go.touch()
    wait_until(lambda: ended(job), 20, "it has ended")
    run("key", "end", "--anyway")


QUIET = """
from myapp.tasks import record

def note(text):
    record(text)  # and no result, for which the worker would sign something
"""
LOAD = """
import itertools, pathlib, time
import frappe_celery

began, stop, effects = time.monotonic(), pathlib.Path("stop"), pathlib.Path("effects.txt")
effects.touch()
for number in itertools.count():
    frappe_celery.enqueue("myapp.quiet.note", text=f"honest {number}")
    if stop.exists():
        break
    time.sleep(max(0, began + (number + 1) / 200 - time.monotonic()))
    while number % 100 == 99 and effects.read_bytes().count(b"\\n") < number - 300:
        time.sleep(0.1)  # a busy machine's worker is not as fast
print("enqueued:", number + 1)
"""
FORMER = """
import pathlib, time
import frappe_celery

frappe_celery.enqueue("myapp.quiet.note", text="in time")
print("ready", flush=True)
while not pathlib.Path("ended").exists():
    time.sleep(0.01)
for _ in range(100):
    frappe_celery.enqueue("myapp.quiet.note", text="too late")
"""


@both_brokers
def test_under_load_none_is_lost_and_none_runs_by_a_key_that_has_ended(project: Project) -> None:
    """200 jobs a second, as far as the machine lets one, from before it until after its end."""
    project.write("myapp/quiet.py", QUIET)
    former = project.start("former", "-c", FORMER, FRAPPE_CELERY_KEY=former_key())
    project.worker("--without-mingle", "-c", "2")
    load = project.start("load", "-c", LOAD)

    def goes_on(jobs: int = 200) -> None:
        before = len(project.effects())
        wait_until(lambda: len(project.effects()) >= before + jobs, 60, "the load goes on")

    former.wait_for("ready")
    goes_on()
    run("key", "rotate")
    goes_on()
    wait_until(
        lambda: "more: 1" in CliRunner().invoke(main, ["key", "end"]).output, 60, "it can end"
    )
    (project.root / "ended").touch()
    assert former.wait() == 0
    goes_on()
    (project.root / "stop").touch()
    assert load.wait() == 0
    number = int(load.output().rpartition("enqueued:")[2])
    wait_until(lambda: get_store().counts()[JobStatus.QUEUED] == 0, 60, "all that waited was taken")
    wait_until(lambda: len(project.effects()) > number, 20, "all of them ran")
    assert sorted(project.effects()) == sorted(["in time", *(f"honest {n}" for n in range(number))])
    refused = get_store().refused(1000)
    assert len(refused) == 100
    assert all("the signature is missing or wrong" in entry["reason"] for entry in refused)
