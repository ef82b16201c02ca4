"""Who takes and runs a worker's jobs: processes, threads, or the worker itself (solo)."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Any

from celery.worker import state

from frappe_celery.brokers import heartbeat
from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs import JobStore, get_store
from frappe_celery.jobs.workers import ProcessInfo, tag
from frappe_celery.worker import abandoned
from frappe_celery.worker.member import Doing, Member, Seen, Slot, Tally

logger = logging.getLogger(__name__)

GIVEN_BACK_MOST = 3
"""How often a run whose process died before it had begun goes back into its queue."""
CAME_BACK = "it was started, and no process of its worker has it: its broker's data went back"
PAGE = os.sysconf("SC_PAGE_SIZE")
"""Bytes of a page, in which Linux counts memory."""


class Crew:
    """All that one worker has: none, where its pool runs a team's own Celery tasks alone."""

    def __init__(self, slots: Sequence[Slot] = ()) -> None:
        self.consumer = f"{heartbeat.process_name()}:jobs"
        """The name among those who hold runs."""
        self.queues: tuple[str, ...] = ()
        """Those that they take from, in this order."""
        self.each = [Member(slot) for slot in slots]
        self.buried = Tally()
        """What those have run that are no more."""
        self.events = False
        self._stale: set[str] = set()
        """Tags of runs that nobody here had any more at the last look."""

    def serve(self, queues: Sequence[str]) -> None:
        """From now on they take from these queues, in this order."""
        self.queues = tuple(queues)
        for one in self.each:
            one.orders.give(self.queues, one.leaves, self.events)

    def send_events(self, wanted: bool) -> None:
        """Whether they tell of each job (`job_runner.TaskEvents`)."""
        if wanted != self.events:
            self.events = wanted
            self.serve(self.queues)

    def look_after(self) -> None:
        """Twice a second: see who died, and kill what is overdue or was stopped."""

    def end(self) -> None:
        """Wait for the jobs that run, once they serve no queue."""

    def seen(self) -> list[tuple[Member, Seen]]:
        """What each does."""
        return [(one, one.slot.read()) for one in self.each]

    def processes(self) -> tuple[ProcessInfo, ...]:
        """Those that are processes of their own, and what each has run."""
        own = (one for one in self.each if one.process is not None)
        return tuple(ProcessInfo(one.pid, one.birth, *one.slot.tally()) for one in own)

    def memory(self) -> dict[str, int]:
        """What the worker and those have in memory, as `WorkerInfo` has it."""
        pids = (os.getpid(), *(one.pid for one in self.each))
        return {str(pid): memory for pid in pids if (memory := resident(pid))}

    def tally(self) -> Tally:
        """What all of them have run."""
        return reduce(Tally.plus, (one.slot.tally() for one in self.each), self.buried)

    def having_jobs(self) -> list[tuple[Member, Seen]]:
        """Those that have one, and it."""
        return [(one, seen) for one, seen in self.seen() if seen.doing >= Doing.HOLDS]

    def running(self) -> list[str]:
        """Ids of the runs that they have, and of a team's own tasks that run."""
        tasks = [request.id for request in state.active_requests]
        return tasks + [seen.run for _, seen in self.having_jobs()]

    def kill_running(self, reason: str) -> None:
        """What runs fails for this reason, or runs again elsewhere if idempotent."""
        store = get_store()
        for _, seen in self.having_jobs():
            try:
                abandoned.end_or_repeat(store, seen.run, reason)
            except BrokerUnreachable as exc:
                logger.warning("run %s is settled by other workers: %s", seen.run, exc)

    def tell_to_stop(self, one: Member) -> None:
        """It ends the job that it has, and then itself."""
        one.leaves = True
        one.orders.give((), stop=True)

    def release(self, one: Member, seen: Seen, reason: str) -> None:
        """Deal with what it had in its hands when it ended, by what its slot said last.

        What had not begun goes back into its queue; the rest see `abandoned.end_or_repeat`.

        Raises:
            BrokerUnreachable: to be called again.
        """
        for number in (seen.number - 1, seen.number):
            held = tag(self.consumer, one.thread or one.pid, number)
            began = number < seen.number or seen.doing == Doing.RUNS
            self._let_go(held, began, reason, one.again)

    def release_what_came_back(self) -> None:
        """Settle what the broker says is held here and nobody has: it was restored from a copy of
        the time when somebody had. Called now and then: what is so at two looks.

        Raises:
            BrokerUnreachable.
        """
        store = get_store()
        found = [
            held.decode(errors="replace")
            for held in store.client.hkeys(store.keys.in_flight(self.consumer))
        ]
        numbers = {one.thread or one.pid: seen.number for one, seen in self.seen()}
        stale = {held for held in found if _is_of_the_past(held, numbers)}
        for held in stale & self._stale:
            self._let_go(held, True, CAME_BACK)
        self._stale = stale - self._stale

    def _let_go(self, held: str, began: bool, reason: str, idempotent_counts: bool = True) -> None:
        store = get_store()
        for run in let_go(store, self.consumer, held, began=began, most=GIVEN_BACK_MOST):
            abandoned.end_or_repeat(store, run, reason, idempotent_counts=idempotent_counts)
            store.client.hdel(store.keys.in_flight(self.consumer), held)

    def leave(self) -> None:
        """They have ended, and hold nothing any more: what they had claimed and not begun, as where
        the answer to a claim was lost, waits again."""
        try:
            for one, seen in self.seen():
                self.release(one, seen, "its worker was told to stop")
            let_go(get_store(), self.consumer)
        except BrokerUnreachable as exc:
            logger.warning("what they held is settled by other workers: %s", exc)


def let_go(
    store: JobStore,
    consumer: str,
    *tags: str,
    before: float | str = "inf",
    began: bool = True,
    most: int | str = "",
) -> list[str]:
    """What a worker took and did not end (`let_go.lua`); returns the runs that are to be settled.

    Raises:
        BrokerUnreachable.
    """
    keys = store.keys.in_flight(consumer), store.keys.consumers
    about = (store.keys.prefix, consumer, before, "1" if began else "", most)
    left = store.run_script("let_go", keys, *about, *tags)
    return [run.decode(errors="replace") for run in left]


def resident(pid: int) -> int:
    """Bytes that a process has in memory; 0: it just died, or this is no Linux."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except OSError:
        return 0


def _is_of_the_past(held: str, numbers: Mapping[int, int]) -> bool:
    """Whether a tag's process is gone, or has gone on and recorded how that run ended; or it is no
    tag."""
    pid, _, number = held.rpartition(":")[2].partition("-")
    if not (pid.isdecimal() and number.isdecimal()):
        return True
    return int(pid) not in numbers or int(number) < numbers[int(pid)] - 1


def crew_of(worker: Any) -> Crew:
    """A worker's; an empty one also of another app's, without our steps."""
    return getattr(worker, "crew", None) or Crew()
