"""The workers' records: who they are, what they do, how many jobs they ran."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

from frappe_celery.jobs.connection import naming_the_server
from frappe_celery.jobs.keys import Keys

EXPIRE_SECONDS = 30


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
    successful: int = 0
    failed: int = 0
    total_working_time: float = 0.0
    """Seconds."""


class Workers:
    """The records of one bench's workers; one expires when its worker gives no sign of life."""

    def __init__(self, client: Any, keys: Keys, url: str) -> None:
        self.client, self.keys, self.url = client, keys, url

    def write(self, worker: WorkerInfo) -> None:
        """Write a worker's record; its counts are the store's and stay."""
        values = asdict(worker)
        for count in ("successful", "failed", "total_working_time"):
            del values[count]
        values |= {"queues": ",".join(worker.queues), "current_job": worker.current_job or ""}
        key = self.keys.worker(worker.name)
        with naming_the_server(self.url):
            pipe = self.client.pipeline()
            pipe.hset(key, mapping=values)
            pipe.expire(key, EXPIRE_SECONDS)
            pipe.zremrangebyscore(self.keys.workers, "-inf", time.time() - EXPIRE_SECONDS)
            pipe.zadd(self.keys.workers, {worker.name: time.time()})
            pipe.execute()

    def remove(self, name: str) -> None:
        """The worker has left."""
        with naming_the_server(self.url):
            self.client.delete(self.keys.worker(name))
            self.client.zrem(self.keys.workers, name)

    def all(self) -> list[WorkerInfo]:
        """Every living worker, by name."""
        with naming_the_server(self.url):
            living = (self.keys.workers, time.time() - EXPIRE_SECONDS, "+inf")
            names = sorted(name.decode() for name in self.client.zrangebyscore(*living))
            pipe = self.client.pipeline(transaction=False)
            for name in names:
                pipe.hgetall(self.keys.worker(name))
            records = pipe.execute()
        return [_info(record) for record in records if b"pid" in record]


def _info(record: dict[bytes, bytes]) -> WorkerInfo:
    text = {key.decode(): value.decode() for key, value in record.items()}
    return WorkerInfo(
        name=text["name"],
        hostname=text["hostname"],
        pid=int(text["pid"]),
        queues=tuple(text["queues"].split(",")),
        processes=int(text["processes"]),
        state=text["state"],
        current_job=text["current_job"] or None,
        birth=float(text["birth"]),
        last_heartbeat=float(text["last_heartbeat"]),
        successful=int(text.get("successful", 0)),
        failed=int(text.get("failed", 0)),
        total_working_time=int(text.get("worked_microseconds", 0)) / 1e6,
    )
