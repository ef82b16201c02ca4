"""The workers' records: who they are, what they do, how many jobs they ran."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, astuple, dataclass, field, fields, replace
from itertools import starmap
from typing import Any

from frappe_celery.jobs import clocks
from frappe_celery.jobs.redis_keys import Keys

EXPIRE_SECONDS = 30
DEAD_AFTER_SECONDS = 10.0
"""A process that gave no sign of life for this long is dead; they give one every 3 s."""
EXCHANGE_SECONDS = 86400
EXCHANGING_SECONDS = 120
"""After so long a worker that was to come has died, or says how it ended."""


def process_name() -> str:
    """How records name this process: host and process id."""
    return f"{socket.gethostname()}.{os.getpid()}"


@dataclass(frozen=True)
class ProcessInfo:
    """One process of a worker that takes its jobs itself; what it ran until now."""

    pid: int
    birth: float
    successful: int
    failed: int
    total_working_time: float


@dataclass(frozen=True)
class WorkerInfo:
    """One Celery worker. Times are seconds since the epoch."""

    name: str
    """Celery's node name."""
    hostname: str
    pid: int
    queues: tuple[str, ...]
    processes: int
    state: str
    """`busy` or `idle`, RQ's words."""
    current_job: str | None
    """Run id of a job that it runs now."""
    birth: float
    last_heartbeat: float
    consumer: str = ""
    """The name under which its processes hold runs."""
    job_processes: tuple[ProcessInfo, ...] = ()
    """Empty where threads or the worker itself run the jobs."""
    successful: int = 0
    failed: int = 0
    total_working_time: float = 0.0
    """Seconds."""
    cannot_import: dict[str, str] | None = None
    """What of its code does not import, and why; None: not known yet, or it is not supervised."""
    memory: dict[str, int] = field(default_factory=dict)
    """Bytes that it and each of its processes have in memory, by pid; {}: its system does not say.

    What processes share counts in each.
    """

    outdated: tuple[str, ...] = ()
    """Options that were changed since it began, and say something else to one that begins now."""
    keys: str = ""
    """`Signer.fingerprint` of those that it accepts; '': of a version that does not say."""

    def of_process(self, process: ProcessInfo, run: str | None) -> WorkerInfo:
        """What one of its processes does, in the shape of a worker with one process."""
        return replace(
            self,
            **asdict(process),
            name=f"{self.name}:{process.pid}",
            processes=1,
            state="busy" if run else "idle",
            current_job=run,
            job_processes=(),
        )


def tag(consumer: str, pid: int, number: int) -> str:
    """What a worker's process holds a run under."""
    return f"{consumer}:{pid}-{number}"


class Workers:
    """The records of one bench's workers; one expires when its worker gives no sign of life."""

    def __init__(self, client: Any, keys: Keys) -> None:
        self.client, self.keys = client, keys

    def write(self, worker: WorkerInfo) -> None:
        """Keep a worker's record, which expires unless it is written again."""
        values = asdict(worker) | {
            "queues": ",".join(worker.queues),
            "outdated": ",".join(worker.outdated),
            "current_job": worker.current_job or "",
            "job_processes": json.dumps([astuple(process) for process in worker.job_processes]),
            "cannot_import": json.dumps(worker.cannot_import),
            "memory": json.dumps(worker.memory),
            "keeps_attempts": 1,  # older ones leave them in the indexes
        }
        key, now = self.keys.worker(worker.name), clocks.server_time(self.client)
        clocks.compare(self.client, self.keys, now)
        pipe = self.client.pipeline()
        pipe.hset(key, mapping=values)
        pipe.expire(key, EXPIRE_SECONDS)
        pipe.zremrangebyscore(self.keys.workers, "-inf", now - EXPIRE_SECONDS)
        pipe.zadd(self.keys.workers, {worker.name: now})
        pipe.execute()

    def remove(self, name: str) -> None:
        """Take out the record of a worker that has left."""
        self.client.delete(self.keys.worker(name))
        self.client.zrem(self.keys.workers, name)

    def begin_exchange(self, name: str) -> None:
        """Keep that one which is to take its place is starting, and not how the last one ended."""
        if self.exchange(name):
            self.note_exchange(name, None)
        since = f"{self.keys.exchange(name)}:since"
        self.client.set(since, time.time(), ex=EXCHANGING_SECONDS)

    def exchanging_since(self, name: str) -> float | None:
        """Since when that one is starting, in seconds since the epoch; None: none is, as far as is
        known."""
        kept = self.client.get(f"{self.keys.exchange(name)}:since")
        return float(kept) if kept else None

    def note_exchange(self, name: str, cannot_import: dict[str, str] | None) -> None:
        """Keep what `exchange` says of a worker; None: nothing."""
        key = self.keys.exchange(name)
        self.client.delete(f"{key}:since")
        if cannot_import is None:
            self.client.delete(key)
        else:
            self.client.set(key, json.dumps(cannot_import), ex=EXCHANGE_SECONDS)

    def exchange(self, name: str) -> dict[str, str] | None:
        """Why a worker was not exchanged: what the one that was to come cannot import, by module.

        {}: that is to come whatever fails. None: it was exchanged, or never asked to be.
        """
        kept = self.client.get(self.keys.exchange(name))
        found: dict[str, str] | None = json.loads(kept) if kept else None
        return found

    def all(self) -> list[WorkerInfo]:
        living = (self.keys.workers, clocks.server_time(self.client) - EXPIRE_SECONDS, "+inf")
        names = sorted(name.decode() for name in self.client.zrangebyscore(*living))
        records = self.client.each("hgetall", map(self.keys.worker, names))
        return [_info(record) for record in records if b"pid" in record]

    def served(self) -> set[str]:
        """The queues from which a living worker takes jobs."""
        return {queue for worker in self.all() for queue in worker.queues}

    def unaware_of(self, keys: str) -> list[str]:
        """Those that have not said that they accept these keys alone; of one that lives without a
        record, as one that runs a job itself for long, the process."""
        workers, since = self.all(), clocks.server_time(self.client) - DEAD_AFTER_SECONDS
        living = self.client.zrangebyscore(self.keys.consumers, since, "+inf")
        silent = {name.decode() for name in living if name.endswith(b":jobs")}
        silent -= {worker.consumer for worker in workers}
        return [*sorted(silent), *(worker.name for worker in workers if worker.keys != keys)]

    def by_process(self) -> list[WorkerInfo]:
        """One for each process that runs jobs, with the run that it has, as each of RQ's is one."""
        return [one for _, processes in self.with_processes() for one in processes]

    def with_processes(self) -> list[tuple[WorkerInfo, list[WorkerInfo]]]:
        """The same, by worker."""
        workers = self.all()
        consumers = (worker.consumer for worker in workers)
        held = self.client.each("hgetall", map(self.keys.in_flight, consumers))
        return [(one, list(_processes(one, its))) for one, its in zip(workers, held, strict=True)]


_READ: dict[str, Callable[[str], Any]] = {
    "queues": lambda text: tuple(text.split(",")),
    "outdated": lambda text: tuple(filter(None, text.split(","))),
    "current_job": lambda text: text or None,
    "job_processes": lambda text: tuple(starmap(ProcessInfo, json.loads(text))),
    **dict.fromkeys(("cannot_import", "memory"), json.loads),
    **dict.fromkeys(("pid", "processes", "successful", "failed"), int),
    **dict.fromkeys(("birth", "last_heartbeat", "total_working_time"), float),
}
"""How the fields of a record are read that are no texts."""


def _info(record: dict[bytes, bytes]) -> WorkerInfo:
    texts = {key.decode(): value.decode() for key, value in record.items()}
    known = [each.name for each in fields(WorkerInfo) if each.name in texts]
    return WorkerInfo(**{name: _READ.get(name, str)(texts[name]) for name in known})


def _processes(worker: WorkerInfo, held: dict[bytes, bytes]) -> Iterator[WorkerInfo]:
    if not worker.job_processes:
        yield worker
    pids = (tag.decode().rpartition(":")[2].partition("-")[0] for tag in held)
    runs = dict(zip(pids, (run.decode().rpartition("\n")[2] for run in held.values()), strict=True))
    for process in worker.job_processes:
        yield worker.of_process(process, runs.get(str(process.pid)))


def why_it_stays(failures: dict[str, str]) -> str:
    """What `Workers.exchange` tells of a worker, as a sentence without its end."""
    if "" in failures:
        return failures[""]
    each = (f"{module} cannot be imported: {error}" for module, error in failures.items())
    return "of the new code " + "; ".join(each)
