"""Random histories of a bench: after each step the store says what a plain model says.

A model of jobs and queues (`Histories`) beside one of what jobs depend on (`lines.Lines`).
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from frappe_celery.errors import InvalidJobOperation, NoSuchJob
from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.jobs.batches import batch_state
from frappe_celery.jobs.job import ENDED
from frappe_celery.jobs.message import JobMessage
from frappe_celery.jobs.queue.scheduled import promote
from frappe_celery.worker.reaper import reap
from tests.integration.jobs.batches import Batch
from tests.integration.jobs.lines import Lines
from tests.integration.jobs.runs import Run
from tests.integration.stores import broken, let_go, make_store, message, started, waiting, wipe

SITES = ("site1", "site2")
QUEUES = ("short", "long")
IDS = (None, None, "a", "b")
FAILED_KEPT = 3
ROLES = ("on_ended", "on_finished")


class Histories(RuleBasedStateMachine):
    """Enqueue, take, start, end, cancel, delete, requeue, give back and reap, in any order."""

    def __init__(self, store: JobStore) -> None:
        super().__init__()
        self.store = store

    @initialize()
    def nothing_yet(self) -> None:
        self.runs: list[Run] = []
        """In the order in which each came into its status."""
        self.newest: list[Run] = []
        """In the order in which they were enqueued."""
        self.lines: dict[tuple[str, str], list[Run]] = {(q, s): [] for q in QUEUES for s in SITES}
        """By queue and site."""
        self.turns = dict.fromkeys(self.lines, 0.0)
        self.served = dict.fromkeys(QUEUES, 0.0)
        """The turn that was served last."""
        self.came = dict.fromkeys(QUEUES, 0)
        """How many lines began beside others."""
        self.held: list[Run] = []
        self.lines_of_runs = Lines(self)
        self.attempts: dict[str, list[Run]] = {}
        """By first run: what was tried before, of which a newer run is the job."""
        self.ids: set[tuple[str, str]] = set()
        """First runs of all that ever were, and their ids."""

    def teardown(self) -> None:
        wipe(self.store)

    # -- the model's side of a step

    def line_of(self, run: Run) -> list[Run]:
        return self.lines[run.queue, run.site]

    def put(self, run: Run, first: bool) -> None:
        line, queue = self.line_of(run), run.queue
        waiting = self.waiting(queue)
        if not line and waiting:
            self.came[queue] += 1
            self.turns[queue, run.site] = self.served[queue] + 1 + self.came[queue] / 2**13
            if len(waiting) == 1:  # alone until now: it had no turns
                self.turns[queue, waiting[0]] = self.served[queue] + 1
        line.insert(0 if first else len(line), run)

    def serve(self, queue: str) -> Run | None:
        sites = self.waiting(queue)
        if not sites:
            return None
        site = min(sites, key=lambda s: (self.at_work(s, queue), self.turns[queue, s], s))
        if len(sites) > 1:
            self.served[queue] = self.turns[queue, site]
            self.turns[queue, site] += 1
        return self.lines[queue, site].pop(0)

    def waiting(self, queue: str) -> list[str]:
        return [site for site in SITES if self.lines[queue, site]]

    def at_work(self, site: str, queue: str) -> int:
        return sum((r.site, r.queue, r.status) == (site, queue, "started") for r in self.runs)

    def forget(self, run: Run) -> None:
        self.runs.remove(run)
        self.newest.remove(run)
        if run in self.line_of(run):
            self.line_of(run).remove(run)
        if not any(other.first == run.first for other in self.newest):
            self.attempts.pop(run.first, None)

    def is_followed(self, run: Run) -> None:
        """It has ended, and another run is its job."""
        run.is_followed = True
        self.forget(run)
        tried = self.attempts.setdefault(run.first, [])
        tried.append(run)
        del tried[1:-19]

    def become(self, run: Run, status: JobStatus) -> None:
        run.status = status
        if run.is_followed:
            self.is_followed(run)
            return
        self.runs.remove(run)
        self.runs.append(run)
        if run in self.line_of(run):
            self.line_of(run).remove(run)
        if status == JobStatus.FAILED:
            place = [
                r for r in self.runs if (r.site, r.queue, r.status) == (run.site, run.queue, status)
            ]
            for oldest in place[:-FAILED_KEPT]:
                if not oldest.is_kept:
                    self.forget(oldest)

    def added(self, run: Run) -> None:
        self.runs.append(run)
        self.newest.append(run)
        self.ids.add((run.first, run.id))
        if run.status == JobStatus.QUEUED:
            self.put(run, run.front)

    def enter(self, run: Run) -> None:
        self.become(run, JobStatus.QUEUED)
        self.put(run, run.front)

    def delete_it(self, run: Run) -> None:
        self.forget(run)
        self.lines_of_runs.gone(run)

    # -- steps

    @rule(count=st.integers(2, 5), queue=st.sampled_from(QUEUES))
    def enqueue_some(self, count: int, queue: str) -> None:
        for _ in range(count):
            self.enqueue(SITES[0], queue, None, False, False)

    @precondition(lambda self: any(self.lines.values()))
    @rule(order=st.permutations(QUEUES))
    def claim(self, order: list[str]) -> None:
        run = next(filter(None, map(self.serve, order)))
        assert started(self.store, *order) == run.run
        self.held.append(run)
        self.become(run, JobStatus.STARTED)

    @rule(
        site=st.sampled_from(SITES),
        queue=st.sampled_from(QUEUES),
        name=st.sampled_from(IDS),
        front=st.booleans(),
        deduplicate=st.booleans(),
    )
    def enqueue(
        self,
        site: str,
        queue: str,
        name: str | None,
        front: bool,
        deduplicate: bool,
        depends_on: dict[str, bool] | None = None,
    ) -> None:
        self.enqueue_one(site, queue, name, front, deduplicate, depends_on)

    def enqueue_one(
        self,
        site: str,
        queue: str,
        name: str | None,
        front: bool,
        deduplicate: bool,
        depends_on: dict[str, bool] | None = None,
        batch: str | None = None,
        **more: Any,
    ) -> Run | None:
        one, ids = self.new(site, queue, name), dict(self.ids)
        one.batch = batch
        if depends_on:
            one.depends_on = [(first, ids[first], int(may)) for first, may in depends_on.items()]
        model = partial(self.enqueued, one, name, front, deduplicate, depends_on)
        options: Any = {"front": int(front), "deduplicate": deduplicate}
        try:
            job = self.store.enqueue(one, **options, **more)
        except NoSuchJob:
            with pytest.raises(NoSuchJob):
                model()
            return None
        assert (job is not None) == model()
        assert job is None or job.status == self.newest[-1].status
        return self.newest[-1] if job else None

    @rule(
        site=st.sampled_from(SITES),
        queue=st.sampled_from(QUEUES),
        names=st.lists(st.sampled_from(IDS), min_size=1, max_size=5),
        front=st.booleans(),
        deduplicate=st.booleans(),
    )
    def enqueue_many(
        self, site: str, queue: str, names: list[str | None], front: bool, deduplicate: bool
    ) -> None:
        ones = [self.new(site, queue, name) for name in names]
        step = [(one, one.seal(self.store.signer)) for one in ones]
        answer = self.store.send(step, front=int(front), deduplicate=deduplicate)
        duplicates = answer()
        for one, name in zip(ones, names, strict=True):
            is_new = self.enqueued(one, name, front, deduplicate)
            assert (one.run not in duplicates) == is_new

    def new(self, site: str, queue: str, name: str | None) -> JobMessage:
        one = message(site=site, queue=queue)
        return message(site=site, queue=queue, run=one.run, id=f"{site}::{name or one.run}")

    def enqueued(
        self,
        one: JobMessage,
        name: str | None,
        front: bool,
        deduplicate: bool,
        depends_on: dict[str, bool] | None = None,
    ) -> bool:
        """Whether it comes into the model; it does not where another is in its way."""
        same = [run for run in self.newest if run.own_id and run.id == one.id]
        if deduplicate and any(run.active for run in same):
            return False
        for run in reversed(same if deduplicate else []):
            if run.depends_on and not run.is_kept:
                self.delete_it(run)
            elif not run.is_kept:
                self.forget(run)
        if any(self.lines_of_runs.now(first) is None for first in depends_on or ()):
            raise NoSuchJob
        own_id, waits = name is not None, depends_on or {}
        run = Run(one.run, one.site, one.queue, one.id, own_id, "", waits, front)
        if waits:
            run.status = JobStatus.DEFERRED
        self.added(run)
        if waits:
            self.lines_of_runs.defer(run)
        return True

    @precondition(lambda self: self.runs)
    @rule(
        data=st.data(),
        site=st.sampled_from(SITES),
        queue=st.sampled_from(QUEUES),
        name=st.sampled_from(IDS),
        front=st.booleans(),
        deduplicate=st.booleans(),
        may_fail=st.lists(st.booleans(), min_size=3, max_size=3),
    )
    def enqueue_after_others(
        self,
        data: st.DataObject,
        site: str,
        queue: str,
        name: str | None,
        front: bool,
        deduplicate: bool,
        may_fail: list[bool],
    ) -> None:
        runs = data.draw(st.lists(st.sampled_from(self.runs[-8:]), min_size=1, max_size=3))
        lines = dict(zip(dict.fromkeys(run.first for run in runs), may_fail, strict=False))
        self.enqueue(site, queue, name, front, deduplicate, lines)

    @rule(
        site=st.sampled_from(SITES),
        names=st.lists(st.sampled_from(IDS), max_size=4),
        roles=st.sets(st.sampled_from(ROLES)),
        deduplicate=st.booleans(),
        dies=st.sampled_from([False, False, True]),
    )
    def make_a_batch(
        self, site: str, names: list[str | None], roles: set[str], deduplicate: bool, dies: bool
    ) -> None:
        batch = Batch(message().run, len(names) + len(roles) + dies)
        if not batch.number:
            return
        lines = self.lines_of_runs
        lines.batches.all[batch.id] = batch
        self.ids |= {(line.first, line.id) for line in batch.lines.values()}
        about: Any = {"title": "A batch", "number": batch.number}
        for role in sorted(roles):
            asked = {"batch": batch.id, "making": {**about, "role": role}}
            one = self.enqueue_one(
                *(site, "long", None, False, False),
                depends_on={f"{batch.id}/{role[3:]}": False},
                **asked,
            )
            assert one is not None
            lines.settle(*lines.batches.called(batch, one.first, role))
        for name in names:
            asked = {"batch": batch.id, "making": about}
            waits = {f"{batch.id}/made": False}
            is_unique = deduplicate and name is not None
            one = self.enqueue_one(site, "short", name, False, is_unique, waits, **asked)
            first, outcome = (one.first, "going") if one else (message().run, "duplicate")
            lines.settle(*lines.batches.joined(batch, first, outcome))
        if dies:
            batch_state.give_up(self.store, batch.id, "it died")
            if len(names) + len(roles):
                lines.settle(*lines.batches.given_up(batch))
            else:
                del lines.batches.all[batch.id]
        self.settle_all()

    def settle_all(self) -> None:
        while self.store.client.exists(self.store.keys.settling):
            promote(self.store)

    @precondition(lambda self: self.lines_of_runs.batches.all)
    @rule(data=st.data(), name=st.sampled_from(IDS), deduplicate=st.booleans())
    def add_to_a_batch(self, data: st.DataObject, name: str | None, deduplicate: bool) -> None:
        batches = self.lines_of_runs.batches
        batch = data.draw(st.sampled_from([*batches.all.values()]))
        if not batch.counts()["going"] or batch.status == "canceled":
            with pytest.raises(InvalidJobOperation):
                self.store.enqueue(message(batch=batch.id))
            return
        asked = (SITES[0], "short", name, False, deduplicate and name is not None)
        if (one := self.enqueue_one(*asked, batch=batch.id)) is not None:
            batches.joined(batch, one.first)

    @rule()
    def tend_batches(self) -> None:
        batch_state.tend(self.store, math.inf)
        lines = self.lines_of_runs
        for batch in lines.batches.all.values():
            let_go = lines.batches.tended(batch)
            lines.settle(*lines.batches.looked_at(batch))
            for first in let_go:
                lines.let_expire(first)
        self.settle_all()

    @precondition(lambda self: any(run.status == JobStatus.STARTED for run in self.runs))
    @rule(data=st.data())
    def fail_and_be_repeated(self, data: st.DataObject) -> None:
        begun = [run for run in self.runs if run.status == JobStatus.STARTED]
        run = data.draw(st.sampled_from(begun))
        again = self.store.fetch_run(run.run).opened.next_run(message().run)
        self.store.enqueue(again)
        new = Run(again.run, run.site, run.queue, run.id, True, run.first, run.depends_on)
        self.added(new)
        self.lines_of_runs.needs_again(new)
        self.store.fail(run.run, "broken", following=again.run)
        run.is_followed = True
        self.lines_of_runs.ended(run, JobStatus.FAILED)

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def start_once_more(self, data: st.DataObject) -> None:
        run = data.draw(st.sampled_from(self.held))
        answer = self.store.start(run.run, "worker")
        is_there = run in self.runs or run in self.attempts.get(run.first, ())
        assert answer == (run.status if is_there else "")

    @precondition(lambda self: self.runs)
    @rule(data=st.data(), status=st.sampled_from([*ENDED[:3], JobStatus.FINISHED]))
    def end(self, data: st.DataObject, status: JobStatus) -> None:
        run = data.draw(st.sampled_from(self.runs))
        if status == JobStatus.FINISHED:
            self.store.finish(run.run, 1)
            if run.status == JobStatus.STARTED:
                self.lines_of_runs.ended(run, status)
            return
        if status == JobStatus.FAILED:
            self.store.fail(run.run, "broken")
        else:
            self.store.end(self.store.fetch_run(run.run), status)
        if run.active:
            self.lines_of_runs.ended(run, status)

    @precondition(lambda self: self.runs)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        run = data.draw(st.sampled_from(self.runs))
        job = self.store.fetch_run(run.run)
        newest = self.lines_of_runs.now(run.first)
        assert newest is not None
        if newest.status in (JobStatus.QUEUED, JobStatus.DEFERRED):
            job.cancel()
            self.lines_of_runs.ended(newest, JobStatus.CANCELED)
        else:
            with pytest.raises(InvalidJobOperation):
                job.cancel()

    @precondition(lambda self: self.runs)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        run = data.draw(st.sampled_from(self.runs))
        self.store.fetch_run(run.run).delete()
        self.delete_it(run)

    @precondition(lambda self: any(not run.active and not run.is_kept for run in self.runs))
    @rule(data=st.data())
    def expire(self, data: st.DataObject) -> None:
        over = [run for run in self.runs if not run.active and not run.is_kept]
        run, keys = data.draw(st.sampled_from(over)), self.store.keys
        assert self.store.client.ttl(keys.record(run.run)) >= 0
        tried = [one.run for one in self.attempts.get(run.first, ())]
        assert all(self.store.client.ttl(keys.record(one)) >= 0 for one in tried)
        self.store.client.delete(keys.attempts(run.first), *map(keys.record, [*tried, run.run]))
        self.store.client.delete(keys.awaits(run.run))
        place = f"{run.site}|{run.queue}|{run.status}\n{run.run}"
        assert self.store.client.zadd(keys.expiring, {place: 0}, xx=True, ch=True)
        self.store.client.zrem(keys.ids(run.id), run.run)
        self.forget(run)
        self.lines_of_runs.awaits.pop(run.run, None)

    @precondition(lambda self: self.runs)
    @rule(data=st.data(), dependants=st.booleans())
    def requeue(self, data: st.DataObject, dependants: bool) -> None:
        run = data.draw(st.sampled_from(self.runs))
        newest = self.lines_of_runs.now(run.first)
        assert newest is not None
        job = self.store.fetch_run(run.run)
        if newest.active:
            with pytest.raises(InvalidJobOperation):
                job.requeue(dependants=dependants)
            return
        again = job.requeue(dependants=dependants)
        if dependants:
            self.lines_of_runs.ask_back(run.first)
        new = Run(again.run_id, run.site, run.queue, run.id, True, run.first, dict(run.depends_on))
        if newest.status == JobStatus.STOPPED and newest in self.held:
            assert again.status == JobStatus.SCHEDULED
            let_go(self.store, newest.run)
            self.held.remove(newest)
            promote(self.store)
        self.added(new)
        self.lines_of_runs.needs_again(new)
        self.lines_of_runs.batches.counted(run.first, "going")
        self.is_followed(newest)

    @precondition(lambda self: self.held)
    @rule()
    def the_consumer_dies(self) -> None:
        abandoned = reap(self.store, dead_after=-1)
        assert set(abandoned) == {
            r.run for r in self.held if r in self.runs and r.status == JobStatus.STARTED
        }
        for name in abandoned:
            one = next(r for r in self.runs if r.run == name)
            self.lines_of_runs.ended(one, JobStatus.FAILED)
        self.held.clear()

    # -- what always holds

    @invariant()
    def queues_are_the_model_s(self) -> None:
        for queue in QUEUES:
            for site in SITES:
                line = [run.run for run in self.lines[queue, site]]
                assert waiting(self.store, queue, site) == line
            waits = sum(len(self.lines[queue, site]) for site in SITES)
            assert self.store.queue_length(queue) == waits
        jobs = self.store.read([run.run for run in self.runs])
        for run, job in zip(self.runs, jobs, strict=True):
            assert job is not None
            queue_ = self.line_of(run)
            position = self.store.position(job)
            assert position == (queue_.index(run) if run in queue_ else None)

    @invariant()
    def counts_and_pages_are_the_model_s(self) -> None:
        for site, queue in ((None, None), ("site1", None), (None, "short"), ("site2", "long")):
            here = [r for r in self.runs if site in (None, r.site) and queue in (None, r.queue)]
            counts = self.store.counts(site=site, queue=queue)
            assert counts == {s: sum(r.status == s for r in here) for s in JobStatus}
            jobs = self.store.page(site=site, queue=queue, start=1, length=1000)
            assert [job.run_id for job in jobs] == [r.run for r in here][::-1][1:]
        ended = [r.run for r in self.runs if r.status in ENDED][::-1]
        assert [job.run_id for job in self.store.page(statuses=ENDED, length=2)] == ended[:2]

    @invariant()
    def ids_are_the_model_s(self) -> None:
        for job_id in {f"{site}::{name}" for site in SITES for name in "ab"} | {
            run.id for run in self.runs
        }:
            runs = [run for run in self.newest if run.id == job_id and not run.is_followed]
            assert self.store.is_active(job_id) == any(run.active for run in runs)
            if runs:
                newest = self.store.fetch(job_id)
                assert (newest.run_id, newest.status) == (runs[-1].run, runs[-1].status)
            else:
                with pytest.raises(NoSuchJob):
                    self.store.fetch(job_id)

    @invariant()
    def attempts_are_the_model_s(self) -> None:
        for run in self.runs:
            tried, job = self.attempts.get(run.first, []), self.store.fetch_run(run.run)
            found = [(one.run_id, one.status) for one in job.attempts]
            assert found == [(one.run, one.status) for one in tried]
            for one in tried:
                assert self.store.fetch(one.run).run_id == run.run

    @invariant()
    def dependencies_are_the_model_s(self) -> None:
        lines, store = self.lines_of_runs, self.store
        pipe = store.client.pipeline(transaction=False)
        for run in self.runs:
            pipe.hmget(store.keys.record(run.run), "keep", "canceled_by")
            pipe.zrange(store.keys.awaits(run.run), 0, -1)
        found = iter(pipe.execute())
        for run, (kept, cause), awaited in zip(self.runs, found, found, strict=True):
            assert (kept is not None) == run.is_kept
            assert (cause is not None) == bool(run.cause)
            if run.cause:
                assert f" {run.cause}" in (store.fetch_run(run.run).exc_info or "")
            assert {first.decode() for first in awaited} == {*lines.awaits.get(run.run, ())}
            if run.status == JobStatus.DEFERRED:
                assert not any(map(lines.is_over, lines.awaits[run.run]))

    @invariant()
    def batches_are_the_model_s(self) -> None:
        batches = self.lines_of_runs.batches.all
        for batch, found in zip(
            batches.values(), batch_state.read(self.store, *batches), strict=True
        ):
            counts = batch.counts()
            assert found is not None
            goes_again = batch.status == "ended" and counts["going"]
            assert found.status == ("going" if goes_again else batch.status)
            assert (found.going, found.finished) == (counts["going"], counts["finished"])
            assert found.failed == counts["failed"] + counts["stopped"]
            assert found.canceled == counts["canceled"] + counts["deleted"]

    @invariant()
    def nothing_contradicts_itself(self) -> None:
        assert broken(self.store) == []


@pytest.mark.timeout(400)  # 375 steps, each looked at from all sides: 10 s of a free processor
def test_every_history_is_the_model_s(store: JobStore) -> None:
    limited = make_store(
        store.settings.root,
        store.url,
        f"{store.settings.bench_id}-histories",
        rq_failed_jobs_limit=str(FAILED_KEPT),
    )
    machine: Any = lambda: Histories(limited)  # noqa: E731 (what hypothesis calls for each history)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=15,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
