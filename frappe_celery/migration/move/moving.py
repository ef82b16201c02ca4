"""Goes through the bench's queues, and moves what can be moved."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timezone
from typing import Any

from redis.connection import parse_url

from frappe_celery.config.settings import Settings
from frappe_celery.config.urls import without_password
from frappe_celery.errors import ConfigError, NoSuchJob, Refused
from frappe_celery.jobs import Job, JobStatus, JobStore, codec, record
from frappe_celery.jobs.connection import naming_the_server
from frappe_celery.jobs.message import JobMessage
from frappe_celery.migration.move import rq_format, to_rq
from frappe_celery.migration.move.from_rq import NeedsAYes, Stays, message_of
from frappe_celery.migration.move.rq_format import RqJob, RqQueue

TRIES = 10
"""How often a job is read again that changed between reading it and moving it."""
FAR = 2**31 - 1
"""Seconds since the epoch: in RQ for ever."""


@dataclass(frozen=True)
class Stayed:
    """A job that was not moved."""

    queue: str
    job_id: str
    reason: str
    needs_a_yes: bool


@dataclass
class Report:
    """What became of the jobs of the system that is left."""

    waiting: Counter[str] = field(default_factory=Counter)
    """Moved, by queue."""
    failed: Counter[str] = field(default_factory=Counter)
    stayed: list[Stayed] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    """What is not moved, by what it is: running, delayed, waiting for another job."""


class Mover:
    """Moves the jobs of some queues, of one site or of all.

    Args:
        rq_name: RQ's name of one of the bench's queues.
        trusted: RQ's pickles may be read by running what they name.

    Raises:
        ConfigError: RQ's jobs and ours do not lie in one database of one Redis.
        BrokerUnreachable: what was moved is moved; the rest can be moved by calling it again.
    """

    def __init__(
        self,
        store: JobStore,
        rq_name: Callable[[str], str],
        queues: Sequence[str],
        site: str | None = None,
        trusted: bool = False,
    ) -> None:
        _refuse_two_servers(store.settings)
        self.store = store
        self.queues = [RqQueue(name, rq_name(name)) for name in queues]
        self.site = site
        self.trusted = trusted
        self.report = Report()

    # -- from RQ

    def to_celery(self) -> Report:
        """Everything of RQ's that can come over."""
        for queue in self.queues:
            ids = [each.decode() for each in self._ask("lrange", queue.waiting, 0, -1)]
            others_wait = self.store.queue_length(queue.own) > 0
            for job_id in reversed(ids) if others_wait else ids:
                self._bring(queue, job_id, queue.waiting, front=others_wait)
            for each, until in self._ask("zrange", queue.failed, 0, -1, withscores=True):
                self._bring(queue, each.decode(), queue.failed, kept_until=until)
            for key, words in queue.kept_by_rq().items():
                self.report.others[words] += self._ask("zcard", key)
        return self.report

    def _bring(
        self,
        queue: RqQueue,
        job_id: str,
        place: str,
        front: bool = False,
        kept_until: float | None = None,
    ) -> None:
        with self._staying(queue, job_id):
            for _ in range(TRIES):
                job = rq_format.read(self.store.client, self.store.url, job_id)
                if job is None:
                    raise Stays("RQ has lost its record")
                message = message_of(job, queue.own, self.store.settings, self.trusted)
                if self.site not in (None, message.site):
                    return
                sealed = message.seal(self.store.signer)
                ended: tuple[Any, ...] = ()
                if kept_until is not None:
                    ended = _as_failed(job, kept_until)
                asked = _asked(message, -1 if ended else int(front))
                outcome = self._move_in(job, message, place, sealed, asked, ended)
                if outcome != b"changed":
                    break
            if outcome == b"changed":
                raise Stays("it changes again and again")
            if outcome == b"moved":
                (self.report.failed if ended else self.report.waiting)[queue.own] += 1
                if self.store.outbox is not None and not ended:
                    self.store.outbox.carry(message.run, queue.own, sealed, front)

    def _move_in(
        self,
        job: RqJob,
        message: JobMessage,
        place: str,
        sealed: bytes,
        asked: str,
        ended: tuple[Any, ...],
    ) -> bytes:
        keys, of_site = self.store.keys, record.place_of(message)
        outcome: bytes = self.store.run_script(
            "move_in",
            (
                keys.record(message.run),
                keys.index(of_site, JobStatus.QUEUED.value),
                keys.queue(message.queue),
                rq_format.job_key(job.id),
                place,
            ),
            *(keys.prefix, message.run, of_site, message.enqueued_at, message.queue, message.id),
            *(record.about(message), sealed, asked),
            *(job.id, job.digest, rq_format.results_key(job.id)),
            *ended,
        )
        return outcome

    # -- to RQ

    def to_rq(self) -> Report:
        """Everything of ours that can go back."""
        for queue in self.queues:
            waiting = list(self._waiting(queue.own))
            others_wait = self._ask("llen", queue.waiting) > 0
            for job in reversed(waiting) if others_wait else waiting:
                self._give(queue, job, "first" if others_wait else "last")
            for job in reversed(self._all(queue.own, JobStatus.FAILED)):
                self._give(queue, job, "last")
            counts = self.store.counts(site=self.site, queue=queue.own)
            self.report.others["running"] += counts[JobStatus.STARTED]
            self.report.others["delayed"] += counts[JobStatus.SCHEDULED]
        return self.report

    def _waiting(self, queue: str) -> Iterator[Job]:
        """The next one first, as far as is known: RabbitMQ keeps its own order."""
        if self.store.outbox is not None:
            yield from reversed(self._all(queue, JobStatus.QUEUED))
            return
        runs = [run.decode() for run in self._ask("lrange", self.store.keys.queue(queue), 0, -1)]
        for job in self.store.read(runs[::-1]):
            if job is not None and self.site in (None, job.site):
                yield job

    def _all(self, queue: str, status: JobStatus) -> list[Job]:
        """The newest first."""
        number = self.store.counts(site=self.site, queue=queue)[status]
        found = self.store.page(site=self.site, queue=queue, statuses=[status], length=number or 1)
        return [job for job in found if job.status == status]

    def _give(self, queue: RqQueue, job: Job, end: str) -> None:
        failed = job.status == JobStatus.FAILED
        with self._staying(queue, job.id):
            sealed = self.store.message_of(job.run_id)
            message = JobMessage.open(self.store.signer, sealed, job.run_id)
            fields = to_rq.fields_of(message, queue, self.store.settings, failed)
            forgotten, raised = "", b""
            if failed:
                fields |= _times(job)
                raised = rq_format.packed_exc_string(job.exc_info or "")
                left = int(self._ask("ttl", self.store.keys.record(job.run_id)))
                forgotten = str(int(time.time()) + left if left >= 0 else FAR)
            outcome: bytes = self.store.run_script(
                "move_out",
                (
                    self.store.keys.record(job.run_id),
                    rq_format.job_key(job.id),
                    queue.waiting,
                    queue.failed,
                    queue.finished,
                    rq_format.results_key(job.id),
                ),
                *(self.store.keys.prefix, job.run_id, job.status.value, sealed, job.id),
                *(queue.waiting, end, forgotten, raised),
                *(part for pair in fields.items() for part in pair),
            )
            if outcome == b"occupied":
                raise Stays("RQ has a job with this id")
            if outcome == b"moved":
                (self.report.failed if failed else self.report.waiting)[queue.own] += 1

    # -- both

    @contextmanager
    def _staying(self, queue: RqQueue, job_id: str) -> Iterator[None]:
        try:
            yield
        except NoSuchJob:
            return  # a worker was faster
        except (Stays, Refused) as exc:
            self.report.stayed.append(
                Stayed(queue.own, job_id, str(exc), isinstance(exc, NeedsAYes))
            )

    def _ask(self, command: str, *args: Any, **options: Any) -> Any:
        with naming_the_server(self.store.url):
            return getattr(self.store.client, command)(*args, **options)


def _asked(message: JobMessage, front: int) -> str:
    """What `enqueue.lua` is asked besides; every moved job can be found by its id."""
    asked = {
        "own_id": True,
        "front": front or None,
        "result_ttl": message.result_ttl,
        "failure_ttl": message.failure_ttl,
    }
    return codec.dumps({name: str(value) for name, value in asked.items() if value is not None})


def _as_failed(job: RqJob, kept_until: float) -> tuple[Any, ...]:
    """The arguments of `finish.lua` from the time on; RQ keeps it until then."""
    keep = max(int(kept_until - time.time()), 1)
    ended_at = job.time("ended_at") or time.time()
    ended = (ended_at, "", JobStatus.FAILED.value, keep, 0, "failure_ttl", "")
    return *ended, *record.reason(job.exc_string)


def _times(job: Job) -> dict[str, str]:
    """Those of a job of ours that has run, as RQ writes them."""
    times = {"started_at": job.started_at, "ended_at": job.ended_at}
    return {
        name: rq_format.written(at.replace(tzinfo=timezone.utc).timestamp()) if at else ""
        for name, at in times.items()
    }


def _refuse_two_servers(config: Settings) -> None:
    ours, rqs = config.store_url, config.queue_url
    if rqs is None:
        raise ConfigError(
            "redis_queue is not set in sites/common_site_config.json: there is no RQ to move from"
        )
    if _database(ours) != _database(rqs):
        raise ConfigError(
            f"jobs are moved within one database of one Redis, but broker_url is"
            f" {without_password(ours)} and redis_queue {without_password(rqs)}: run out what waits"
            " with a worker of the system that it waits in"
        )


def _database(url: str) -> Any:
    if not url.startswith(("redis://", "rediss://", "unix://")):
        return url
    parts = parse_url(url)  # type: ignore[no-untyped-call]  # redis-py's
    place = parts.get("path") or (parts.get("host", "localhost"), parts.get("port", 6379))
    return place, int(parts.get("db", 0))
