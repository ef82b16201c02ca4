"""Remote control: who has the key is answered as ever, whoever has not is not."""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import amqp
import pytest
from celery import Celery

from frappe_celery import celery_app
from frappe_celery.brokers import whole_messages
from frappe_celery.config import settings
from frappe_celery.config.signing import Signer
from frappe_celery.jobs import JobStore
from tests.brokers import both_brokers
from tests.integration.benches import inside, worker
from tests.project import Project
from tests.waiting import wait_until

Message = dict[str, Any]
COMMANDS: dict[str, dict[str, Any]] = {
    "shutdown": {},
    "pool_grow": {"n": 3},
    "pool_shrink": {"n": 1},
    "revoke": {"task_id": "some-task", "terminate": True, "signal": "KILL"},
    "terminate": {"task_id": "some-task", "signal": "KILL"},
    "add_consumer": {"queue": "evil"},
    "cancel_consumer": {"queue": "default"},
    "exchange": {},
    "autoscale": {"max": 500, "min": 400},
    "rate_limit": {"task_name": "frappe_celery.run_job", "rate_limit": "1/h"},
}


def written(command: str, exchange: str, headers: dict[str, Any] | None = None) -> Message:
    """A command as kombu writes it."""
    body = {"method": command, "arguments": COMMANDS[command], "destination": None}
    text = json.dumps({**body, "pattern": None, "matcher": None}).encode()
    return {
        "body": base64.b64encode(text).decode(),
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": {"clock": 1, "expires": 0, **(headers or {})},
        "properties": {
            "body_encoding": "base64",
            "delivery_tag": uuid.uuid4().hex,
            "delivery_info": {"exchange": exchange, "routing_key": ""},
        },
    }


def signed(message: Message, at: float | None = None, key: bytes | None = None) -> Message:
    """As one with a key signs it, at some time."""
    stamp = f"{time.time() if at is None else at:.3f} {uuid.uuid4().hex} "
    info = message["properties"]["delivery_info"]
    text = whole_messages._text(message, f"{info['exchange']}/{info['routing_key']}", stamp)
    signer = Signer(key) if key else settings.current().signer
    mac = signer.seal(whole_messages.PURPOSE, text)[: whole_messages.MAC_LENGTH].decode()
    headers = {**message["headers"], whole_messages.SIGNATURE: stamp + mac}
    return {**message, "headers": headers}


def altered(message: Message) -> Message:
    body = base64.b64decode(message["body"]).replace(b'"destination"', b'"destinatiom"')
    return {**message, "body": base64.b64encode(body).decode()}


FORGED: dict[str, Callable[[str, str], Message]] = {
    "unsigned": written,
    "signed with another key": lambda c, e: signed(written(c, e), key=b"k" * 32),
    "altered": lambda c, e: altered(signed(written(c, e))),
    "dated before the worker began": lambda c, e: signed(written(c, e), time.time() - 200),
    "dated long ago": lambda c, e: signed(written(c, e), time.time() - 1000),
    "dated far ahead": lambda c, e: signed(written(c, e), time.time() + 1000),
    "for another exchange": lambda c, e: signed(written(c, "other.pidbox")),
    "said to be checked": lambda c, e: written(
        c, e, {whole_messages.STAMP: f"{time.time():.3f} {uuid.uuid4().hex}"}
    ),
}


@pytest.fixture(scope="module")
def answers(bench: Project) -> Iterator[Celery]:
    """The app of a bench with a worker that is ready."""
    worker(bench)
    with inside(bench):
        yield celery_app.build()


@pytest.fixture
def app(bench_store: JobStore, answers: Celery) -> Celery:
    return answers


def state(app: Celery) -> Any:
    """What commands could have changed."""
    inspect = app.control.inspect(timeout=30, limit=1)
    (stats,), (queues,) = (found.values() for found in (inspect.stats(), inspect.active_queues()))
    (revoked,) = inspect.revoked().values()
    pool = stats["pool"]
    return pool["max-concurrency"], pool["processes"], [q["name"] for q in queues], revoked


def channel(app: Celery) -> tuple[str, str]:
    """Where commands are published, and the exchange."""
    exchange = app.control.mailbox.exchange.name
    with app.connection_for_write() as connection:
        return connection.default_channel._get_publish_topic(exchange, ""), exchange


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("how", FORGED)
def test_a_forged_command_is_not_acted_on(
    bench_store: JobStore, app: Celery, bench: Project, how: str, command: str
) -> None:
    before = state(app)
    topic, exchange = channel(app)
    bench_store.client.publish(topic, json.dumps(FORGED[how](command, exchange)))
    assert state(app) == before
    assert f"refused the control command {command!r}: " in bench.processes[0].output()


GARBAGE = {
    "no text": b"\xff\xfe",
    "no JSON": b"{",
    "nothing in it": b"{}",
    "a list": b"[]",
    "headers that are none": b'{"body": "", "headers": [], "properties": {}}',
    "properties that are none": b'{"body": "", "headers": {}, "properties": 1}',
    "no body": json.dumps({**written("shutdown", "x"), "body": None}).encode(),
    "a body that is none": json.dumps({**written("shutdown", "x"), "body": "%%%"}).encode(),
}


@pytest.mark.parametrize("what", GARBAGE)
def test_garbage_ends_no_worker(bench_store: JobStore, app: Celery, what: str) -> None:
    before = state(app)
    topic, _ = channel(app)
    bench_store.client.publish(topic, GARBAGE[what])
    assert state(app) == before


def test_what_was_heard_once_is_not_heard_again(
    bench_store: JobStore, app: Celery, bench: Project
) -> None:
    topic, exchange = channel(app)
    command = json.dumps(signed(written("pool_grow", exchange)))
    before, _, _, _ = state(app)
    for _ in range(3):
        bench_store.client.publish(topic, command)
    assert state(app)[0] == before + 3
    assert "'pool_grow': it was acted on already" in bench.processes[0].output()
    app.control.pool_shrink(3, reply=True, timeout=30, limit=1)


def test_a_pool_grows_to_ten_times_what_it_was(app: Celery) -> None:
    before, _, _, _ = state(app)
    (answer,) = app.control.pool_grow(1000, reply=True, timeout=30, limit=1)
    (said,) = answer.values()
    assert "it would have more than 10: start it with a higher --concurrency" in said["error"]
    assert state(app)[0] == before


@pytest.mark.parametrize(("most", "least"), [(1000, 1), (1, 1000)])
def test_it_is_scaled_to_ten_times_what_it_was(app: Celery, most: int, least: int) -> None:
    (answer,) = app.control.autoscale(most, least, reply=True, timeout=30, limit=1)
    (said,) = answer.values()
    assert "it would have more than 10: start it with a higher --concurrency" in said["error"]


@both_brokers
def test_who_has_no_key_is_not_answered_and_the_log_says_why(
    project: Project, broker: str, redis_url: str
) -> None:
    """Another app at the same broker, as Flower with `--broker` alone is one."""
    process = project.worker()
    url = settings.current().broker_url or redis_url
    ours = celery_app.build()
    ours.set_current()
    stranger = Celery("stranger", broker=url)
    stranger.conf.control_exchange = ours.conf.control_exchange
    stranger.conf.control_queue_durable = True  # their queues for answers may have one name
    options = ours.conf.broker_transport_options
    if broker == "redis":
        stranger.conf.broker_transport_options = {"fanout_prefix": options["fanout_prefix"]}
    assert ours.control.ping(timeout=30, limit=1)
    with stranger.connection_for_write() as connection:  # of kombu's pool one may be dead
        assert not stranger.control.ping(timeout=1, connection=connection)
        stranger.control.shutdown(connection=connection)
    process.wait_for("refused the control command 'shutdown': its signature is missing or wrong")
    assert "not with --broker alone" in process.output()
    assert ours.control.ping(timeout=30, limit=1)
    ours.control.shutdown()
    assert process.wait(30) == 0


@pytest.mark.parametrize("broker", ["rabbitmq"], indirect=True)
def test_on_rabbitmq_a_command_is_heard_once(project: Project) -> None:
    project.worker()
    app = celery_app.build()
    assert app.control.ping(timeout=30, limit=1)
    before, _, _, _ = state(app)
    exchange = app.control.mailbox.exchange.name
    message = written("pool_grow", exchange)
    message["body"] = base64.b64decode(message["body"]).decode()
    message["properties"] = {"delivery_info": {"exchange": exchange, "routing_key": ""}}
    headers = signed(message)["headers"]
    url = str(settings.current().broker_url)
    with amqp.Connection(url.split("@")[1].split("/")[0]) as connection:
        for _ in range(3):
            connection.channel().basic_publish(
                amqp.Message(
                    message["body"],
                    content_type="application/json",
                    content_encoding="utf-8",
                    application_headers=headers,
                ),
                exchange,
            )
    wait_until(lambda: state(app)[0] == before + 3, 30, "it is acted on")
    assert state(app)[0] == before + 3


@pytest.mark.parametrize("wanted", [False, True])
def test_on_an_app_of_a_team_s_own_it_is_a_setting(
    project: Project, redis_url: str, wanted: bool
) -> None:
    project.configure(frappe_celery_signed_control=wanted)
    broker = redis_url.replace("/0", "/4")
    project.configure(redis_queue=broker)
    project.write(
        "team.py",
        f"""
        from celery import Celery
        import frappe_celery
        app = Celery("team", broker={broker!r})
        frappe_celery.setup(app)
        """,
    )
    arguments = ("--without-mingle", "-c", "1", "-l", "INFO")
    process = project.start("team", "-m", "celery", "-A", "team", "worker", *arguments)
    process.wait_for(" ready.")
    printed = project.python("import team; print(team.app.control.ping(timeout=30, limit=1))")
    assert "pong" in printed
    answered = Celery("stranger", broker=broker).control.ping(timeout=1)
    assert bool(answered) is not wanted
