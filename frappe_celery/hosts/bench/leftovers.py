"""What is in the system that was just switched away from, and how what waits comes over."""

from __future__ import annotations

import math
import time
from datetime import datetime
from typing import Any

from frappe_celery.config import settings
from frappe_celery.hosts.bench.rq_names import own_name, rq_name
from frappe_celery.jobs import JobStatus, get_store
from frappe_celery.jobs.batches.batch_state import open_ones
from frappe_celery.jobs.connection import connect
from frappe_celery.watch.doctor.installation import LeftInRq
from frappe_celery.watch.words import some_of

COME_OVER = "RQ's workers run them until they are stopped; then: frappe-celery switch move"
TAKE_OVER = "Take them over once the processes are restarted: frappe-celery switch move --to rq"
LOOKED_AT = 2_000
"""Failed jobs of a queue that are looked at."""


def in_rq() -> list[str]:
    """What still waits in RQ, as lines for a person."""
    found = _in_each_of_rqs("queue", "lrange", 0, -1)
    waiting = {queue: [job_id.decode() for job_id in ids] for queue, ids in found.items()}
    return _lines("RQ", waiting, COME_OVER)


def by_queue() -> list[LeftInRq]:
    """The queues in which something waits in RQ, and whether RQ's workers serve them."""
    served = {queue for worker in workers() for queue in worker["queues"]}
    waiting = _in_each_of_rqs("queue", "llen")
    return [LeftInRq(queue, number, queue in served) for queue, number in waiting.items() if number]


def workers() -> list[dict[str, Any]]:
    """RQ's that serve the bench, in the columns in which doctor shows Celery's."""
    keys = sorted(set().union(*_in_each_of_rqs("workers", "smembers").values()))
    records = zip(keys, _rqs().each("hgetall", keys), strict=True)
    return [_shown(key.decode(), record) for key, record in records if b"birth" in record]


def _shown(key: str, record: dict[bytes, bytes]) -> dict[str, Any]:
    about = {name.decode(): value.decode() for name, value in record.items()}
    own = map(own_name, about.get("queues", "").split(","))
    return {
        "name": f"{key.removeprefix('rq:worker:')} (in RQ)",
        "queues": [queue for queue in own if queue],
        "processes": 1,
        "state": about.get("state"),
        "current_job": about.get("current_job"),
        "successful": int(about.get("successful_job_count", 0)),
        "failed": int(about.get("failed_job_count", 0)),
        "up_seconds": round(time.time() - _at(about["birth"])),
    }


def failed_lately(seconds: float) -> list[dict[str, Any]]:
    """Where jobs failed in RQ in the last seconds, as rows: how many, of the newest."""
    since = time.time() - seconds
    found = _in_each_of_rqs("failed", "zrevrange", 0, LOOKED_AT - 1, withscores=True)
    rows = []
    for queue, failed in found.items():
        keys = [f"rq:job:{job_id.decode()}" for job_id, _ in failed]
        told = _rqs().each("hmget", keys, "ended_at", "failure_ttl")
        times = (_failed_at(until, *each) for (_, until), each in zip(failed, told, strict=True))
        if number := sum(at > since for at in times):
            rows.append({"queue": f"{queue} (in RQ)", "failed": number})
    return rows


def _failed_at(kept_until: float, ended_at: bytes | None, kept_for: bytes | None) -> float:
    """RQ notes no end of a job whose worker died, only until when it is kept; 0.0: not known."""
    if ended_at:
        return _at(ended_at.decode())
    return kept_until - float(kept_for) if kept_for and math.isfinite(kept_until) else 0.0


def _at(written: str) -> float:
    """A time of RQ's, in seconds since the epoch."""
    return datetime.fromisoformat(f"{written.removesuffix('Z')}+00:00").timestamp()


_rq_was_empty = False


def rq_is_empty() -> bool:
    """Whether RQ has none of this bench's jobs waiting or running.

    Once it is, it stays so: what is enqueued from a bench that is switched on goes to Celery.
    """
    global _rq_was_empty
    if not _rq_was_empty:
        asked = (("queue", "llen"), ("wip", "zcard"))
        _rq_was_empty = not any(any(_in_each_of_rqs(*one).values()) for one in asked)
    return _rq_was_empty


def _in_each_of_rqs(kind: str, command: str, *rest: Any, **options: Any) -> dict[str, Any]:
    """What RQ's Redis answers for each of the bench's queues, of RQ's keys of a kind."""
    queues = settings.current().queues
    keys = (f"rq:{kind}:{rq_name(queue)}" for queue in queues)
    return dict(zip(queues, _rqs().each(command, keys, *rest, **options), strict=True))


def _rqs() -> Any:
    config = settings.current()
    return connect(config.redis_queue or config.store_url)


def in_celery() -> list[str]:
    """What still waits in Celery, as lines for a person."""
    waiting = {queue: _ids(JobStatus.QUEUED, queue) for queue in settings.current().queues}
    later, deferred = _ids(JobStatus.SCHEDULED), _ids(JobStatus.DEFERRED)
    lines = _lines("Celery", waiting, TAKE_OVER)
    if later:
        lines += [
            f"Jobs in Celery wait for their time: {_named(later)}",
            "Run them out with: frappe-celery worker, until the last one has run",
        ]
    if deferred:
        lines += [f"Jobs in Celery wait for others, which a worker runs: {_named(deferred)}"]
    if batches := open_ones(get_store()):
        lines += [f"Batches in Celery are open, until a worker has run them: {_named(batches)}"]
    return lines


def _ids(status: JobStatus, queue: str | None = None) -> list[str]:
    return [job.id for job in reversed(get_store().all_of(status, queue=queue))]


def _lines(system: str, waiting: dict[str, list[str]], what: str) -> list[str]:
    lines = [f"  {queue}: {_named(ids)}" for queue, ids in waiting.items() if ids]
    if not lines:
        return [f"No job waits in {system}'s queues."]
    return [f"Jobs still wait in {system}:", *lines, what]


def _named(ids: list[str]) -> str:
    return f"{len(ids)} ({some_of(ids)})"
