"""What is broken when, drawn from a seed, and noted outside the system under test."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from random import Random

from frappe_celery.errors import BrokerUnreachable, ConfigError
from frappe_celery.jobs import JobStore
from frappe_celery.jobs.limits.rules import Limits
from tests.chaos.app import PAUSED
from tests.chaos.ledger import Evidence
from tests.chaos.stage import Member, Stage

MAY_COUNT_AS_DEAD_SECONDS = 6.0
"""Workers give a sign of life every 3 s and are dead after 10 s without one."""
Act = Callable[["Monkey"], None]


class Monkey:
    """Breaks something every second or so. `tick` does what is due and returns at once."""

    def __init__(
        self,
        stage: Stage,
        evidence: Evidence,
        seed: int,
        longest: float,
        store: Callable[[], JobStore],
    ) -> None:
        self.stage, self.evidence, self.store = stage, evidence, store
        self.chance = Random(seed)
        self.longest = longest
        """Seconds that anything may stand still or be away."""
        self.acts: Counter[str] = Counter()
        self._mend: list[tuple[float, Callable[[], None]]] = []
        self._next = self._next_pause = time.monotonic() + 2
        self._pauses = Random(f"{seed} pauses")  # so that they take the place of no other act
        self._paused: set[str] = set()
        self._broker_is_hurt = self._rabbitmq_is_hurt = self._disk_is_full = False

    def tick(self) -> None:
        now = time.monotonic()
        for entry in [entry for entry in self._mend if entry[0] <= now]:
            self._mend.remove(entry)
            entry[1]()
        if now >= self._next:
            names = [name for name in ACTS if self.stage.rabbitmq or not name.endswith("rabbitmq")]
            (name,) = self.chance.choices(names, [ACTS[n][0] for n in names])
            self._next = now + self.chance.uniform(0.3, 1.7)
            ACTS[name][1](self)
        if now >= self._next_pause:
            self._next_pause = now + self._pauses.uniform(3, 25)
            self.pause()

    def mend_all(self) -> None:
        """Wake what stands still, start what is away."""
        while self._mend:
            due, self._mend = sorted(self._mend, key=lambda entry: entry[0]), []
            for _, mend in due:
                mend()
            time.sleep(0.1)

    # -- acts

    def kill_child(self) -> None:
        for member, pid in self._some_child():
            self._hurt(member, [pid])
            self._send([pid], signal.SIGKILL)
            self._done("pool process killed")

    def freeze_child(self) -> None:
        for member, pid in self._some_child():
            self._freeze(member, [pid], "pool process frozen")

    def kill_worker(self) -> None:
        for worker in self._some("worker"):
            pids = worker.tree()
            self._hurt(worker, pids)
            worker.signal(signal.SIGKILL)
            self._done("worker killed")

    def kill_parent(self) -> None:
        """Its processes live on for a while without it, as after an out-of-memory kill."""
        for worker in self._some("worker"):
            self._hurt(worker, worker.tree())
            self._send([worker.process.pid], signal.SIGKILL)
            self._done("worker's parent killed")

    def stop_worker(self) -> None:
        for worker in self._some("worker"):
            worker.process.terminate()
            self._done("worker told to stop")

    def freeze_worker(self) -> None:
        for worker in self._some("worker"):
            self._freeze(worker, worker.tree(), "worker frozen")

    def kill_beat(self) -> None:
        for beat in self._some("beat"):
            beat.signal(signal.SIGKILL)
            self._done("beat killed")

    def freeze_beat(self) -> None:
        for beat in self._some("beat"):
            self._freeze(beat, [beat.process.pid], "beat frozen")

    def kill_broker(self) -> None:
        if not self._broker_is_hurt:
            self._broker_is_hurt = True
            self.stage.broker.kill()
            self._later(self._pause(), self._start_broker)
            self._done("broker killed")

    def _start_broker(self) -> None:
        self.stage.broker.start()
        self._broker_is_hurt = False

    def freeze_broker(self) -> None:
        if not self._broker_is_hurt:
            self._broker_is_hurt = True
            self.stage.broker.pause()
            self._later(self._pause(), self._resume_broker)
            self._done("broker frozen")

    def _resume_broker(self) -> None:
        self.stage.broker.resume()
        self._broker_is_hurt = False

    def kill_rabbitmq(self) -> None:
        server = self.stage.rabbitmq
        if server is not None and not self._rabbitmq_is_hurt:
            self._rabbitmq_is_hurt = True
            server.kill()
            self._later(self._pause(), self._start_rabbitmq)
            self._done("RabbitMQ killed")

    def _start_rabbitmq(self) -> None:
        assert self.stage.rabbitmq is not None
        self.stage.rabbitmq.launch()
        self._rabbitmq_is_hurt = False

    def freeze_rabbitmq(self) -> None:
        server = self.stage.rabbitmq
        if server is not None and not self._rabbitmq_is_hurt:
            self._rabbitmq_is_hurt = True
            server.pause()
            self._later(self._pause(), self._resume_rabbitmq)
            self._done("RabbitMQ frozen")

    def _resume_rabbitmq(self) -> None:
        assert self.stage.rabbitmq is not None
        self.stage.rabbitmq.resume()
        self._rabbitmq_is_hurt = False

    def kill_enqueuer(self) -> None:
        for enqueuer in self._some("enqueuer"):
            enqueuer.signal(signal.SIGKILL)
            self._done("enqueuer killed")

    def fill_disk(self) -> None:
        if self.stage.has_disk and not self._disk_is_full:
            self._disk_is_full = True
            self.stage.fill_disk()
            self._later(self.chance.uniform(1, 5), self._empty_disk)
            self._done("disk of the logs full")

    def _empty_disk(self) -> None:
        self.stage.empty_disk()
        self._disk_is_full = False

    def pause(self) -> None:
        """As an operator does, with what counts as a long time here."""
        target = self._pauses.choice(PAUSED)
        if target not in self._paused and self._tell(partial(Limits.pause, target=target)):
            self._paused.add(target)
            self._later(self._pauses.uniform(0.5, self.longest), partial(self._resume, target))
            self._done("something paused")

    def _resume(self, target: str) -> None:
        if self._tell(partial(Limits.resume, target=target)):
            self._paused.discard(target)
        else:
            self._later(1.0, partial(self._resume, target))

    def _tell(self, said: Callable[[Limits], object]) -> bool:
        """Whether the broker could be told."""
        if self._broker_is_hurt:
            return False
        try:
            said(Limits(self.store()))
        except BrokerUnreachable:
            return False
        except ConfigError:  # it is resumed, which an answer has not said
            return True
        return True

    # -- parts of them

    def _pause(self) -> float:
        """Mostly short, now and then long."""
        return self.chance.uniform(0.1, self.chance.choice([1.0, 3.0, self.longest]))

    def _some(self, role: str) -> Iterator[Member]:
        members = self.stage.all(role)
        if members:
            yield self.chance.choice(members)

    def _some_child(self) -> Iterator[tuple[Member, int]]:
        for worker in self._some("worker"):
            children = worker.children()
            if children:
                yield worker, self.chance.choice(children).pid

    def _freeze(self, member: Member, pids: list[int], what: str) -> None:
        pause = self._pause()
        if pause > MAY_COUNT_AS_DEAD_SECONDS and member.role == "worker":
            self.evidence.frozen.update(pids)
            self.evidence.frozen_workers.add(member.name)
            self.evidence.kills.append(time.time())
        self._send(pids, signal.SIGSTOP)
        self._later(pause, lambda: self._send(pids, signal.SIGCONT))
        self._done(what)

    def _hurt(self, worker: Member, pids: list[int]) -> None:
        self.evidence.killed.update(pids)
        self.evidence.hurt.add(worker.name)
        self.evidence.kills.append(time.time())

    def _send(self, pids: list[int], number: signal.Signals) -> None:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _later(self, seconds: float, mend: Callable[[], None]) -> None:
        self._mend.append((time.monotonic() + seconds, mend))

    def _done(self, what: str) -> None:
        self.acts[what] += 1


ACTS: dict[str, tuple[float, Act]] = {
    "kill_child": (5, Monkey.kill_child),
    "freeze_child": (2, Monkey.freeze_child),
    "kill_worker": (2, Monkey.kill_worker),
    "kill_parent": (1, Monkey.kill_parent),
    "stop_worker": (1, Monkey.stop_worker),
    "freeze_worker": (2, Monkey.freeze_worker),
    "kill_beat": (1.5, Monkey.kill_beat),
    "freeze_beat": (1.5, Monkey.freeze_beat),
    "kill_broker": (1.5, Monkey.kill_broker),
    "freeze_broker": (1, Monkey.freeze_broker),
    "kill_rabbitmq": (1.5, Monkey.kill_rabbitmq),
    "freeze_rabbitmq": (1, Monkey.freeze_rabbitmq),
    "kill_enqueuer": (1, Monkey.kill_enqueuer),
    "fill_disk": (1, Monkey.fill_disk),
}
"""By name: how likely it is, and what it does."""
