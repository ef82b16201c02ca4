"""The processes that are attacked, how attacks are put, and what must hold after some of them."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import amqp
import hypothesis
import psutil
from celery import Celery
from hypothesis import strategies as st
from redis.exceptions import ResponseError

from frappe_celery import celery_app, enqueue
from frappe_celery.brokers.rabbitmq.queue_names import BELL
from frappe_celery.jobs import JobStore
from tests.fuzz import cases
from tests.fuzz.cases import Case
from tests.integration.benches import inside, write_tasks
from tests.integration.brokers.hands import JSON, Hand, Raw
from tests.integration.pages.client import PASSWORD, Client
from tests.integration.pages.server import USERS, serve
from tests.project import Process, Project
from tests.waiting import HANG_SECONDS, wait_until

QUEUES = ("short", "default")
TEAM = """
from celery import Celery

import frappe_celery
from myapp.core import record

app = Celery("team", broker={broker!r})
app.conf.update({names!r})
app.set_default()


@app.task(name="myapp.own.add")
def add(*args, **kwargs):
    if args[:1] == ("honest",):
        record(args[1])


frappe_celery.setup(app)
"""
PAGES = ("job", "batch", "worker", "limit", "site", "scheduledjobtype")
MARKS_LIE_SECONDS = 1.5
"""Who looks at them looks once a second."""
HONEST = (b"job:", b"ended:", b"refus", b"spent:", b"inflight:")
"""What begins the names of keys that are no marks: what honest jobs are, and what is counted."""


class Arena:
    """A worker of our app and one of a team's, which listen to all, a beat, and the pages."""

    def __init__(self, project: Project, store: JobStore) -> None:
        self.project, self.store, self.app = project, store, celery_app.build()
        self.hand = Hand(store, self.app)
        self.queue = f"team-{uuid.uuid4().hex}"
        self.pages: Counter[str] = Counter()
        """How often which status was answered."""
        self._plain = Celery("plain", broker=store.settings.broker_url or store.url)
        self._to_refuse = 0
        self._kept: dict[bytes, bytes | None] = {}

    def start(self) -> None:
        """The processes."""
        conf = self.app.conf
        names = {
            "task_default_queue": self.queue,
            **{n: conf[n] for n in ("control_exchange", "event_exchange", "event_queue_prefix")},
            "broker_transport_options": {
                n: v for n, v in conf.broker_transport_options.items() if n == "fanout_prefix"
            },
        }
        broker = self.store.settings.broker_url or self.store.url
        self.project.write("team.py", TEAM.format(broker=broker, names=names))
        self.project.configure(frappe_celery_signed_control=True)
        self.project.python(USERS, PASSWORD)
        words = ("worker", "-n", "team@%h", "-c", "1", "-l", "INFO", "--with-gossip")
        started: list[Process] = [
            self.project.worker("--with-gossip", "--with-mingle", "-c", "2"),
            self.project.start("team", "-m", "celery", "-A", "team", *words),
            self.project.beat(),
        ]
        started[1].wait_for(" ready.")
        self._client = Client(serve(self.project), "anna")
        self.honest()
        parents = [psutil.Process(one.pid) for one in (*started, self.project.processes[-1])]
        self._alive = [one for parent in parents for one in (parent, *parent.children())]

    # -- attacks

    def attacks(self) -> st.SearchStrategy[Case]:
        """Any of those that there are at this broker."""
        queues = st.sampled_from(QUEUES)
        also = [
            st.builds(Case, st.just("record"), queues, cases.record_fields),
            st.builds(Case, st.just("mark"), st.sampled_from(self._marks()), cases.contents),
            st.builds(Case, st.just("bell"), queues, cases.raw),
        ]
        return st.one_of(*self._messages(queues), *also)

    def _marks(self) -> list[bytes]:
        found = self.store.client.scan_iter(match=f"{self.store.keys.prefix}*", count=1000)
        begin = len(self.store.keys.prefix)
        return sorted(name for name in found if not name[begin:].startswith(HONEST))

    def _messages(self, queues: st.SearchStrategy[str]) -> list[st.SearchStrategy[Case]]:
        control, events = self.hand.control, self.hand.events
        if self.hand.url is not None:
            assert self.store.forwarder is not None
            names = [n for queue in QUEUES for n in self.store.forwarder.names.all(queue)]  # type: ignore[attr-defined]
            lying = st.sampled_from([("", name) for name in (*names, self.queue)])
            kinds = ("worker.heartbeat", "worker.elect", "task.multi", b"\xff")
            told = st.sampled_from([(control, ""), *((events, kind) for kind in kinds)])
            tasks, words = cases.packed(cases.task_bodies), cases.packed(cases.commands)
            words |= cases.packed(cases.event_bodies)
            return [
                st.builds(Case, st.just("amqp"), lying, tasks, cases.amqp_properties),
                st.builds(Case, st.just("amqp"), told, words, cases.amqp_properties),
                st.builds(Case, st.just("raw"), lying | told, cases.raw, cases.amqp_raw),
            ]
        few = st.just(dict[str, Any]()) | cases.odd_headers
        commands = cases.on_redis(cases.commands, few, exchange=control, routing_key="")
        told = cases.on_redis(cases.event_bodies, few, exchange=events, routing_key="worker.x")
        tasks = cases.on_redis(cases.task_bodies, cases.task_headers, exchange="", routing_key="x")
        kinds = st.sampled_from([kind.replace("-", ".") for kind in cases.EVENTS])
        return [
            st.builds(Case, st.just("channel"), st.just(control), commands, st.just("")),
            st.builds(Case, st.just("channel"), st.just(events), told, kinds),
            st.builds(Case, st.just("list"), queues | st.just(self.queue), tasks),
            st.builds(Case, st.just("run"), queues, cases.raw),
        ]

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
        self._to_refuse += own

    def _run(self, case: Case) -> None:
        self.store.client.lpush(self.store.keys.queue(case.place), case.what)
        self.store.client.lpush(self.store.keys.bell_of(case.place), "1")
        self._to_refuse += not case.what.startswith(b"{")

    def _bell(self, case: Case) -> None:
        keys, client = self.store.keys, self.store.client
        client.publish(keys.bell_of_whole, case.what)
        if self.store.forwarder is not None:
            self._publish(amqp.Message(case.what), BELL, f"{keys.prefix}{case.place}:tasks")
        for bell in (keys.bell_of(case.place), keys.confirmed_bell_of(case.place)):
            with suppress(ResponseError):  # a mark that is something else now
                client.lpush(bell, case.what)
                client.ltrim(bell, 0, 0)

    def _record(self, case: Case) -> None:
        add = partial(enqueue, "myapp.core.record", queue=case.place, text="altered")
        try:
            job = add()
        except Exception:  # it has need of a mark
            self._put_back()
            job = add()
        fields = {name: _encoded(value) for name, value in case.what.items()}
        self.store.client.hset(self.store.keys.record(job.run_id), mapping=fields)

    def _mark(self, case: Case) -> None:
        (kind, what), client = case.what, self.store.client
        self._kept.setdefault(case.place, client.dump(case.place))
        pipe = client.pipeline()
        pipe.delete(case.place)
        if kind == "text":
            pipe.set(case.place, _encoded(what))
        elif kind == "list":
            pipe.rpush(case.place, *map(_encoded, what))
        elif kind == "hash":
            pipe.hset(case.place, mapping={n: _encoded(v) for n, v in what.items()})
        elif kind == "set":
            pipe.sadd(case.place, *what)
        else:
            pipe.zadd(case.place, what)
        pipe.execute()

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
        with suppress(Exception):  # amqp cannot write it, or RabbitMQ does not take it
            with self.hand.rabbitmq() as channel:
                channel.basic_publish_confirm(message, exchange, key)
            self._to_refuse += not exchange and key != self.queue

    # -- what must hold

    def check(self) -> None:
        """Nothing ended, each message in the bench's queues was refused, and honest work is done;
        AssertionError."""
        if self._kept:
            self._put_back()
        if self.store.forwarder is not None:
            for queue in QUEUES:
                self.store.forwarder.ring(queue)
        self.honest()
        gone = [one for one in self._alive if not is_alive(one)]
        assert not gone, f"ended: {gone}"
        refused = self.store.number_refused
        wait_until(lambda: refused() >= self._to_refuse, HANG_SECONDS, "each is refused")

    def _put_back(self) -> None:
        """The marks, once those who look at them have looked; of the pages these are answers."""
        until = time.monotonic() + MARKS_LIE_SECONDS
        for page in PAGES:
            status = self._client.get(f"/admin/frappe_celery/{page}/").status
            assert status != 500, f"the page {page} has no answer to it"
            self.pages[str(status)] += 1
        wait_until(lambda: time.monotonic() > until, what="those who look have looked")
        for name, kept in self._kept.items():
            self.store.client.delete(name)
            if kept is not None:
                self.store.client.restore(name, 0, kept, replace=True)
        self._kept.clear()

    def honest(self) -> None:
        """A job of each queue, a task of the team's, and a command: each is done, and a job once; a
        task whose acknowledgement was lost comes again, as Celery's do."""
        *jobs, task = names = [uuid.uuid4().hex for _ in (*QUEUES, "team")]
        for queue, name in zip(QUEUES, jobs):  # noqa: B905 (equal by construction)
            enqueue("myapp.core.record", queue=queue, text=name)
        self._plain.send_task("myapp.own.add", ("honest", task), queue=self.queue)
        effects = self.project.effects
        wait_until(lambda: {*names} <= {*effects()}, 2 * HANG_SECONDS, "honest work is done")
        wait_until(self._answer, 2 * HANG_SECONDS, "both workers answer")
        assert all(effects().count(name) == 1 for name in jobs)
        (self.project.root / "effects.txt").unlink()

    def _answer(self) -> bool:
        """Redis loses a command for a worker that connects anew just then."""
        with self.app.connection_for_write() as connection:
            return len(self.app.control.ping(timeout=5, limit=2, connection=connection)) == 2


def is_alive(process: psutil.Process) -> bool:
    """A child of ours that has ended is there until somebody asks how."""
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def _encoded(value: Any) -> Any:
    return value.encode(errors="ignore") if isinstance(value, str) else value


@contextmanager
def arena(project: Project) -> Iterator[Arena]:
    """In a project, until the end."""
    write_tasks(project)
    with inside(project) as store:
        made = Arena(project, store)
        made.start()
        yield made


def fuzz(made: Arena, number: int, seed: int, at_once: int) -> int:
    """So many attacks, as the seed draws them, and a look at the arena after each few.

    Returns:
        How many.

    Raises:
        AssertionError: one of the last few did harm; they stand in `attacks.txt`.
    """
    lately: list[Case] = []
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
        total += 1
        lately.append(case)
        made.attack(case)
        if len(lately) == at_once:
            made.check()
            lately.clear()

    try:
        one()
        made.check()
    except BaseException:
        text = "\n".join(map(repr, lately))
        (made.project.root / "attacks.txt").write_text(text, errors="backslashreplace")
        raise
    return total
