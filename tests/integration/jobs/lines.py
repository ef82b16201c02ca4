"""A plain model of what jobs depend on, for the random histories (`test_store_histories.py`)."""

from __future__ import annotations

from collections import defaultdict
from itertools import count
from typing import Protocol

from frappe_celery.jobs import JobStatus
from tests.integration.jobs.batches import Batches
from tests.integration.jobs.runs import Run


class Bench(Protocol):
    """What the model of jobs and queues does for that of dependencies."""

    runs: list[Run]
    newest: list[Run]
    ids: set[tuple[str, str]]

    def become(self, run: Run, status: JobStatus) -> None: ...
    def enter(self, run: Run) -> None: ...


SETTLED = "settled"
WAITS = "waits"


class Lines:
    """What jobs depend on; a job is known by its first run, and is as its newest run is."""

    def __init__(self, histories: Bench) -> None:
        self.of = histories
        self.awaits: dict[str, dict[str, bool]] = defaultdict(dict)
        self.dependants: dict[str, dict[str, str]] = defaultdict(dict)
        self.canceled: dict[str, dict[str, int]] = defaultdict(dict)
        self.come_back: dict[str, dict[str, int]] = defaultdict(dict)
        self.tick = count()
        self.batches = Batches(self)

    def now(self, first: str) -> Run | None:
        if "/" in first:
            return self.batches.line(first)
        runs = [run for run in self.of.newest if run.first == first and not run.is_followed]
        return runs[-1] if runs else None

    def is_over(self, first: str) -> bool:
        newest = self.now(first)
        return newest is None or not newest.active

    def of_run(self, name: str) -> Run | None:
        return next((run for run in self.of.runs if run.run == name), None)

    def defer(self, run: Run) -> None:
        cause = ""
        for first, may_fail in run.depends_on.items():
            newest = self.now(first)
            assert newest is not None
            if newest.active:
                self.awaits[run.run][first] = may_fail
                self.dependants[first][run.run] = WAITS
            elif newest.status == JobStatus.FINISHED or may_fail:
                self.dependants[first][run.run] = SETTLED
                newest.is_kept = True
            else:
                cause = cause or newest.cause or newest.id
                self.awaits[run.run][first] = may_fail
                self.canceled[first][run.run] = next(self.tick)
        if cause:
            self.settle(*self.cancel(run, cause))
        elif not self.awaits[run.run]:
            self.of.enter(run)

    def needs_again(self, run: Run) -> None:
        """It is run again, and reads what they returned again."""
        for first in run.depends_on:
            if (newest := self.now(first)) is not None:
                self.dependants[first][run.first] = SETTLED
                newest.is_kept = not newest.active

    def cancel(self, run: Run, cause: str) -> list[str]:
        run.cause = cause
        return self.ended(run, JobStatus.CANCELED, settles=False)

    def ended(self, run: Run, status: JobStatus, settles: bool = True) -> list[str]:
        """What is to be settled then, which it does itself where it `settles`."""
        is_last = self.now(run.first) is run
        run.status, lines = status, list[str]()
        if is_last:
            self.needs_no_more(run)
            lines = [run.first, *self.batches.counted(run.first, status)]
            run.is_kept = bool(self.dependants[run.first]) or self.batches.keeps(run.first)
        self.of.become(run, status)
        if settles:
            self.settle(*lines)
        return lines

    def gone(self, run: Run) -> None:
        """It was deleted."""
        if self.is_over(run.first):
            run.cause, newest = "", self.now(run.first)
            self.needs_no_more(run)
            outcome = newest.status if newest else "deleted"
            self.settle(run.first, *self.batches.counted(run.first, outcome))

    def needs_no_more(self, run: Run) -> None:
        if not run.cause:
            self.awaits.pop(run.first, None)
        for first in run.depends_on:
            if not run.cause or self.dependants[first].get(run.first) == SETTLED:
                self.drop(first, run.first)

    def drop(self, first: str, dependant: str) -> None:
        if self.dependants[first].pop(dependant, None):
            self.let_expire(first)

    def let_expire(self, first: str) -> None:
        for run in self.of.newest:
            if run.first == first and not (self.dependants[first] or self.batches.keeps(first)):
                run.is_kept = False

    def settle(self, *begin: str) -> None:
        lines = [*begin]
        for first in lines:
            newest = self.now(first)
            if newest is not None and newest.active:
                continue
            finished = newest is not None and newest.status == JobStatus.FINISHED
            for name, how in [*self.dependants[first].items()]:
                if how == WAITS:
                    lines += self.tell(first, name, newest, finished)
            back = self.come_back.pop(first, {})
            for name, tick in sorted(back.items(), key=lambda item: item[1]):
                if finished:
                    self.bring_back(name, first)
                else:
                    before = self.canceled[first].get(name, tick)
                    self.canceled[first][name] = min(before, tick)

    def tell(self, first: str, name: str, newest: Run | None, finished: bool) -> list[str]:
        run = self.of_run(name)
        runs = finished or self.awaits[name].get(first, True)
        self.dependants[first][name] = SETTLED
        if runs:
            self.awaits[name].pop(first, None)
        elif run is not None and (run.status == JobStatus.DEFERRED or run.cause):
            self.canceled[first][name] = next(self.tick)
        if run is None or run.status != JobStatus.DEFERRED:
            self.drop(first, name)
        elif not runs:
            id_ = next(job_id for line, job_id in self.of.ids if line == first)
            return self.cancel(run, (newest and newest.cause) or id_)
        elif not self.awaits[name]:
            self.of.enter(run)
        return []

    def bring_back(self, name: str, first: str) -> None:
        run = self.of_run(name)
        self.awaits[name].pop(first, None)
        if run is None or run.status != JobStatus.CANCELED or not run.cause:
            return
        if any(self.is_over(other) for other in self.awaits[name]):
            return
        run.cause, run.is_kept = "", False
        self.batches.counted(name, "going")
        self.of.become(run, JobStatus.DEFERRED)
        for other in run.depends_on:
            newest = self.now(other)
            if other in self.awaits[name]:
                self.dependants[other].setdefault(name, WAITS)
            else:
                self.dependants[other][name] = SETTLED
                if newest is not None and not newest.active:
                    newest.is_kept = True
        self.ask_back(name)
        if not self.awaits[name]:
            self.of.enter(run)

    def ask_back(self, first: str) -> None:
        for name, tick in self.canceled.pop(first, {}).items():
            self.come_back[first][name] = min(self.come_back[first].get(name, tick), tick)
