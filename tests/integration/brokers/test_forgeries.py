"""Whole messages of Celery's that somebody without the bench's key puts where a worker looks."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import amqp
import pytest
from celery import Celery

import frappe_celery
from frappe_celery.config import settings
from frappe_celery.jobs import JobStore
from tests.brokers import both_brokers
from tests.integration.benches import inside
from tests.project import Project
from tests.waiting import wait_until

NIGHTLY = "myapp.tasks.nightly"
OWN = """
from celery import shared_task

import frappe_celery
from myapp.tasks import record


@shared_task
def add(a, b):
    return record(f"add {a} {b}") and a + b


@shared_task
def fail():
    raise ValueError("broken on purpose")


@shared_task(bind=True, max_retries=1)
def stubborn(self, text):
    if not self.request.retries:
        raise self.retry(countdown=0.1)
    record(f"{text} after {self.request.retries}")


@shared_task(bind=True)
def instead(self, text):
    raise self.replace(add.si(text, "instead"))


@shared_task
def asks(text):
    frappe_celery.enqueue("myapp.tasks.record", text=f"job of {text}")
    add.apply_async((text, "asked"), queue="long")
"""


def sig(task: str, *args: Any, **more: Any) -> dict[str, Any]:
    """A signature as it travels."""
    blank = {"kwargs": {}, "options": {}, "subtask_type": None, "immutable": True}
    return {"task": task, "args": list(args), **blank, **more}


EVIL = sig(NIGHTLY)
EAGER = {
    "delivery_info": {"is_eager": True},
    "options": {"task_id": "t", "countdown": "none", "link_error": [EVIL]},
}
CHAIN = sig("celery.chain", subtask_type="chain", kwargs={"tasks": [EVIL]})
GROUP = sig("celery.group", subtask_type="group", kwargs={"tasks": [EVIL]})
CHORD = sig("celery.chord", subtask_type="chord", kwargs={"header": [EVIL], "body": EVIL})
CHUNKS = {"task": "myapp.own.add", "it": [["evil", "chunk"]], "n": 1}


@dataclass
class Forged:
    task: str
    args: list[Any] = field(default_factory=list)
    kwargs: dict[str, Any] = field(default_factory=dict)
    embed: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, Any] = field(default_factory=dict)
    body: Any = None

    def parts(self) -> tuple[Any, dict[str, Any]]:
        body = [self.args, self.kwargs, self.embed] if self.body is None else self.body
        given = {"task": self.task, "id": uuid.uuid4().hex, "lang": "py", "origin": "gen1@evil"}
        headers = {**given, **self.headers}
        return body, {name: value for name, value in headers.items() if value is not None}


CELERYS = {
    "chord_unlock, eagerly": Forged(
        "celery.chord_unlock", ["g", sig("myapp.own.add", **EAGER)], {"result": []}
    ),
    "chord_unlock": Forged("celery.chord_unlock", ["g", EVIL], {"result": []}),
    "chord": Forged("celery.chord", [[EVIL], EVIL]),
    "chain": Forged("celery.chain", [EVIL], embed={"chain": [EVIL]}),
    "group": Forged("celery.group", [[EVIL], [["g", None], []], "g", []]),
    "map": Forged("celery.map", ["celery.group", [[EVIL]]]),
    "starmap": Forged(
        "celery.starmap", [sig("celery.chord_unlock"), [["g", EVIL, None, None, []]]]
    ),
    "chunks": Forged("celery.chunks", [], CHUNKS),
    "accumulate": Forged("celery.accumulate", [1], embed={"callbacks": [EVIL]}),
    "backend_cleanup": Forged("celery.backend_cleanup", embed={"callbacks": [EVIL]}),
}
"""Each of Celery's own tasks."""

ODD = {
    "an odd time limit": Forged("myapp.own.add", [1, 2], headers={"timelimit": ["x", {}]}),
    "a time limit alone": Forged("myapp.own.add", [1, 2], headers={"timelimit": 5}),
    "odd stamps": Forged("myapp.own.add", [1, 2], headers={"stamped_headers": 5}),
    "a number as its body": Forged("myapp.own.add", body=5),
    "no id": Forged("myapp.own.no_such_task", [1, 2], headers={"id": None}),
    "four parts": Forged("myapp.own.add", body=[[], {}, {}, {}]),
}
"""At which Celery's worker would end."""

LEADING = {
    "a link": Forged("myapp.own.add", [1, 2], embed={"callbacks": [EVIL]}),
    "two links": Forged("myapp.own.add", [1, 2], embed={"callbacks": [EVIL, CHAIN]}),
    "a link by its name": Forged("myapp.own.fail", embed={"errbacks": [NIGHTLY]}),
    "a link in the headers": Forged("myapp.own.add", [1, 2], headers={"callbacks": [EVIL]}),
    "an errback": Forged("myapp.own.fail", embed={"errbacks": [EVIL]}),
    "an errback in the headers": Forged("myapp.own.fail", headers={"errbacks": [EVIL]}),
    "a chain": Forged("myapp.own.add", [1, 2], embed={"chain": [EVIL]}),
    "a chain of a chain": Forged("myapp.own.add", [1, 2], embed={"chain": [CHAIN]}),
    "a group": Forged("myapp.own.add", [1, 2], embed={"callbacks": [GROUP]}),
    "a chord": Forged("myapp.own.add", [1, 2], embed={"callbacks": [CHORD]}),
    "chunks without a name": Forged(
        "myapp.own.add",
        [1, 2],
        embed={
            "callbacks": [{"subtask_type": "chunks", "kwargs": CHUNKS, "args": [], "options": {}}]
        },
    ),
    "chunks": Forged(
        "myapp.own.add",
        [1, 2],
        embed={"callbacks": [sig("celery.chunks", subtask_type="chunks", kwargs=CHUNKS)]},
    ),
    "as scheduled": Forged(
        "myapp.own.add", [1, 2], embed={"callbacks": [sig(NIGHTLY, options={"as_scheduled": True})]}
    ),
    "an errback of a link": Forged(
        "myapp.own.add", [1, 2], embed={"callbacks": [sig("myapp.own.fail", **EAGER)]}
    ),
    "a chord's body": Forged(
        "myapp.own.add",
        [1, 2],
        embed={"chord": {**EVIL, "chord_size": 1}},
        headers={"group": "g", "group_index": 0},
    ),
    "a chord of a step of a chain that fails before it": Forged(
        "myapp.own.fail",
        embed={
            "chain": [
                sig(
                    "myapp.own.add",
                    options={"task_id": "t", "group_id": "g", "chord": {**EVIL, "chord_size": 1}},
                )
            ]
        },
    ),
    "a retry": Forged("myapp.own.stubborn", ["x"], embed={"callbacks": [EVIL]}),
    "a replaced one": Forged("myapp.own.instead", ["x"], embed={"chain": [EVIL]}),
    "protocol 1": Forged(
        "",
        headers={"task": None, "id": None},
        body={"task": "myapp.own.add", "id": "1", "args": [1, 2], "callbacks": [EVIL]},
    ),
    "both protocols": Forged(
        "myapp.own.add", body={"args": [1, 2], "kwargs": {}, "callbacks": [EVIL]}
    ),
}
"""A team's own tasks, and what is to follow them."""

OTHERS = {
    "a method": Forged(NIGHTLY),
    "a run": Forged("frappe_celery.run_job", ["x"]),
    "one that says it is signed": Forged(
        "myapp.own.add", [1, 2], headers={"frappe_celery_signature": "1 2 " + "A" * 43}
    ),
    "nobody's": Forged("os.system", ["true"]),
}


def send(store: JobStore, forged: Forged, queue: str = "default", own: bool = True) -> str:
    """As anybody could who reaches the broker; gives the id."""
    body, headers = forged.parts()
    text, url = json.dumps(body), store.settings.broker_url
    if url is not None:
        name = f"{store.keys.prefix}{queue}:tasks" if own else queue
        host = url.split("@")[1].split("/")[0]
        with amqp.Connection(host) as connection:
            message = amqp.Message(
                text,
                content_type="application/json",
                content_encoding="utf-8",
                application_headers=headers,
            )
            connection.channel().basic_publish_confirm(message, "", name)
        return str(headers.get("id"))
    message = {
        "body": base64.b64encode(text.encode()).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": headers,
        "properties": {"body_encoding": "base64", "delivery_tag": uuid.uuid4().hex},
    }
    store.client.lpush(store.keys.whole(queue) if own else queue, json.dumps(message))
    store.client.publish(store.keys.bell_of_whole, queue)
    return str(headers.get("id"))


def refused(store: JobStore) -> dict[str, str]:
    return {entry["run"]: entry["reason"] for entry in store.refused(1000)}


@pytest.fixture
def store(project: Project, redis_url: str) -> Iterator[JobStore]:
    project.write("celeryconfig.py", f"result_backend = {redis_url!r}\nimports = ('myapp.own',)\n")
    project.write("myapp/own.py", OWN)
    project.write("myapp/hooks.py", f'scheduler_events = {{"monthly": ["{NIGHTLY}"]}}\n')
    tasks = (project.root / "myapp/tasks.py").read_text()
    project.write("myapp/tasks.py", tasks + "\n\ndef nightly():\n    record('nightly')\n")
    with inside(project) as store:
        yield store


def goes_on(project: Project) -> None:
    """All that came before has been dealt with, and honest tasks of both kinds run."""
    done = uuid.uuid4().hex
    project.python(
        f"""
        import frappe_celery
        frappe_celery.app.set_current()
        from myapp.own import add
        add.delay("honest", {done!r}).get(timeout=30)
        frappe_celery.enqueue("myapp.tasks.record", text="job {done}")
        """
    )
    wait_until(lambda: f"job {done}" in project.effects(), 30, "the honest job ran")


@both_brokers
def test_in_a_bench_s_queue_none_is_run_and_each_is_listed(
    project: Project, store: JobStore
) -> None:
    worker = project.worker("--without-mingle")
    sent = {name: send(store, f) for name, f in {**CELERYS, **LEADING, **OTHERS}.items()}
    ids = {value for value in sent.values() if value != "None"}
    wait_until(lambda: ids <= refused(store).keys(), 30, "each is listed")
    assert all("signature is missing or wrong" in refused(store)[name] for name in ids)
    assert "celery.map from gen1@evil: " in refused(store)[sent["map"]]
    goes_on(project)
    assert not [line for line in project.effects() if "honest" not in line and "job" not in line]
    again = send(store, CELERYS["map"])
    wait_until(lambda: again in refused(store), 30, "it is listed again")
    assert worker.output().count("refused celery.map from queue default, sent by gen1@evil") == 1


@both_brokers
def test_where_unsigned_tasks_run_they_lead_to_nothing_of_celery_s_or_frappe_s(
    project: Project, store: JobStore
) -> None:
    project.configure(frappe_celery_unsigned_tasks=True)
    project.worker("--without-mingle", "-c", "2")
    listed = {**CELERYS, **OTHERS, **ODD}
    others = {name: send(store, f) for name, f in listed.items()}
    for name in ("one that says it is signed", "no id"):
        del others[name]
    wait_until(lambda: {*others.values()} <= refused(store).keys(), 30, "each is listed")
    for forged in LEADING.values():
        send(store, forged)
    goes_on(project)
    send(store, Forged("myapp.own.asks", ["unsigned"]))
    what = ["job of unsigned", "add unsigned asked", "x after 1", "add x instead"]
    for text in what:
        wait_until(lambda text=text: text in project.effects(), 30, f"{text} runs")  # type: ignore[misc]
    goes_on(project)
    assert not {"nightly", "add evil chunk"} & {*project.effects()}
    assert "add 1 2" in project.effects()


@both_brokers
def test_what_an_unsigned_task_s_code_asks_for_is_signed_and_what_it_came_with_is_not(
    project: Project, store: JobStore, redis_url: str
) -> None:
    """In a queue of a team's own, which takes what comes; `long` is the bench's."""
    broker = store.settings.broker_url or redis_url
    name = f"team-{uuid.uuid4().hex[:8]}"
    project.write(
        "team.py",
        f"""
        from celery import Celery
        import frappe_celery

        app = Celery("team", broker={broker!r}, backend={redis_url!r}, include=["myapp.own"])
        app.conf.task_default_queue = {name!r}
        app.set_default()
        frappe_celery.setup(app)
        """,
    )
    arguments = ("--without-mingle", "-c", "2", "-l", "INFO")
    worker = project.start("team", "-m", "celery", "-A", "team", "worker", *arguments)
    worker.wait_for(" ready.")
    onward = sig("myapp.own.add", "came", "along", options={"queue": "long"})
    following = Forged("myapp.own.asks", ["unsigned"], embed={"chain": [onward]})
    send(store, following, name, own=False)
    for text in ("job of unsigned", "add unsigned asked"):
        wait_until(lambda text=text: text in project.effects(), 30, f"{text} runs")  # type: ignore[misc]
    wait_until(lambda: refused(store), 30, "what it came with is refused")
    for forged in {**CELERYS, **LEADING, **ODD}.values():
        send(store, forged, name, own=False)
    producer = Celery("plain", broker=broker)
    producer.send_task("myapp.own.add", ["last", "one"], queue=name)
    wait_until(lambda: "add last one" in project.effects(), 30, "all before it were taken")
    pairs = [["starmap", {"task": "data"}]]
    producer.send_task("celery.starmap", ["myapp.own.add", pairs], queue=name)
    producer.send_task(
        "celery.group", [[sig("myapp.own.add", "in", name)], [["g", None], []], "g", []], queue=name
    )
    said = {"add starmap {'task': 'data'}", f"add in {name}"}
    wait_until(lambda: said <= {*project.effects()}, 30, "Celery's own tasks run as they came")
    printed = project.python(
        """
        import team
        from celery import chain, chord
        from myapp.own import add
        long = add.s(3).set(queue="long")
        print(chain(add.s(1, 2), long, add.s(4)).delay().get(timeout=30))
        """
    )
    assert printed.split() == ["10"]
    assert not {"nightly", "add came along"} & {*project.effects()}


ALTERED: dict[str, Callable[[dict[str, Any]], object]] = {
    "the task": lambda m: m["headers"].update(task="myapp.own.fail"),
    "the arguments": lambda m: m.update(body=base64.b64encode(b'[["evil", 1], {}, {}]').decode()),
    "retries": lambda m: m["headers"].update(retries=1),
    "when it is due": lambda m: m["headers"].update(eta=None),
    "a header more": lambda m: m["headers"].update(callbacks=[EVIL]),
    "a header less": lambda m: m["headers"].pop("root_id"),
    "where its answer goes": lambda m: m["properties"].update(reply_to="evil"),
    "how it is encoded": lambda m: m["properties"].update(body_encoding="utf-8"),
    "the kind of its body": lambda m: m.update({"content-type": "application/x-yaml"}),
    "when it was signed": lambda m: m["headers"].update(
        frappe_celery_signature="0 " + m["headers"]["frappe_celery_signature"].split(" ", 1)[1]
    ),
}


def test_one_that_was_altered_or_moved_is_refused(project: Project, store: JobStore) -> None:
    project.python(
        """
        import frappe_celery
        frappe_celery.app.set_current()
        from myapp.own import add
        add.apply_async((1, 2), countdown=0.01)
        """
    )
    (text,) = store.client.lrange(store.keys.whole("default"), 0, -1)
    store.client.delete(store.keys.whole("default"))
    for change in ALTERED.values():
        message = json.loads(text)
        change(message)
        store.client.lpush(store.keys.whole("default"), json.dumps(message))
    store.client.lpush(store.keys.whole("long"), text)
    project.worker("--without-mingle")
    wait_until(lambda: len(store.refused()) == len(ALTERED) + 1, 30, "each is listed")
    assert project.effects() == []
    store.client.lpush(store.keys.whole("default"), text)
    store.client.publish(store.keys.bell_of_whole, "default")
    wait_until(lambda: project.effects() == ["add 1 2"], 30, "the one that was signed runs")


@pytest.mark.parametrize("broker", ["rabbitmq"], indirect=True)
def test_in_rabbitmq_one_that_was_moved_is_refused(project: Project, store: JobStore) -> None:
    project.worker("--without-mingle", "-Q", "short")
    project.python(
        """
        import frappe_celery
        frappe_celery.app.set_current()
        from myapp.own import add
        add.delay(1, 2)
        """
    )
    host = str(store.settings.broker_url).split("@")[1].split("/")[0]
    with amqp.Connection(host) as connection:
        channel = connection.channel()
        raw = channel.basic_get(f"{store.keys.prefix}default:tasks", no_ack=True)
        moved = amqp.Message(raw.body, **raw.properties)
        channel.basic_publish_confirm(moved, "", f"{store.keys.prefix}short:tasks")
    wait_until(lambda: store.refused(), 30, "it is listed")
    (entry,) = store.refused()
    assert entry["queue"] == "short"
    assert "signature is missing or wrong" in entry["reason"]
    assert project.effects() == []


def test_the_key_is_exchanged_while_they_wait(project: Project, store: JobStore) -> None:
    send_one = """
        import frappe_celery
        frappe_celery.app.set_current()
        from myapp.own import add
        add.delay({0!r}, "waits")
    """
    project.python(send_one.format("before"))
    settings.current().keys.rotate()
    project.python(send_one.format("after"))
    worker = project.worker("--without-mingle")
    wait_until(lambda: len(project.effects()) == 2, 30, "both run")
    assert worker.stop() == 0
    assert not store.refused()


def test_a_seal_takes_nothing_beside_it_in_a_message_that_nobody_signed(
    project: Project, store: JobStore
) -> None:
    project.configure(frappe_celery_unsigned_tasks=True)
    project.worker("--without-mingle")
    record = frappe_celery.signature("myapp.tasks.record", queue="long")
    captured = json.loads(json.dumps(record))
    sealed = captured["options"]
    added = [
        {**captured, "kwargs": {"text": "evil"}},
        {**captured, "args": ["evil"]},
        {**captured, "options": {**sealed, "link": [EVIL]}},
    ]
    for step in added:
        send(store, Forged("myapp.own.add", ["a", "b"], embed={"chain": [step]}))
    moved = {**captured, "options": {**sealed, "queue": "short"}}
    send(store, Forged("myapp.own.add", ["a", "c"], embed={"chain": [moved]}))
    wait_until(lambda: project.effects().count("ac") == 1, 30, "what was sealed runs")
    goes_on(project)
    assert not [line for line in project.effects() if "evil" in line or "nightly" in line]
    jobs = store.page(length=10)
    assert {job.queue for job in jobs if job.label == "myapp.tasks.record"} == {"long", "default"}
