"""Events: signed by nobody, listened to by a worker that is told to, and ending none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery

import frappe_celery
from frappe_celery import enqueue
from frappe_celery.jobs import JobStore
from tests.brokers import both_brokers
from tests.integration.benches import ended, inside, write_tasks
from tests.integration.brokers.hands import Hand
from tests.project import Process, Project

BEAT: dict[str, Any] = {
    "type": "worker-heartbeat",
    "hostname": "other@elsewhere",
    "pid": 1,
    "utcoffset": 0,
    "timestamp": 1e9,
    "clock": 1,
    "freq": 2.0,
}


def beat(**fields: Any) -> bytes:
    return json.dumps({**BEAT, **fields}).encode()


POISON: dict[str, tuple[str, bytes]] = {
    "infinity": ("worker-heartbeat", beat(timestamp=float("inf"))),
    "no number": ("worker-heartbeat", beat(timestamp=float("nan"))),
    "another planet's time": ("worker-heartbeat", beat(utcoffset=1e308)),
    "the year 10,000,000": ("worker-heartbeat", beat(timestamp=3e14)),
    "a field that cannot be set": ("worker-heartbeat", beat(alive=1)),
    "a method": ("worker-heartbeat", beat(event="x")),
    "the same again": ("worker-heartbeat", beat()),
    "a text for a number": ("worker-heartbeat", beat(hostname="o2@e", freq="often")),
    "a text for beats": ("worker-heartbeat", beat(hostname="o3@e", heartbeats="x")),
    "a clock that is none": ("worker-online", beat(type="worker-online", clock="late")),
    "no host": ("worker-heartbeat", b'{"type": "worker-heartbeat"}'),
    "no type": ("worker-heartbeat", b'{"hostname": "x"}'),
    "a number": ("worker-heartbeat", b"5"),
    "a list": ("worker-heartbeat", b"[[]]"),
    "no JSON": ("worker-heartbeat", b"{"),
    "no UTF-8": ("worker-heartbeat", b"\xff\xfe"),
    "nothing": ("worker-heartbeat", b""),
    "an election of nobody": ("worker-elect", b"[]"),
    "its answer": ("worker-elect-ack", b"{}"),
}


@pytest.fixture
def store(project: Project) -> Iterator[JobStore]:
    write_tasks(project)
    with inside(project) as store:
        yield store


def a_team_s(project: Project, store: JobStore, *arguments: str) -> tuple[Process, Celery]:
    broker, name = store.settings.broker_url or store.url, store.keys.prefix
    project.write(
        "team.py",
        f"""
        from celery import Celery
        import frappe_celery

        app = Celery("team", broker={broker!r})
        app.conf.update(control_exchange={name!r}, event_exchange={name!r})
        frappe_celery.setup(app)
        """,
    )
    words = ("-m", "celery", "-A", "team", "worker", "-c", "1", "-l", "DEBUG", *arguments)
    process = project.start("team", *words)
    process.wait_for(" ready.")
    app = Celery("team", broker=broker)
    app.conf.update(control_exchange=name, event_exchange=name)
    return process, app


def ours(project: Project, store: JobStore, *arguments: str) -> tuple[Process, Celery]:
    return project.worker("-l", "DEBUG", *arguments), frappe_celery.app


@both_brokers
@pytest.mark.parametrize("whose", [ours, a_team_s])
def test_whatever_comes_as_an_event_the_worker_that_listens_lives(
    project: Project, store: JobStore, whose: Any
) -> None:
    process, app = whose(project, store, "--with-gossip")
    assert "Starting Gossip" in process.output()
    hand = Hand(store, app)
    for kind, body in POISON.values():
        hand.event(kind, body)
        hand.event(kind, body, hostname=["x"], compression="none")
    assert ended(enqueue("myapp.core.record", text="after")).is_finished
    with app.connection_for_write() as connection:
        assert app.control.ping(timeout=30, limit=1, connection=connection)
    assert process.popen.poll() is None
    reasons = [entry["reason"] for entry in store.refused(1000)]
    assert len(reasons) >= len(POISON), "each is listed that could not be read"
    assert "OverflowError" in process.output() or any("convert" in text for text in reasons)


@both_brokers
def test_nobody_listens_who_was_not_told_to(project: Project, store: JobStore) -> None:
    process, _ = ours(project, store)
    assert "Starting Gossip" not in process.output()
    assert "Starting Mingle" not in process.output()
    assert "Starting Events" in process.output(), "Flower still has what it shows"
    told, _ = ours(project, store, "--with-mingle")
    assert "mingle: " in told.output()


def test_a_team_s_app_still_asks_its_neighbours_for_what_was_revoked(
    project: Project, store: JobStore
) -> None:
    process, _ = a_team_s(project, store)
    assert "Starting Gossip" not in process.output()
    assert "mingle: " in process.output()
