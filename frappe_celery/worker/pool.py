"""The worker's pool: processes that take their jobs themselves, under Celery's parent.

The parent forks them, replaces them, enforces time limits and deals with their deaths; it reads
what each does from its slot (`member`). A team's own tasks, which the parent's consumer is
delivered, run in Celery's own processes, of which there are as many: forked when the first such
task comes.
"""

from __future__ import annotations

import logging
import math
import os
import select
import signal
import time
from collections import defaultdict
from collections.abc import Generator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from billiard import Process
from billiard.connection import wait as wait_for_ends
from celery.concurrency.base import BasePool
from celery.concurrency.prefork import TaskPool
from celery.utils.functional import noop
from celery.worker.autoscale import Autoscaler as CeleryAutoscaler
from kombu.asynchronous.semaphore import LaxBoundedSemaphore
from redis.exceptions import ResponseError

from frappe_celery.brokers import heartbeat
from frappe_celery.config.numbers import GRACE_SECONDS
from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs import get_store
from frappe_celery.watch.logs import stacks
from frappe_celery.worker import job_process
from frappe_celery.worker.broker_retry import Outage
from frappe_celery.worker.crew import Crew, resident
from frappe_celery.worker.member import Doing, Member, Orders, Seen, Tally, shared_slots

logger = logging.getLogger(__name__)

MOST_PROCESSES = 1000
"""Slots are made before the first fork."""
HALF_SECONDS = 0.5
"""How long the rest of a message may take to come."""
LOOK_SECONDS = 0.5
KILLED_SECONDS = 5.0
"""How long processes that were killed may take to be gone."""
STILLBORN_SECONDS = 1.0
"""How soon another is forked after one that died before it had asked for a job."""
ENDED_EARLY = "process ended, or became another program, before the job's end"


class Pool(BasePool, Crew):
    """Celery's interface to them (`worker_pool`)."""

    uses_semaphore = True
    limit: int
    """How many processes are to take jobs; a dead one is replaced."""

    def __init__(self, *args: Any, initargs: Any = (), **options: Any) -> None:
        BasePool.__init__(self, *args, **options)
        Crew.__init__(self)
        self._app, self._hostname = initargs
        self._free = shared_slots(MOST_PROCESSES)
        self._dead: list[tuple[Member, Seen]] = []
        self._fork_from = 0.0
        self._outage = Outage()
        self._hub: Any = None
        self._turns = self.options.get("semaphore") or LaxBoundedSemaphore(0)
        """Celery's, by which tasks wait for processes; without its event loop nobody asks it."""
        self._tasks = TaskPool(0, self.putlocks, app=self.app, initargs=initargs, **self.options)

    # -- Celery's side

    def on_start(self) -> None:
        self._fill()
        self._tasks.start()

    def register_with_event_loop(self, loop: Any) -> None:
        """From now on a death is seen at once."""
        self._hub = loop
        self._tasks.register_with_event_loop(loop)
        for child in self.each:
            loop.add_reader(child.process.sentinel, self.maintain_pool)

    def on_apply(self, *args: Any, **options: Any) -> Any:
        """One of a team's own tasks."""
        if not self._tasks.num_processes:
            self._fork_for_tasks()
        return self._tasks.on_apply(*args, **options)

    def _fork_for_tasks(self) -> None:
        """As many as take jobs, which Celery's semaphore has counted until now.

        In it a task waits for a process, and can be revoked or expire until then. From now on it
        counts these, one of which is for the task that has come.
        """
        self._turns.shrink(self._turns.initial_value)
        self._tasks.grow(max(self.limit, 1))  # type: ignore[attr-defined]  # celery-types lacks it
        self._turns.acquire(noop)
        self._tasks.maintain_pool()

    def flush(self) -> None:
        """What was handed to Celery's processes and has not begun is taken back.

        What the loop had no time to read, or has read the half of, is read first: a task of which
        it does not know that it has begun would be taken back too, and a process whose last message
        nobody has understood waits for 30 s until it ends.
        """
        pool: Any = self._tasks._pool  # type: ignore[attr-defined]  # Celery's own
        if self._tasks.flush is None or pool is None:
            return
        for process in pool._pool if self._hub is not None else ():
            while self._hear(process.outqR_fd):
                pass
        self._tasks.flush()

    def _hear(self, end: int) -> bool:
        """Read what has come from one of Celery's processes; whether there was anything."""
        reads, arguments = self._hub.readers.get(end, (None, ()))
        is_half_read = isinstance(reads, Generator)
        if reads is None or not select.select([end], [], [], HALF_SECONDS * is_half_read)[0]:
            return False
        if is_half_read:
            next(reads, None)
        else:
            reads(*arguments)
        return True

    def terminate_job(self, pid: int, signal: Any = None) -> None:
        """Kill what runs a team's own task; of jobs Celery knows none."""
        self._tasks.terminate_job(pid, signal)

    def grow(self, n: int = 1) -> None:
        """So many more, of both kinds."""
        self.limit += n
        self._fill()
        if self._tasks.num_processes:
            self._tasks.grow(n)  # type: ignore[attr-defined]  # celery-types lacks it
        else:
            self._turns.grow(n)

    def shrink(self, n: int = 1) -> None:
        """So many less; those that work end their job first."""
        self.limit = max(self.limit - n, 0)
        staying = [child for child in self.each if not child.leaves]
        staying.sort(key=lambda child: child.slot.read().doing != Doing.NOTHING)
        for child in staying[: len(staying) - self.limit]:
            self.tell_to_stop(child)
        if self._tasks.num_processes:
            with suppress(ValueError):  # all of them have a task
                self._tasks.shrink(n)  # type: ignore[attr-defined]  # celery-types lacks it
        else:
            self._turns.shrink(n)

    def on_close(self) -> None:
        """Let no process take another job."""
        self.serve(())
        self._tasks.close()

    def on_stop(self) -> None:
        """Wait for the jobs that run."""
        self._wait_for_all(math.inf)
        self._tasks.stop()

    def on_terminate(self) -> None:
        self.kill_running("its worker was told to stop at once")
        self._wait_for_all(KILLED_SECONDS)
        self._tasks.terminate()

    def _wait_for_all(self, seconds: float) -> None:
        """Until all have ended, for so long at most; they take no other job."""
        self.limit, until = 0, time.monotonic() + seconds
        for child in self.each:
            self.tell_to_stop(child)
        while self.each and time.monotonic() < until:
            wait_for_ends([child.process.sentinel for child in self.each], timeout=LOOK_SECONDS)
            with suppress(BrokerUnreachable):
                self.look_after()
        self.leave()

    def maintain_pool(self, *_: Any) -> None:
        """See who died, settle what they had, and replace them."""
        for child in [child for child in self.each if not child.process.is_alive()]:
            self._bury(child)
        self._release_from_the_dead()
        self._fill()
        if self._tasks.num_processes:
            self._tasks.maintain_pool()

    def _get_info(self) -> dict[str, Any]:
        info: dict[str, Any] = super()._get_info()  # type: ignore[misc]  # celery-types lacks it
        info["processes"] = [child.pid for child in self.each]
        info["jobs"] = {child.pid: child.slot.read().ended for child in self.each}
        return info

    # -- ours

    def look_after(self) -> None:
        self.maintain_pool()
        self.kill_overdue()
        self.kill_too_large()
        self.kill_stopped()

    def kill(self, child: Member, reason: str, *, again: bool = True) -> None:
        """With what its job started, as RQ does; once it is dead the job fails for this reason."""
        child.killed_because, child.again = reason, again
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)

    def kill_running(self, reason: str) -> None:
        """All that have a job; it fails for this reason, or runs again elsewhere if idempotent."""
        for child, _ in self.having_jobs():
            self.kill(child, reason)

    def kill_overdue(self) -> None:
        """Those that did not react to their timeout."""
        overdue = time.monotonic() - GRACE_SECONDS
        for child, seen in self.seen():
            if 0 < seen.deadline < overdue:
                reason = f"still alive {GRACE_SECONDS} s after its timeout, and was killed"
                self.kill(child, reason, again=False)

    def kill_too_large(self) -> None:
        """Those whose job has more in memory than its `max_memory` beside what jobs before it left,
        in whichever process."""
        limited = [(child, seen) for child, seen in self.seen() if seen.most_memory]
        children = children_by_parent() if limited else {}
        for child, seen in limited:
            has = max(map(resident, family(child.pid, children))) >> 20
            most, before = seen.most_memory, seen.memory_before
            if has > most + before and child.slot.read().run == seen.run:  # it still has it
                reason = f"it had {has} MiB in memory, its max_memory is {most} MiB"
                if before:
                    reason += f", beside {before} MiB that were there when it began"
                self.kill(child, reason, again=False)

    def kill_stopped(self) -> None:
        """Those whose job somebody stopped (`Job.stop`). The store is asked, where it has ended
        already: an order is neither lost nor carried out on a job that ended by itself."""
        running = {seen.run: child for child, seen in self.seen() if seen.doing == Doing.RUNS}
        for run in get_store().stopped(list(running)) if running else ():
            from frappe_celery.jobs.resumable.state import ends_soon

            if running[run].slot.read().run == run and not ends_soon(get_store(), run):
                logger.warning("run %s was stopped: its process is killed", run)
                self.kill(running[run], "it was stopped")

    def _fill(self) -> None:
        if time.monotonic() < self._fork_from:
            return
        staying = sum(not child.leaves for child in self.each)
        for _ in range(self.limit - staying):
            self._fork()

    def _fork(self) -> None:
        slot, orders = self._free.pop(0), Orders()
        slot.clear()
        process = Process(
            target=job_process.be_one,
            args=(self._app, self._hostname, self.consumer, slot, orders),
            kwargs={
                "most_jobs": self.options.get("maxtasksperchild") or 0,
                "most_kilobytes": self.options.get("max_memory_per_child") or 0,
            },
            name=f"JobProcess-{slot.place + 1}",
        )
        process.daemon = True
        with stacks.asked_later():
            process.start()
        self.each.append(Member(slot, orders, process=process))
        orders.give(self.queues, events=self.events)
        if self._hub is not None:
            self._hub.add_reader(process.sentinel, self.maintain_pool)

    def _bury(self, child: Member) -> None:
        self.each.remove(child)
        if self._hub is not None:
            self._hub.remove_reader(child.process.sentinel)
        child.orders.close()
        seen, code = child.slot.read(), child.process.exitcode
        self.buried = self.buried.plus(child.slot.tally())
        if seen.doing == Doing.RUNS:
            self.buried = self.buried.plus(Tally(0, 1, time.time() - seen.began))
        self._free.append(child.slot)
        child.process.join()
        if code and not seen.number:
            self._fork_from = time.monotonic() + STILLBORN_SECONDS
        if code or seen.doing != Doing.NOTHING:
            if not child.killed_because:
                logger.error("process %d ended: %s", child.pid, _end(code))
                died = "process died" if code else ENDED_EARLY
                child.killed_because = f"its {died}: {_end(code)}"
            self._dead.append((child, seen))

    def _release_from_the_dead(self) -> None:
        try:
            while self._dead and not heartbeat.broker_is_silent():
                child, seen = self._dead[0]
                self.release(child, seen, child.killed_because)
                self._dead.pop(0)
                self._outage.end()
        except (BrokerUnreachable, ResponseError) as exc:
            self._outage.tell(f"{len(self._dead)} deaths are settled later", exc)


def children_by_parent() -> dict[int, list[int]]:
    """Of all processes of this machine."""
    children = defaultdict(list)
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it just died
            parent = path.read_text().rpartition(")")[2].split()[1]
            children[int(parent)].append(int(path.parent.name))
    return children


def family(pid: int, children: Mapping[int, list[int]]) -> list[int]:
    """A process and those that descend from it."""
    found = [pid]
    for each in found:
        found += children.get(each, ())
    return found


def _end(code: int | None) -> str:
    if code is not None and code < 0:
        return f"signal {-code} ({signal.Signals(-code).name})"
    return f"exit code {code}"


class Autoscaler(CeleryAutoscaler):
    """`--autoscale=10,2`: as many processes as there are jobs, those that wait counted.

    Celery's counts the messages that its parent holds, which holds none of ours.
    """

    @property
    def qty(self) -> int:
        """Jobs that run or wait, and a team's own tasks."""
        own = int(super().qty)
        if not isinstance(self.pool, Pool):
            return own
        try:
            waiting = sum(map(get_store().queue_length, self.pool.queues))
        except BrokerUnreachable:
            waiting = 0
        return own + len(self.pool.having_jobs()) + waiting
