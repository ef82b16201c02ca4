"""The processes that are attacked, whoever attacks, and what must hold after some attacks."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import amqp
import hypothesis
import psutil
from celery import Celery
from hypothesis import strategies as st
from redis.exceptions import RedisError

from frappe_celery import celery_app, enqueue
from frappe_celery.jobs import JobStore
from tests.fuzz import cases
from tests.fuzz.cases import Case
from tests.integration.benches import inside, write_tasks
from tests.integration.brokers.hands import JSON, Hand, Raw
from tests.project import Process, Project
from tests.waiting import HANG_SECONDS, wait_until

QUEUES = ("short", "default")
TEAM = """
from celery import Celery, shared_task

import frappe_celery
from myapp.core import record

app = Celery("team", broker={broker!r})
app.conf.update(
    task_default_queue={queue!r},
    control_exchange={prefix!r} + "control",
    event_exchange={prefix!r} + "events",
    event_queue_prefix={prefix!r} + "events",
    broker_transport_options={options!r},
)
app.set_default()


@app.task(name="myapp.own.add")
def add(*args, **kwargs):
    if args[:1] == ("honest",):
        record(args[1])


frappe_celery.setup(app)
"""
SETTLED_SECONDS = 1.5
"""How long marks lie there: whoever looks at them looks once a second."""


class Arena:
    """Two workers that listen to all, of our app and of a team's, a beat and the pages."""

    def __init__(self, project: Project, store: JobStore, app: Any) -> None:
        self.project, self.store, self.app = project, store, app
        self.hand = Hand(store, app)
        self.queue = f"team-{uuid.uuid4().hex}"
        self._plain = Celery("plain", broker=store.settings.broker_url or store.url)
        self.processes: list[Process] = []
        self.sent = 0
        """Messages in queues, each of which has to be refused."""
        self._kept: dict[bytes, bytes | None] = {}
        self._marks = 0

    def start(self) -> None:
        """The processes."""
        broker = self.store.settings.broker_url or self.store.url
        prefix = self.hand.control.removesuffix("control.pidbox").removesuffix(".pidbox")
        names = {"broker": broker, "queue": self.queue, "prefix": prefix, "options": {}}
        if self.store.settings.broker_url is None:
            prefix = self.app.conf.broker_transport_options["fanout_prefix"]
            names["options"] = {"fanout_prefix": prefix}
            names["prefix"] = ""
        text = TEAM.format(**names)
        if self.store.settings.broker_url is None:  # Celery's names on Redis, as of our own app
            text = text.replace("'' + \"control\"", "'celery'").replace(
                "'' + \"events\"", "'celeryev'"
            )
        self.project.write("team.py", text)
        self.project.configure(frappe_celery_signed_control=True)
        self.processes = [
            self.project.worker("--with-gossip", "--with-mingle", "-c", "2"),
            self.project.start(
                *("team", "-m", "celery", "-A", "team", "worker", "-n", "team@%h"),
                *("-c", "1", "-l", "INFO", "--with-gossip"),
            ),
            self.project.beat(),
        ]
        self.processes[1].wait_for(" ready.")
        self.honest()
        self.lives = [
            process
            for one in self.processes
            for process in (psutil.Process(one.pid), *psutil.Process(one.pid).children())
        ]

    # -- attacks

    def attacks(self) -> st.SearchStrategy[Case]:
        """Any of those that there are at this broker."""
        control, events, keys = self.hand.control, self.hand.events, self.store.keys
        none = st.just(dict[str, Any]())
        headers = none | cases.odd_headers
        fields = st.builds(Case, st.just("record"), st.sampled_from(QUEUES), cases.record_fields)
        marks = st.builds(Case, st.just("mark"), st.sampled_from(self._names()), cases.contents)
        runs = st.builds(Case, st.just("run"), st.sampled_from(QUEUES), cases.raw)
        if self.hand.url is None:
            to = {"exchange": control, "routing_key": ""}
            commands = cases.on_redis(cases.commands, headers, **to)
            told = cases.on_redis(
                cases.event_bodies, headers, exchange=events, routing_key="worker.x"
            )
            tasks = cases.on_redis(
                cases.task_bodies, cases.task_headers, exchange="", routing_key="x"
            )
            kinds = st.sampled_from(cases.EVENTS).map(lambda kind: kind.replace("-", "."))
            return st.one_of(
                st.builds(Case, st.just("channel"), st.just(control), commands, st.just("")),
                st.builds(Case, st.just("channel"), st.just(events), told, kinds),
                st.builds(Case, st.just("list"), st.sampled_from(QUEUES), tasks),
                st.builds(Case, st.just("list"), st.just(self.queue), tasks),
                runs, fields, marks,
            )  # fmt: skip
        names = [name for queue in QUEUES for name in self.store.outbox.names.all(queue)]  # type: ignore[union-attr]
        places = st.sampled_from([*names, self.queue]).map(lambda name: ("", name))
        channels = st.sampled_from(
            [
                (control, ""),
                (events, "worker.heartbeat"),
                (events, "worker.elect"),
                (events, b"\xff"),
            ]
        )
        bodies = {
            "tasks": cases.packed(cases.task_bodies),
            "told": cases.packed(cases.commands) | cases.packed(cases.event_bodies),
        }
        return st.one_of(
            st.builds(Case, st.just("amqp"), places, bodies["tasks"], cases.amqp_properties),
            st.builds(Case, st.just("amqp"), channels, bodies["told"], cases.amqp_properties),
            st.builds(Case, st.just("raw"), places | channels, cases.raw, cases.amqp_raw),
            fields, marks,
        )  # fmt: skip

    def _names(self) -> list[bytes]:
        """Of the keys that the bench has, but for those that honest jobs wait in."""
        found = self.store.client.scan_iter(match=f"{self.store.keys.prefix}*", count=1000)
        left = (b"job:", b"ended:", b"bell:", b"confirmed:", b"refus", b"spent:", b"inflight:")
        begin = len(self.store.keys.prefix)
        return sorted(name for name in found if not name[begin:].startswith(left))

    def attack(self, case: Case) -> None:
        """Put it there."""
        getattr(self, f"_{case.way}")(case)

    def _channel(self, case: Case) -> None:
        self.hand.publish(case.place, case.more, case.what)

    def _list(self, case: Case) -> None:
        own = case.place in QUEUES
        key = self.store.keys.whole(case.place) if own else case.place
        self.store.client.lpush(key, case.what)
        self.store.client.publish(self.store.keys.bell_of_whole, case.place)
        self.sent += own

    def _run(self, case: Case) -> None:
        self.store.client.lpush(self.store.keys.queue(case.place), case.what)
        self.store.client.lpush(self.store.keys.bell_of(case.place), "1")
        self.sent += not case.what.startswith(b"{")

    def _record(self, case: Case) -> None:
        add = partial(enqueue, "myapp.core.record", queue=case.place, text="altered")
        try:
            job = add()
        except Exception:  # a mark of which it has need
            self._put_back()
            job = add()
        fields = {n: _encoded(value) for n, value in case.what.items()}
        with suppress(RedisError):
            self.store.client.hset(self.store.keys.record(job.run_id), mapping=fields)

    def _mark(self, case: Case) -> None:
        client, (kind, what) = self.store.client, case.what
        self._marks += 1
        if case.place not in self._kept:
            self._kept[case.place] = client.dump(case.place)
        client.delete(case.place)
        if kind == "text":
            client.set(case.place, _encoded(what))
        elif kind == "list":
            client.rpush(case.place, *map(_encoded, what))
        elif kind == "hash":
            client.hset(case.place, mapping={n: _encoded(v) for n, v in what.items()})
        elif kind == "set":
            client.sadd(case.place, *what)
        else:
            client.zadd(case.place, what)

    def _put_back(self) -> None:
        if not self._kept:
            return
        until = time.monotonic() + SETTLED_SECONDS
        wait_until(lambda: time.monotonic() > until, what="who looks once a second has looked")
        for name, kept in self._kept.items():
            self.store.client.delete(name)
            if kept is not None:
                self.store.client.restore(name, 0, kept)
        self._kept.clear()

    def _amqp(self, case: Case) -> None:
        body, kind = case.what
        properties = {"content_type": JSON, "content_encoding": "utf-8", **case.more}
        if kind is not None:
            headers = {**properties["application_headers"], "compression": kind}
            properties["application_headers"] = headers
        self._publish(amqp.Message(body, **properties), *case.place)

    def _raw(self, case: Case) -> None:
        self._publish(Raw(case.what, case.more), *case.place)

    def _publish(self, message: Any, exchange: str, key: Any) -> None:
        """Unless RabbitMQ, or amqp on our side, refuses it."""
        with suppress(Exception), self.hand.rabbitmq() as channel:
            channel.basic_publish_confirm(message, exchange, key)
            self.sent += not exchange and key != self.queue

    # -- what must hold

    def check(self) -> None:
        """After some attacks: nothing ended, nothing was passed over, and honest work is done."""
        self._put_back()
        if self.store.outbox is not None:
            for queue in QUEUES:
                self.store.outbox.ring(queue)
                self.store.client.publish(self.store.keys.confirmed, queue)
        self.honest()
        gone = [process for process in self.lives if not process.is_running()]
        assert not gone, f"ended: {gone}"
        wait_until(
            lambda: self.store.number_refused() >= self.sent, HANG_SECONDS, "each is refused"
        )

    def honest(self) -> None:
        """A job of each queue, a task of the team's, and a command."""
        names = [uuid.uuid4().hex for _ in (*QUEUES, "team")]
        jobs = [enqueue("myapp.core.record", queue=q, text=n) for q, n in zip(QUEUES, names)]  # noqa: B905
        self._plain.send_task("myapp.own.add", ("honest", names[-1]), queue=self.queue)
        done = {*names}
        wait_until(lambda: done <= {*self.project.effects()}, 2 * HANG_SECONDS, "it is done")
        wait_until(self._answer, 2 * HANG_SECONDS, "both answer")
        assert all(job.is_finished or job.is_started for job in jobs)
        effects = self.project.effects()
        assert all(effects.count(name) == 1 for name in names)
        (self.project.root / "effects.txt").unlink()

    def _answer(self) -> bool:
        """Redis loses a command for a worker that connects anew just then."""
        with self.app.connection_for_write() as connection:
            return len(self.app.control.ping(timeout=5, limit=2, connection=connection)) == 2


def _encoded(value: Any) -> Any:
    return value.encode(errors="ignore") if isinstance(value, str) else value


@contextmanager
def arena(project: Project) -> Iterator[Arena]:
    """In a project, until the end."""
    write_tasks(project)
    with inside(project) as store:
        made = Arena(project, store, celery_app.build())
        made.start()
        yield made


def fuzz(made: Arena, number: int, seed: int, at_once: int = 100) -> int:
    """So many attacks, as the seed draws them, and a look at the arena after each few.

    Returns:
        How many.

    Raises:
        AssertionError: one of the last few did harm; they stand in `attacks.txt`.
    """
    done: list[Case] = []
    total = 0

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=number,
        database=None,
        phases=[hypothesis.Phase.generate],
        deadline=None,
        suppress_health_check=[*hypothesis.HealthCheck],
    )
    @hypothesis.given(made.attacks())
    def one(case: Case) -> None:
        nonlocal total
        done.append(case)
        total += 1
        made.attack(case)
        if len(done) == at_once:
            made.check()
            done.clear()

    try:
        one()
        made.check()
    except BaseException:
        text = "\n".join(map(repr, done))
        (made.project.root / "attacks.txt").write_text(text, errors="backslashreplace")
        raise
    return total
