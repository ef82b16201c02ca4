"""Job stores for tests, a worker's steps one by one, and what must hold of the keys in Redis."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from redis import Redis

from frappe_celery.brokers.taker import Ended, Taker
from frappe_celery.config.settings import Settings
from frappe_celery.jobs import Job, JobStore
from frappe_celery.jobs.message import JobMessage

SITE = "site1"


def make_store(root: Path, url: str, bench_id: str, **options: str) -> JobStore:
    """A bench's store; options as `FRAPPE_CELERY_<OPTION>` has them."""
    environ = {"redis_queue": url, "bench_id": bench_id, "key": "k" * 32, **options}
    environ = {f"FRAPPE_CELERY_{key.upper()}": value for key, value in environ.items()}
    return JobStore(Settings.load(root, environ))


def wipe(store: JobStore) -> None:
    for key in store.client.scan_iter(match=f"{store.keys.prefix}*", count=1000):
        store.client.delete(key)


def keys(store: JobStore) -> list[str]:
    """Every key of the bench but the counts of each minute, the history and the queues' bells,
    without its prefix."""
    found = store.client.scan_iter(match=f"{store.keys.prefix}*", count=1000)
    names = sorted(key.decode().removeprefix(store.keys.prefix) for key in found)
    return [n for n in names if not n.startswith(("ended:", "history:", "bell:", "swept"))]


def message(job_id: str | None = None, **fields: Any) -> JobMessage:
    """A job's message; a run of its own each time."""
    run = uuid.uuid4().hex
    values = {
        **{"run": run, "id": f"{SITE}::{job_id or run}", "site": SITE, "user": "someone"},
        **{"method": "myapp.tasks.record", "queue": "default", "timeout": 300},
        **{"name": "myapp.tasks.record", "enqueued_at": time.time()},
    }
    return JobMessage(**{**values, **fields})


def enqueue(store: JobStore, job_id: str | None = None, **given: Any) -> Job | None:
    """Enqueue a job; `given` are fields of its message and options of the store's enqueue."""
    names = ("deduplicate", "front", "at_most", "claim", "at", "transaction")
    options = {name: given.pop(name) for name in names if name in given}
    return store.enqueue(message(job_id, **given), **options)


def queued(store: JobStore, job_id: str | None = None, **given: Any) -> Job:
    """The same where nothing is in the way."""
    job = enqueue(store, job_id, **given)
    assert job is not None
    return job


def take(store: JobStore, *queues: str, consumer: str = "consumer") -> str | None:
    """The next run of `queues`, claimed by a process as it takes it; None: there is none."""
    store.run_script("alive", (store.keys.consumers,), consumer)
    taken = Taker(store, consumer, "w1@host").take(
        uuid.uuid4().hex, queues or ("default",), Ended()
    )
    return taken.run if taken else None


def let_go(store: JobStore, run: str) -> None:
    """The process that had it is gone."""
    for key in store.client.keys(f"{store.keys.prefix}inflight:*"):
        for tag, held in store.client.hgetall(key).items():
            if held.decode().endswith(f"\n{run}"):
                store.client.hdel(key, tag)


def take_all(store: JobStore, *queues: str) -> list[str]:
    return list(iter(lambda: take(store, *queues), None))


def started(store: JobStore, *queues: str, consumer: str = "consumer") -> str:
    """The same where there is one."""
    run = take(store, *queues, consumer=consumer)
    assert run is not None
    return run


def waiting(store: JobStore, queue: str = "default", site: str | None = None) -> list[str]:
    """Runs in a queue, of a site or of one site after the other, the next one first."""
    if site is None:
        return [run for line in store.standing(queue) for run in line]
    line = store.waiting_list(site, queue)
    return [run.decode() for run in store.client.lrange(line, 0, -1)][::-1]


def broken(store: JobStore) -> list[str]:
    """What does not agree in Redis, though workers may be at work; empty when all does."""
    return list(_contradictions(store.client, store.keys.prefix))


_AT_ONE_MOMENT = """
-- ARGV: a bench's prefix. Returns name, time to live and contents of each record, index, turns and
-- worker's hands, and names of lines.
local found = {}
for _, key in ipairs(redis.call('KEYS', ARGV[1] .. '*')) do
  local name = string.sub(key, #ARGV[1] + 1)
  local contents
  if string.find(name, '^job:[^/]*$') then  -- none of a batch's lines
    contents = redis.call('HGETALL', key)
  elseif string.find(name, '^jobs:') or string.find(name, '^id:')
    or string.find(name, '^attempts:') or string.find(name, '^turns:') then
    contents = redis.call('ZRANGE', key, 0, -1)
  elseif string.find(name, '^line:') then
    contents = {}
  elseif string.find(name, '^inflight:.*:jobs$') then
    contents = redis.call('HVALS', key)
  end
  if contents then table.insert(found, {name, redis.call('TTL', key), contents}) end
end
return found
"""


def _contradictions(client: Redis, prefix: str) -> Iterator[str]:
    indexed: dict[str, list[str]] = {}
    records: dict[str, tuple[int, dict[str, str]]] = {}
    ids: dict[str, tuple[int, list[str]]] = {}
    attempts: dict[str, tuple[int, list[str]]] = {}
    turns, lines, held, lately = set[str](), set[str](), {}, set[str]()
    for key, seconds, contents in client.eval(_AT_ONE_MOMENT, 0, prefix):
        kind, _, rest = key.decode().partition(":")
        words = [word.decode() for word in contents]
        if kind == "job":
            records[rest] = seconds, dict(zip(words[::2], words[1::2], strict=True))
        elif kind == "attempts":
            attempts[rest] = seconds, words
        elif key.endswith(b"|attempt"):
            lately |= {*words}
        elif kind == "id":
            ids[rest] = seconds, words
        elif kind == "turns":
            turns |= {f"{site}|{rest}" for site in words if site}
        elif kind == "line":
            lines.add(rest)
        elif kind == "inflight":
            held.update((word.rpartition("\n")[2], rest) for word in words)
        else:
            for run in words:
                indexed.setdefault(run, []).append(key.decode())
    tried = {run: first for first, (_, runs) in attempts.items() for run in runs}
    for run, (seconds, record) in records.items():
        if "following" in record and record["status"] != "started":
            if run in indexed or tried.pop(run, "") != record.get("first_run", run):
                yield f"run {run} was followed, and stands in {indexed.get(run)} or in no attempts"
            if seconds != attempts[record.get("first_run", run)][0] or "message" in record:
                yield f"attempt {run} has a time to live of {seconds}, or its message"
            continue
        place = f"jobs:{record['place']}|{record['status']}"
        found = indexed.pop(run, [])
        if found != [place]:
            yield f"run {run} is {record['status']} and stands in {found}, not in {place}"
        active = record["status"] in ("queued", "started", "scheduled", "deferred")
        kept = active or "keep" in record  # dependants need it
        if (seconds == -1) != kept:
            yield f"run {run} is {record['status']} with a time to live of {seconds}"
        if run in held and record["status"] == "finished":  # which lets go of it in the same step
            yield f"run {run} is finished and {held[run]} holds it"
        until, runs = ids.get(record["id"], (-1, []))
        if active and run in runs and until != -1:
            yield f"id:{record['id']} expires while {run} is {record['status']}"
    for run, first in tried.items():
        yield f"the attempt {run} of {first} has no record"
    if turns != lines:
        yield f"{turns - lines} have turns and nothing waits there, {lines - turns} have none"
    for run, places in indexed.items():
        if any(not p.endswith(("|finished", "|failed", "|stopped", "|canceled")) for p in places):
            yield f"{places} name the run {run}, which has no record"


def lead(store: JobStore, lag: float = 0, ago: float = 0) -> None:
    """A scheduler leads, that was late by `lag` seconds when it said so `ago` seconds ago."""
    prefix = f"{store.keys.prefix}beat:"
    store.client.set(f"{prefix}lease", 1, px=10_000)
    store.client.set(f"{prefix}leader", "host.1")
    sign = {"at": time.time() - ago, "name": "host.1", "lag": lag, "entries": 1}
    store.client.hset(f"{prefix}pulse", mapping=sign)
