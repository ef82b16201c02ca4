"""Batches under real workers, on both brokers: each callback once, none early."""

from __future__ import annotations

import random
import signal
from collections import Counter

import pytest

from frappe_celery import batch, enqueue
from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.jobs.batches import batch_state
from frappe_celery.jobs.outbox.relay import states
from frappe_celery.worker import ghosts
from tests.brokers import both_brokers
from tests.integration.benches import kill_workers, still, worker
from tests.integration.stores import broken
from tests.project import Process, Project
from tests.waiting import wait_until

RECORD, FAIL = "myapp.core.record", "myapp.core.fail"
ENDED, FINISHED = ({"method": RECORD, "text": text} for text in ("all ended", "all finished"))

CALLER = """
import os, signal, sys
import frappe_celery
import frappe
from frappe_celery import batch
from frappe_celery.jobs.queue import publish

frappe.connect()
ending, real, steps = sys.argv[1], publish.send, []

def dies(*args, **options):
    steps.append(1)
    if len(steps) == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*args, **options)

if ending == "dies between two steps":
    publish.send = dies
after_commit = "commit" in ending
if after_commit:
    frappe.db.set_default("caller", "was here")
told = {"method": "myapp.core.record", "text": "all finished"}
with batch("Close", on_finished=told, enqueue_after_commit=after_commit) as b:
    b.enqueue_many("myapp.core.record", ({"text": str(n)} for n in range(120)))
print("made", flush=True)
if ending == "dies before the commit":
    os.kill(os.getpid(), signal.SIGKILL)
frappe.db.rollback() if ending == "no commit" else frappe.db.commit()
"""


def caller(project: Project, ending: str) -> int:
    return project.start("caller", "-c", CALLER, ending).popen.wait(60)


def is_over(store: JobStore, number: int) -> bool:
    return sum(store.counts()[s] for s in (JobStatus.FINISHED, JobStatus.FAILED)) == number


def is_idle(store: JobStore) -> bool:
    counts = store.counts()
    return not counts[JobStatus.STARTED] + counts[JobStatus.QUEUED]


@both_brokers
def test_both_callbacks_run_after_all_others(project: Project, store: JobStore) -> None:
    with batch("Close", on_ended=ENDED, on_finished=FINISHED) as b:
        b.enqueue_many(RECORD, ({"text": "one"} for _ in range(250)))
        b.enqueue(RECORD, queue="long", text="one")
    worker(project, "-c", "2")
    wait_until(lambda: is_over(store, 253), 30, "all have run")
    effects = project.effects()
    assert effects[:-2] == ["one"] * 251
    assert sorted(effects[-2:]) == ["all ended", "all finished"]
    assert b.state().is_finished
    assert broken(store) == []


@both_brokers
def test_what_fails_is_requeued_and_then_all_have_finished(
    bench: Project, living: Process, shared: JobStore
) -> None:
    with still(living), batch("Close", on_ended=ENDED, on_finished=FINISHED) as b:
        b.enqueue_many(RECORD, [{"text": "one"}] * 3)
        b.enqueue("myapp.survive.fail_until", until=str(bench.root / "mended"))
    wait_until(lambda: bench.effects()[3:] == ["all ended"], 30, "it has ended")
    assert b.state().failed == 1
    bench.write("mended", "")
    assert b.requeue_failed() == 1
    wait_until(lambda: bench.effects()[4:] == ["all finished"], 30, "all have finished")


@both_brokers
def test_a_job_that_runs_adds_to_its_batch(project: Project, store: JobStore) -> None:
    with batch("Close", on_finished=FINISHED) as b:
        b.enqueue("myapp.survive.add", depth=4)
    worker(project, "-c", "2")
    wait_until(lambda: "all finished" in project.effects(), 30, "all have run")
    assert Counter(project.effects()) == {"added": 31, "all finished": 1}
    assert project.effects()[-1] == "all finished"
    assert b.state().total == 31


@both_brokers
@pytest.mark.timeout(240)
def test_workers_that_are_killed_at_any_moment(project: Project, store: JobStore) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance, batches = random.Random(seed), []
    for number in range(4):
        told = {"method": RECORD, "text": f"batch {number} ended"}
        with batch(f"Number {number}", on_ended=told) as b:
            asked = b.options(idempotent=True, max_deliveries=50)
            asked.enqueue_many(RECORD, ({"text": f"job {number}"} for _ in range(10)))
        batches.append(b)
    kill_workers(project, chance)

    def all_ended() -> bool:
        return all(b.state().status == "ended" for b in batches)

    wait_until(all_ended, 120, "all have ended")
    assert {(b.state().total, b.state().finished) for b in batches} == {(10, 10)}
    wait_until(lambda: is_idle(store), 60, "the callbacks too")
    effects = project.effects()
    failed = [job.kwargs["text"] for job in store.all_of(JobStatus.FAILED)]
    for number in range(4):
        text, told = f"job {number}", f"batch {number} ended"
        mine = [effect for effect in effects if effect in (text, told)]
        assert mine.count(text) >= 10
        assert mine.count(told) == 1 or told in failed  # it was killed as it ran
        assert told not in mine or mine[-1] == told


@both_brokers
@pytest.mark.parametrize("outbox", [False, True])
def test_after_a_commit_it_is_whole_and_after_none_it_is_not_there(
    project: Project, store: JobStore, outbox: bool
) -> None:
    project.configure(frappe_celery_outbox=outbox)
    worker(project).wait_for("ready")
    wait_until(lambda: not outbox or states(store), 30, "the relay has made the table")
    assert caller(project, "no commit") == 0
    assert caller(project, "dies before the commit") == -signal.SIGKILL
    assert caller(project, "commit") == 0
    wait_until(lambda: is_over(store, 121), 30, "all have run")
    assert project.effects()[-1] == "all finished"
    assert [s.total for s in batch_state.page(store)] == [120]


@both_brokers
def test_of_a_maker_that_is_killed_nothing_runs(project: Project, store: JobStore) -> None:
    assert caller(project, "dies between two steps") == -signal.SIGKILL
    worker(project).wait_for("ready")
    (found,) = batch_state.page(store)
    assert (found.status, found.going) == ("making", 100)
    store.client.hincrby(store.keys.batch(found.id), "alive_at", -61)
    store.client.zadd(store.keys.tending, {found.id: 0})  # the worker has looked as it began
    ghosts.settle(store, 0)
    wait_until(lambda: store.counts()[JobStatus.CANCELED] == 101, 30, "all are canceled")
    enqueue(RECORD, text="another")
    wait_until(lambda: project.effects() != [], 30, "another one has run")
    assert project.effects() == ["another"]
    assert broken(store) == []
