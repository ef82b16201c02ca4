"""A worker is fed what nobody of ours wrote, in its queues and its records: it lives, runs none.

Seeded, so that a failure can be had again: SURVIVE_SEED.
"""

from __future__ import annotations

import json
import os
import random
import time

import pytest

from frappe_celery.config.signing import Signer
from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.jobs.message import JobMessage
from frappe_celery.worker.ghosts import sweep
from tests.integration.benches import ended, inside, worker
from tests.integration.stores import message, waiting
from tests.integration.worker.test_worker_death import held
from tests.project import Project
from tests.waiting import wait_until

SEED = int(os.environ.get("SURVIVE_SEED", random.randrange(10**6)))
ROUNDS = 150
FIELDS = ("id", "place", "about", "message", "status", "worker", "started_at", "result_ttl")


@pytest.fixture(scope="module")
def fuzzed(bench: Project) -> Project:
    worker(bench, "-c", "2")
    return bench


def mine(**fields: object) -> JobMessage:
    return message(site="site1.localhost", method="myapp.core.record", **fields)


def garbage(chance: random.Random) -> bytes:
    """Random bytes, half of them made to look like a message of Celery's."""
    some = chance.randbytes(chance.randrange(1, 200))
    return b"{" + some if chance.random() < 0.5 else some


def celery_like(chance: random.Random) -> bytes:
    """A message of Celery's protocol, any of whose parts may be of any type."""
    odd = [None, 1, "text", [], {"id": []}, ["a"], "\x00", -1.5, True]
    whole = {
        "body": "W10=",
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": {"task": "frappe_celery.run_job", "id": f"fuzz-{chance.random()}"},
        "properties": {"body_encoding": "base64", "delivery_info": {"routing_key": "default"}},
    }
    for name in chance.sample(sorted(whole), chance.randrange(3)):
        whole[name] = chance.choice(odd)
    for name in ("headers", "properties"):
        part = whole[name]
        if isinstance(part, dict) and part and chance.random() < 0.7:
            part = whole[name] = dict(part)
            part[chance.choice(sorted(part))] = chance.choice(odd)
    return json.dumps(whole).encode()


def altered(sealed: bytes, chance: random.Random) -> bytes:
    """A signed message, changed, cut, doubled, or signed by another."""
    place = chance.randrange(len(sealed))
    changed = bytes([sealed[place] ^ (1 << chance.randrange(8))])
    return chance.choice(
        [
            sealed[:place] + changed + sealed[place + 1 :],
            sealed[:place],
            sealed + sealed,
            sealed[:place] + chance.randbytes(5) + sealed[place:],
            mine().seal(Signer(b"o" * 32)),
            b"",
        ]
    )


def put(store: JobStore, element: bytes) -> None:
    store.client.lpush(store.keys.queue("default"), element)
    store.client.lpush(store.keys.bell_of("default"), "1")


def with_message(store: JobStore, own: JobMessage, sealed: bytes) -> None:
    """A run whose record holds a message that is not its own."""
    store.enqueue(own, front=-1)
    store.client.hset(store.keys.record(own.run), "message", sealed)
    put(store, own.run.encode())


def with_fields(store: JobStore, chance: random.Random) -> None:
    """A record some of whose fields are anything."""
    own = mine(kwargs={"text": "altered record"})
    store.enqueue(own, front=-1)
    for name in chance.sample(FIELDS, chance.randrange(1, 4)):
        store.client.hset(store.keys.record(own.run), name, chance.randbytes(12))
    put(store, own.run.encode())


def test_whatever_lies_in_queues_and_records_the_worker_lives_and_runs_none_of_it(
    fuzzed: Project,
) -> None:
    chance = random.Random(SEED)
    print(f"SURVIVE_SEED={SEED}")
    bad = {"text": "run by a message that nobody signed"}
    with inside(fuzzed) as store:
        victims = []
        for _ in range(ROUNDS):
            put(store, garbage(chance))
            put(store, celery_like(chance))
            own, other = mine(kwargs=bad), mine(kwargs=bad)
            with_message(store, own, altered(own.seal(store.signer), chance))
            victims.append(own.run)
            replayed = mine(kwargs=bad)  # signed by the bench, but another run's
            with_message(store, replayed, other.seal(store.signer))
            victims.append(replayed.run)
        assert ended(enqueue("myapp.core.record", text="last")).status == JobStatus.FINISHED
        wait_until(lambda: not any(waiting(store)), what="nothing waits")
        wait_until(lambda: not any(held(store)), what="nothing is held")
        assert fuzzed.effects() == ["last"]
        assert fuzzed.processes[0].popen.poll() is None
        runs = [store.fetch_run(run) for run in victims]
        assert {run.status for run in runs} == {JobStatus.FAILED}
        assert all(str(run.exc_info).startswith("Refused: ") for run in runs)
        refused = {entry["run"] for entry in store.refused(1000)}
        assert set(victims) <= refused
        assert "unhandled" not in fuzzed.processes[0].output().lower()


def test_records_of_which_any_field_is_anything_stop_no_worker(fuzzed: Project) -> None:
    """What is acted on is the signed message alone; the worker and its upkeep go on."""
    chance = random.Random(SEED)
    print(f"SURVIVE_SEED={SEED}")
    with inside(fuzzed) as store:
        for _ in range(ROUNDS):
            with_fields(store, chance)
        assert ended(enqueue("myapp.core.record", text="the very last")).status == "finished"
        until = time.monotonic() + 2.5  # its reaper and the others of its steps have their turns
        wait_until(lambda: time.monotonic() > until)
        assert ended(enqueue("myapp.core.record", text="after all")).status == "finished"
        assert fuzzed.processes[0].popen.poll() is None
        assert set(fuzzed.effects()) <= {"last", "the very last", "after all", "altered record"}


def test_a_key_of_another_type_under_our_name_keeps_only_its_own_queue_from_being_served(
    fuzzed: Project,
) -> None:
    with inside(fuzzed) as store:
        (process, *_) = fuzzed.processes
        store.client.set(store.keys.queue("short"), "no list")
        assert ended(enqueue("myapp.core.record", text="default")).status == JobStatus.FINISHED
        (consumer, *_) = [
            name.decode()
            for name in store.client.zrange(store.keys.consumers, 0, -1)
            if name.count(b":") == 3
        ]
        wait_until(lambda: not held(store), what="nothing is held")
        store.client.set(store.keys.in_flight(consumer), "no hash")
        lost = enqueue("myapp.core.record", text="lost")
        process.wait_for("no job can be fetched: ")
        store.client.delete(store.keys.in_flight(consumer), store.keys.queue("short"))
        assert ended(enqueue("myapp.core.record", queue="short")).status == JobStatus.FINISHED
        sweep(store, old=0, lease=1)
        assert ended(lost).status == JobStatus.FINISHED
        assert process.popen.poll() is None
