"""Jobs that wait in the system that was just switched away from, and how they come over."""

from __future__ import annotations

from itertools import chain, islice
from typing import Any

from frappe_celery.config import settings
from frappe_celery.config.settings import Settings
from frappe_celery.hosts.bench.names import rq_name
from frappe_celery.jobs import JobStatus, get_store
from frappe_celery.jobs.connection import connect
from frappe_celery.watch.doctor.installation import InRq

COME_OVER = "RQ's workers run them until they are stopped; then: frappe-celery move"
TAKE_OVER = "Take them over once the processes are restarted: frappe-celery move --to rq"
NAMED = 20
"""How many jobs of a queue are named."""


def in_rq(config: Settings) -> list[str]:
    """What still waits in RQ, as lines for a person."""
    found = _of_each_in_rq(config, ("lrange", "rq:queue:{}", 0, -1))
    waiting = {queue: [job_id.decode() for job_id in ids] for queue, (ids,) in found.items()}
    return _lines("RQ", waiting, COME_OVER)


def by_queue() -> list[InRq]:
    """The queues in which something waits in RQ, and whether RQ's workers serve them."""
    config = settings.current()
    found = _of_each_in_rq(config, ("llen", "rq:queue:{}"), ("smembers", "rq:workers:{}"))
    client = connect(_rqs_url(config))
    return [
        InRq(queue, waiting, bool(workers) and client.exists(*workers) > 0)
        for queue, (waiting, workers) in found.items()
        if waiting
    ]


_rq_was_empty = False


def rq_is_empty() -> bool:
    """Whether RQ has none of this bench's jobs waiting or running.

    Once it is, it stays so: what is enqueued from a bench that is switched on goes to Celery.
    """
    global _rq_was_empty
    if not _rq_was_empty:
        asked = ("llen", "rq:queue:{}"), ("zcard", "rq:wip:{}")
        found = _of_each_in_rq(settings.current(), *asked)
        _rq_was_empty = not any(chain.from_iterable(found.values()))
    return _rq_was_empty


def _of_each_in_rq(config: Settings, *asked: tuple[Any, ...]) -> dict[str, list[Any]]:
    """What RQ's Redis answers, for each queue; `{}` stands for RQ's name of it."""
    pipe = connect(_rqs_url(config)).pipeline(transaction=False)
    for name in map(rq_name, config.queues):
        for command, key, *rest in asked:
            getattr(pipe, command)(key.format(name), *rest)
    answers = iter(pipe.execute())
    return {queue: list(islice(answers, len(asked))) for queue in config.queues}


def _rqs_url(config: Settings) -> str:
    return config.queue_url or config.store_url


def in_celery(config: Settings) -> list[str]:
    """What still waits in Celery, as lines for a person."""
    waiting = {queue: _ids(JobStatus.QUEUED, queue) for queue in config.queues}
    later = _ids(JobStatus.SCHEDULED)
    lines = _lines("Celery", waiting, TAKE_OVER)
    if later:
        lines += [
            f"Jobs in Celery wait for their time: {_named(later)}",
            "Run them out with: frappe-celery worker, until the last one has run",
        ]
    return lines


def _ids(status: JobStatus, queue: str | None = None) -> list[str]:
    return [job.id for job in reversed(get_store().all_of(status, queue=queue))]


def _lines(system: str, waiting: dict[str, list[str]], what: str) -> list[str]:
    lines = [f"  {queue}: {_named(ids)}" for queue, ids in waiting.items() if ids]
    if not lines:
        return [f"No job waits in {system}'s queues."]
    return [f"Jobs still wait in {system}:", *lines, what]


def _named(ids: list[str]) -> str:
    more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
    return f"{len(ids)} ({', '.join(ids[:NAMED])}{more})"
