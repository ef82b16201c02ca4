"""Frappe's methods in Celery's canvas: chains, groups, chords, links, errbacks and results."""

from __future__ import annotations

import base64
import gc
import importlib
import json
import sys
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from celery import chain, chord, group
from celery.canvas import Signature
from celery.exceptions import TaskRevokedError

import frappe_celery
from frappe_celery.config import settings
from frappe_celery.errors import ConfigError, UnknownQueue
from frappe_celery.jobs import JobStatus, JobStore
from tests.brokers import both_brokers
from tests.integration.benches import inside
from tests.project import Project
from tests.waiting import wait_until

TASKS = """
import os
import signal
from pathlib import Path

import celery
import frappe

from frappe_celery import Retry, options

EFFECTS = Path(__file__).parents[1] / "effects.txt"


def record(text):
    with EFFECTS.open("a") as effects:
        effects.write(f"{text}\\n")
    return text


def nightly():
    record(f"nightly as {frappe.session.user}")
    return 20


def double(number, plus=0):
    return 2 * number + plus


def total(numbers):
    return sum(numbers)


def told(task_id):
    record(f"told of {task_id}")


def belongs():
    record(f"{celery.current_task.request.root_id} {celery.current_task.request.parent_id}")


def fail():
    raise ValueError("broken on purpose")


def die():
    os.kill(os.getpid(), signal.SIGKILL)


class Odd:
    def __repr__(self):
        raise ValueError("not to be shown")


def odd():
    return Odd()


@options(retry=Retry(max=2, delay=3600))
def later(number):
    raise ValueError("not today")


@options(retry=Retry(max=2, delay=0))
def stubborn(number):
    tries = record("try") and EFFECTS.read_text().count("try")
    if tries < 3:
        raise ValueError("not yet")
    return number + tries
"""

TEAM = """
import time
from pathlib import Path

from celery import Celery, chain, group

import frappe_celery

app = Celery("team", broker="BROKER", backend="BACKEND")


@app.task
def add(a, b):
    return a + b


@app.task
def hold(until):
    while not Path(until).exists():
        time.sleep(0.02)


@app.task(bind=True)
def instead(self, number):
    total = frappe_celery.signature("myapp.core.total")
    raise self.replace(chain(group(add.s(number, 1), add.s(number, 2)), total))


@app.task(bind=True, max_retries=2)
def persistent(self, number):
    if self.request.retries < 2:
        raise self.retry(countdown=0.1)
    return number + self.request.retries


@app.task
def again(name):
    app.tasks[name].apply_async(countdown=0.01)


frappe_celery.setup(app)
"""
NIGHTLY, BELONGS = "myapp.core.nightly", "myapp.core.belongs"


def method(name: str, **options: Any) -> Any:
    return frappe_celery.signature(f"myapp.core.{name}", **options)


@pytest.fixture
def store(project: Project, redis_url: str) -> Iterator[JobStore]:
    project.write("myapp/core.py", TASKS)
    project.write("myapp/hooks.py", f'scheduler_events = {{"monthly": {[NIGHTLY, BELONGS]}}}\n')
    with inside(project) as store:
        broker = settings.current().broker_url or store.url
        project.write("team.py", TEAM.replace("BROKER", broker).replace("BACKEND", redis_url))
        yield store
        sys.modules.pop("team", None)
        gc.collect()  # results that are let go later ask a backend that has ended, for minutes


@pytest.fixture
def team(project: Project, store: JobStore) -> Any:
    module = importlib.import_module("team")
    module.app.set_current()
    arguments = ("--without-mingle", "-c", "2", "-l", "INFO")
    worker = project.start("team", "-m", "celery", "-A", "team", "worker", *arguments)
    worker.wait_for(" ready.")
    return module


def test_a_scheduled_method_is_a_task_as_any_other(project: Project, team: Any) -> None:
    task = team.app.tasks[NIGHTLY]
    results = [task.delay() for _ in range(3)]
    assert [result.get(timeout=30) for result in results] == [20, 20, 20]
    assert project.effects() == ["nightly as Administrator"] * 3
    assert frappe_celery.app is team.app


def test_countdown_queue_and_id_are_as_asked(project: Project, store: JobStore, team: Any) -> None:
    name = uuid.uuid4().hex
    result = team.app.tasks[NIGHTLY].apply_async(countdown=3600, queue="long", task_id=name)
    job = store.fetch(f"{project.site}::{name}")
    assert (result.id, job.queue, job.status) == (name, "long", JobStatus.SCHEDULED)
    shown = method("double", args=[1], kwargs={"plus": 2}).apply_async(countdown=3600)
    assert store.fetch_run(shown.id).description == "myapp.core.double(1, plus=2)"
    moved = method("double", countdown=3600).set(queue="long").delay()
    assert store.fetch_run(moved.id).timeout == store.settings.queues["long"].timeout
    with pytest.raises(UnknownQueue):
        team.app.tasks[NIGHTLY].apply_async(queue="nowhere")
    job.cancel()
    assert result.state == "REVOKED"


def test_a_keyword_that_is_no_option_of_celerys_is_refused_by_name(store: JobStore) -> None:
    with pytest.raises(ConfigError) as refused:
        method("double", number=2, queue="long", countdown=1)
    assert str(refused.value) == (
        "signature('myapp.core.double') takes no number: of Celery's options it follows countdown,"
        " eta, expires, ignore_result, link, link_error, soft_time_limit, task_id, time_limit, and"
        " the method's arguments go into kwargs={'number': 2}"
    )
    with pytest.raises(ConfigError, match="takes no priority"):
        method("double", args=[1], priority=9)
    known = dict.fromkeys(("countdown", "eta", "expires", "link", "link_error", "task_id"))
    limits = {"time_limit": 5, "soft_time_limit": 5, "ignore_result": True}
    assert {**known, **limits}.items() <= method("double", **known, **limits).options.items()


def test_one_that_has_expired_does_not_start(team: Any) -> None:
    result = team.app.tasks[NIGHTLY].apply_async(countdown=0.5, expires=0.1)
    wait_until(lambda: result.state == "REVOKED", what="it is revoked")


@pytest.mark.parametrize("broker", ["rabbitmq"], indirect=True)
def test_a_task_that_waits_for_a_process_expires_and_can_be_revoked(
    project: Project, team: Any, tmp_path: Path
) -> None:
    """The parent has it already, from a queue of the team's own, which RabbitMQ pushes."""
    held = [team.hold.delay(str(tmp_path / "go on")) for _ in range(2)]
    end = datetime.now(timezone.utc) + timedelta(seconds=1)
    expired = team.add.apply_async((1, 1), headers={"expires": end.isoformat()})
    revoked = team.add.delay(1, 1)
    for result in (expired, revoked):
        project.processes[0].wait_for(f"team.add[{result.id}] received")
    assert team.app.control.revoke(revoked.id, reply=True, limit=1, timeout=30)
    wait_until(lambda: datetime.now(timezone.utc) > end, what="it has expired")
    (tmp_path / "go on").touch()
    assert [result.get(timeout=30) for result in held] == [None, None]
    for result in (expired, revoked):
        with pytest.raises(TaskRevokedError):
            result.get(timeout=30)


@both_brokers
def test_a_chain_goes_on_through_both_kinds(team: Any) -> None:
    steps = (
        team.app.tasks[NIGHTLY].s(),
        method("double", kwargs={"plus": 1}),
        team.add.s(1),
        method("double"),
    )
    assert chain(*steps).delay().get(timeout=30) == 84
    assert (team.add.s(1, 2) | team.app.tasks[NIGHTLY].si() | team.add.s(1)).delay().get(
        timeout=30
    ) == 21


@both_brokers
def test_a_group_and_a_chord_of_both_kinds(team: Any) -> None:
    both = [method("double", args=[2]), team.add.s(1, 1), team.app.tasks[NIGHTLY].s()]
    assert group(both).delay().get(timeout=30) == [4, 2, 20]
    assert chord(both)(method("total")).get(timeout=30) == 26
    assert (group(both) | method("total") | method("double")).delay().get(timeout=30) == 52


@both_brokers
def test_a_task_replaces_itself_by_both_kinds_and_one_is_retried(team: Any) -> None:
    assert (team.instead.s(10) | team.persistent.s()).delay().get(timeout=30) == 25
    both = [team.instead.s(1), team.persistent.s(3), method("stubborn", args=[2])]
    assert chord(both)(method("total")).get(timeout=30) == 5 + 5 + 5


@both_brokers
@pytest.mark.parametrize("kind", ["a method", "a task"])
def test_a_chord_whose_header_fails_calls_its_errback_once_and_not_its_body(
    project: Project, team: Any, kind: str
) -> None:
    failing = method("fail") if kind == "a method" else team.add.s(1, "one")
    header = [team.add.s(1, 1), failing, team.app.tasks[NIGHTLY].si()]
    body, errback = (method("record", args=[text], immutable=True) for text in ("body", "errback"))
    result = chord(header, body).on_error(errback).delay()
    with pytest.raises((ValueError, TypeError)):
        result.get(timeout=30)
    ran = ["errback", "nightly as Administrator"]
    wait_until(lambda: {*ran} <= {*project.effects()}, what="the errback and the rest run")
    assert chain(team.add.s(1, 1), method("double")).delay().get(timeout=30) == 4
    assert sorted(project.effects()) == ran


@pytest.mark.parametrize("pool", ["solo", "threads", "processes", "gevent"])
def test_on_celery_s_own_pools(project: Project, store: JobStore, pool: str) -> None:
    """Where these run no jobs, a second worker does."""
    team = importlib.import_module("team")
    team.app.set_current()
    second = [["-Q", "short,default,long"]] if pool in ("processes", "gevent") else []
    for more in ([], *second):
        arguments = ("--without-mingle", "-c", "2", "-l", "INFO", "-n", f"{len(more)}@%h", *more)
        kind = () if more else ("--pool", pool)
        worker = project.start(
            f"team{len(more)}", "-m", "celery", "-A", "team", "worker", *arguments, *kind
        )
        worker.wait_for(" ready.")
    both = [method("stubborn", args=[2]), team.app.tasks[NIGHTLY].si()]
    result = (team.add.s(1, 2) | group(*both) | method("total") | team.add.s(1)).delay()
    with pytest.raises(TypeError, match="by position"):  # stubborn(3, 2)
        result.get(timeout=30)
    both = [method("stubborn", args=[2], immutable=True), team.app.tasks[NIGHTLY].si()]
    result = (team.add.s(1, 2) | group(*both) | method("total") | team.add.s(1)).delay()
    assert result.get(timeout=30) == 26


def test_links_and_errbacks_run(project: Project, team: Any) -> None:
    method("double", args=[4], link=method("told")).delay()
    wait_until(lambda: project.effects() == ["told of 8"], what="the link runs")
    failed = method("fail", link_error=method("told")).delay()
    with pytest.raises(ValueError, match="broken on purpose"):
        failed.get(timeout=30)
    wait_until(lambda: project.effects()[1:] == [f"told of {failed.id}"], what="the errback runs")


def test_a_chain_ends_with_the_failure_of_a_step(team: Any) -> None:
    result = chain(team.add.s(1, 2), method("fail", immutable=True), team.add.s(1)).delay()
    with pytest.raises(ValueError, match="broken on purpose"):
        result.get(timeout=30)
    with pytest.raises(TypeError, match=r"nightly\(\) was given 1 arguments by position"):
        (team.add.s(1, 2) | team.app.tasks[NIGHTLY].s()).delay().get(timeout=30)


def test_the_result_s_id_stays_through_reruns_and_the_chain_waits(team: Any) -> None:
    assert chain(method("stubborn", args=[10]), team.add.s(100)).delay().get(timeout=30) == 113


def test_its_result_revokes_it_in_whichever_run(
    project: Project, store: JobStore, team: Any
) -> None:
    result = method("later", args=[1]).delay()
    wait_until(lambda: result.state == "RETRY", what="it is to be run again")
    result.revoke()
    wait_until(lambda: result.state == "REVOKED", what="it is revoked")
    assert store.fetch(f"{project.site}::{result.id}").status == JobStatus.CANCELED


def test_the_worker_says_what_a_job_returned(team: Any, project: Project) -> None:
    frappe_celery.enqueue("myapp.core.double", number=21)
    project.processes[0].wait_for("s: 42")
    frappe_celery.enqueue("myapp.core.odd")
    project.processes[0].wait_for("s: <Unrepresentable <class 'myapp.core.Odd'>")


def test_a_step_whose_process_dies_fails_and_its_chord_hears_of_it(
    store: JobStore, team: Any
) -> None:
    result = chord([team.add.s(1, 1), method("die")])(method("total"))
    with pytest.raises(Exception, match="its process died"):
        result.get(timeout=30)
    (failed,) = [part for part in result.parent.results if part.state != "SUCCESS"]
    aftermath = lambda: store.all_of(JobStatus.QUEUED) + store.all_of(JobStatus.STARTED)  # noqa: E731
    wait_until(lambda: not aftermath(), what="the aftermath has ended")
    assert failed.state == "FAILURE"


def test_a_team_s_task_asks_for_one(project: Project, team: Any) -> None:
    team.again.delay(NIGHTLY)
    wait_until(lambda: project.effects() == ["nightly as Administrator"], what="it runs")


def test_what_a_step_asks_for_belongs_to_the_chain(project: Project, team: Any) -> None:
    last = chain(team.add.si(1, 2), team.again.si(BELONGS)).delay()
    last.get(timeout=30)
    belongs = f"{last.parent.id} {last.id}"
    wait_until(lambda: project.effects() == [belongs], what="it runs")


def test_it_runs_at_once_where_tasks_do(store: JobStore) -> None:
    team = importlib.import_module("team")
    team.app.conf.task_always_eager = True
    assert chain(team.add.s(1, 2), method("double")).delay().get() == 6


# -- nothing runs that nobody signed


def send(store: JobStore, team: Any, *following: Any) -> None:
    """As anybody could who reaches the broker: a task of the team's, and what is to follow it."""
    embed = {"callbacks": None, "errbacks": None, "chain": list(following), "chord": None}
    body = base64.b64encode(json.dumps([[1, 2], {}, embed]).encode()).decode()
    message = {
        "body": body,
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"task": "team.add", "id": uuid.uuid4().hex, "lang": "py"},
        "properties": {
            "body_encoding": "base64",
            "delivery_tag": "tag",
            "delivery_info": {"exchange": "", "routing_key": "celery"},
        },
    }
    store.client.lpush("celery", json.dumps(message))
    team.add.delay(0, 0).get(timeout=30)


def test_an_unsigned_signature_in_a_message_is_refused(
    project: Project, store: JobStore, team: Any
) -> None:
    plain = dict(Signature(NIGHTLY, immutable=True))
    signed = json.loads(json.dumps(method("record", args=["signed"], immutable=True)))
    options = signed["options"]
    altered = {**signed, "options": {"frappe_celery_sealed": "x" + options["frappe_celery_sealed"]}}
    for following in (plain, altered, {**signed, "options": {}}, NIGHTLY):
        send(store, team, following)
    assert project.effects() == []
    other = {**signed, "task": NIGHTLY, "args": ["other"], "kwargs": {"text": "other"}}
    send(store, team, {**other, "immutable": False})
    wait_until(lambda: project.effects() == ["signed"], what="what was signed runs")


def test_one_made_by_celery_s_own_words_is_signed_with_its_message(
    project: Project, team: Any
) -> None:
    plain = team.app.signature(NIGHTLY, immutable=True)
    assert (team.add.s(1, 2) | plain | team.add.s(1)).delay().get(timeout=30) == 21
    assert plain.delay().get(timeout=30) == 20


# -- our own app


@both_brokers
def test_a_team_s_results_on_our_own_app(project: Project, redis_url: str) -> None:
    project.write("celeryconfig.py", f"result_backend = {redis_url!r}\nimports = ('myapp.own',)\n")
    project.write(
        "myapp/own.py",
        """
        from celery import shared_task

        @shared_task
        def add(a, b):
            return a + b
        """,
    )
    project.write("myapp/core.py", TASKS)
    project.worker("--without-mingle", "-c", "2")
    printed = project.python(
        """
        import frappe_celery
        frappe_celery.app.set_current()
        from myapp.own import add
        double = frappe_celery.signature("myapp.core.double")
        print(add.delay(1, 2).get(timeout=30), (add.s(1, 2) | double).delay().get(timeout=30))
        """
    )
    assert printed.split() == ["3", "6"]


def test_without_a_result_backend_get_says_so(project: Project, store: JobStore) -> None:
    result = frappe_celery.signature("myapp.core.double", args=[1]).delay()
    with pytest.raises(NotImplementedError, match="No result backend is configured"):
        result.get(timeout=1)
