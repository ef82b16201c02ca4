"""Jobs that wait in the system that was just switched away from, and how they come over."""

from __future__ import annotations

from frappe_celery.config import settings
from frappe_celery.config.settings import Settings
from frappe_celery.hosts.bench.names import rq_name
from frappe_celery.jobs import JobStatus, get_store
from frappe_celery.jobs.connection import connect, naming_the_server
from frappe_celery.watch.doctor.installation import InRq

COME_OVER = "RQ's workers run them until they are stopped; then: frappe-celery move"
TAKE_OVER = "Take them over once the processes are restarted: frappe-celery move --to rq"
NAMED = 20
"""How many jobs of a queue are named."""


def in_rq(config: Settings) -> list[str]:
    """What still waits in RQ, as lines for a person."""
    url = config.queue_url or config.store_url
    waiting = {}
    with naming_the_server(url):
        for queue in config.queues:
            key = f"rq:queue:{rq_name(queue)}"
            waiting[queue] = [job_id.decode() for job_id in connect(url).lrange(key, 0, -1)]
    return _lines("RQ", waiting, COME_OVER)


def by_queue() -> list[InRq]:
    """The queues in which something waits in RQ, and whether RQ's workers serve them."""
    config = settings.current()
    names = {queue: rq_name(queue) for queue in config.queues}
    url = config.queue_url or config.store_url
    with naming_the_server(url):
        pipe = connect(url).pipeline(transaction=False)
        for name in names.values():
            pipe.llen(f"rq:queue:{name}")
            pipe.smembers(f"rq:workers:{name}")
        answers = pipe.execute()
        found = [
            InRq(queue, waiting, bool(workers) and connect(url).exists(*workers) > 0)
            for queue, waiting, workers in zip(names, answers[::2], answers[1::2], strict=True)
        ]
    return [queue for queue in found if queue.waiting]


_rq_was_empty = False


def rq_is_empty() -> bool:
    """Whether RQ has none of this bench's jobs waiting or running.

    Once it is, it stays so: what is enqueued from a bench that is switched on goes to Celery.
    """
    global _rq_was_empty
    if not _rq_was_empty:
        config = settings.current()
        url = config.queue_url or config.store_url
        with naming_the_server(url):
            pipe = connect(url).pipeline(transaction=False)
            for name in map(rq_name, config.queues):
                pipe.llen(f"rq:queue:{name}")
                pipe.zcard(f"rq:wip:{name}")
            _rq_was_empty = not any(pipe.execute())
    return _rq_was_empty


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
    store = get_store()
    number = store.counts(queue=queue)[status]
    jobs = store.page(queue=queue, statuses=[status], length=number or 1)
    return [job.id for job in reversed(jobs)]


def _lines(system: str, waiting: dict[str, list[str]], what: str) -> list[str]:
    lines = [f"  {queue}: {_named(ids)}" for queue, ids in waiting.items() if ids]
    if not lines:
        return [f"No job waits in {system}'s queues."]
    return [f"Jobs still wait in {system}:", *lines, what]


def _named(ids: list[str]) -> str:
    more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
    return f"{len(ids)} ({', '.join(ids[:NAMED])}{more})"
