"""The jobs' records in Redis: one hash a run, sorted sets to find them by, one script a step."""

from __future__ import annotations

import heapq
import json
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from redis.exceptions import RedisError, ResponseError

from frappe_celery import amqp, settings
from frappe_celery.errors import NoSuchJob, QueueOverloaded, Refused
from frappe_celery.jobs import codec, record
from frappe_celery.jobs.claim import Claim, check_claimed
from frappe_celery.jobs.connection import connect, naming_the_server, unreachable
from frappe_celery.jobs.job import ACTIVE, Job, JobStatus
from frappe_celery.jobs.keys import Keys
from frappe_celery.jobs.message import JobMessage
from frappe_celery.jobs.scripts import Scripts
from frappe_celery.jobs.workers import Workers
from frappe_celery.mail.kinds import mailed_as
from frappe_celery.settings import Settings

if TYPE_CHECKING:
    from frappe_celery.amqp.outbox import Outbox

RESULT_PURPOSE = "result"
CLAIMED = "claimed"
EXPIRED_AT_ONCE = 1000
REFUSED_KEPT = 1000


class JobStore:
    """One bench's jobs. Safe to use after a fork; every method may raise BrokerUnreachable."""

    job_class: type[Job] = Job
    """What it hands out; in a bench, Frappe's code expects the shape of RQ's jobs."""

    def __init__(self, config: Settings) -> None:
        self.settings = config
        self.url = config.store_url
        self.client = connect(self.url)
        self._scripts = Scripts(self.client)
        self.keys = Keys(config.prefix)
        self.signer = config.signer
        self.workers = Workers(self.client, self.keys, self.url)
        self.outbox = _outbox(self)

    def run_script(
        self,
        script: str,
        keys: tuple[str, ...],
        *args: Any,
        meanwhile: Callable[[], object] | None = None,
    ) -> Any:
        """One step of the store's (see `scripts`)."""
        try:
            return self._scripts.run(script, keys, *args, meanwhile=meanwhile)
        except RedisError as exc:
            error = unreachable(self.url, exc)
            if error is None:
                raise
            raise error from exc

    # -- enqueueing

    def enqueue(
        self,
        message: JobMessage,
        *,
        own_id: bool = False,
        deduplicate: bool = False,
        front: int = 0,
        at_most: int = 0,
        claim: Claim | None = None,
        at: float | None = None,
    ) -> Job | None:
        """Write the record and push the message in one step.

        Args:
            own_id: the caller gave the job id, so that it can be asked for by it.
            deduplicate: do nothing while a run with this id waits or runs.
            front: 1: before all that wait; more: only when more than that many wait (v17);
                -1: into no queue, since the caller runs it itself.
            at_most: refuse when that many wait already (v17's `max_queued_jobs`); 0: never.
            claim: do nothing when this due time has been acted on.
            at: seconds since the epoch; it is scheduled until then (see `scheduled`); None: now.

        Returns:
            The job; None when a duplicate stands in the way.

        Raises:
            QueueOverloaded: `at_most` jobs wait.
            AlreadyActedOn: another scheduler was first.
            Deposed: the claim's fence is not the leader's.
        """
        keys, place = self.keys, record.place_of(message)
        status = JobStatus.QUEUED if at is None else JobStatus.SCHEDULED
        asked = ""
        ttls = message.result_ttl, message.failure_ttl
        elsewhere = 0
        if self.outbox is not None and at is None and (front > 1 or at_most):
            elsewhere = self.outbox.waiting_if_known(message.queue)
        if own_id or deduplicate or front or at_most or claim or (at, *ttls) != (None, None, None):
            asked = _as_texts(
                own_id=own_id or None,
                deduplicate=deduplicate or None,
                front=front or None,
                most=at_most or None,
                at=at,
                result_ttl=message.result_ttl,
                failure_ttl=message.failure_ttl,
                elsewhere=elsewhere or None,
                **(claim.asked if claim else {}),
            )
        sealed = message.seal(self.signer)
        made: list[Job] = []
        outcome, other = self.run_script(
            "enqueue",
            (keys.record(message.run), keys.index(place, status.value), keys.queue(message.queue)),
            *(keys.prefix, message.run, place, message.enqueued_at, message.queue, message.id),
            *(record.about(message), sealed, asked),
            meanwhile=lambda: made.append(self.job_of(message)),
        )
        if outcome == b"enqueued":
            if self.outbox is not None and at is None and front >= 0:
                first = front == 1 or 1 < front < elsewhere
                self.outbox.carry(message.run, message.queue, sealed, first)
            job = made[-1]
            job.status = status
            return job
        if outcome == b"overloaded":
            raise QueueOverloaded(
                f"{other.decode()} jobs wait in queue {message.queue!r}; max_queued_jobs is"
                f" {at_most}. Start more workers for it, or raise max_queued_jobs"
            )
        check_claimed(outcome, message.id)
        return None

    def skip(self, claim: Claim, reason: str) -> None:
        """Note that nothing is enqueued for a due time.

        Raises:
            AlreadyActedOn, Deposed: as `enqueue`.
        """
        keys = (self.keys.record(""), "", "")
        about = ("", "", repr(time.time()), "", "", "", "")
        asked = _as_texts(skip=reason, **claim.asked)
        outcome, _ = self.run_script("enqueue", keys, self.keys.prefix, *about, asked)
        check_claimed(outcome, claim.key)

    def job_of(self, message: JobMessage) -> Job:
        """The Job that a message makes when it is enqueued."""
        return self.job_class(store=self, **record.of_message(message))

    # -- a run's life, as workers tell it

    def start(self, run: str, worker: str, at: float | None = None, tag: str = "") -> str:
        """Claim a run for this process: CLAIMED, or the status that forbids it ('' : no record).

        With the same `at` (seconds since the epoch) it can be asked again after a lost answer. One
        that came with a delivery tag of our transport is refused where that was given away since.
        """
        keys = (self.keys.record(run),)
        at = at or time.time()
        status: bytes = self.run_script("start", keys, self.keys.prefix, run, at, worker, tag)
        return status.decode()

    def finish(self, run: str, result: Any) -> str:
        """The run's method returned `result`; one that cannot be carried is kept as its repr."""
        fields: tuple[Any, ...] = ()
        if result is not None:
            fields = ("result", self._sealed_result(run, result))
        return self._end(run, JobStatus.FINISHED, JobStatus.STARTED, fields)

    def _sealed_result(self, run: str, result: Any) -> bytes:
        try:
            encoded = codec.encode_value(result, self.settings.frappe_celery_pickle)
        except Exception:
            encoded = f"Unserializable return value: {record.shown(result)}"
        return self.signer.seal(RESULT_PURPOSE, codec.dumps([run, encoded]).encode())

    def open_result(self, run: str, sealed: bytes) -> Any:
        """The encoded result; raises Refused when it is not this run's own."""
        owner, encoded = json.loads(self.signer.open(RESULT_PURPOSE, sealed))
        if owner != run:
            raise Refused(f"the record of run {run} holds the result of run {owner}")
        return encoded

    def end(
        self, job: Job, status: JobStatus, *, was: JobStatus | None = None, reason: str = ""
    ) -> JobStatus | None:
        """End a run as failed, stopped or canceled; returns the status it has now (None: gone)."""
        ended = self._end(job.run_id, status, was, record.reason(reason) if reason else ())
        return JobStatus(ended) if ended else None

    def fail(
        self, run: str, reason: str, was: JobStatus | None = None, site: str | None = None
    ) -> str:
        """The run failed; `reason` is its traceback. The `site`'s own limit counts."""
        return self._end(
            run, JobStatus.FAILED, was, record.reason(reason), self._failed_limit(site)
        )

    def _failed_limit(self, site: str | None) -> int:
        limit = self.settings.rq_failed_jobs_limit
        try:
            return int(
                (site and self.settings.site_config(site).get("rq_failed_jobs_limit")) or limit
            )
        except (ValueError, TypeError):  # a broken configuration, which is why the run failed
            return limit

    def _end(
        self,
        run: str,
        status: JobStatus,
        was: JobStatus | None,
        fields: tuple[Any, ...],
        most: int = 0,
    ) -> str:
        failed = status in (JobStatus.FAILED, JobStatus.STOPPED)
        limits = self.settings
        keep = limits.rq_job_failure_ttl if failed else limits.rq_results_ttl
        now = time.time()
        keys = (self.keys.record(run),)
        answer: bytes = self.run_script(
            "finish",
            keys,
            *(self.keys.prefix, run, now, was.value if was else "", status.value, keep, most),
            "failure_ttl" if failed else "result_ttl",
            mailed_as(limits, status == JobStatus.FAILED, fields),
            *fields,
        )
        return answer.decode()

    def refuse(self, queue: str, token: str, reason: str) -> None:
        """Record that a message was not acted on, and end its run when it has a record."""
        entry = codec.dumps({"at": time.time(), "queue": queue, "run": token, "reason": reason})
        with naming_the_server(self.url):
            pipe = self.client.pipeline()
            pipe.lpush(self.keys.refused, entry)
            pipe.ltrim(self.keys.refused, 0, REFUSED_KEPT - 1)
            pipe.execute()
        try:
            self.fail(token, f"Refused: {reason}", JobStatus.QUEUED)
        except ResponseError:  # its record makes no sense to the script
            self.client.delete(self.keys.record(token))

    def refused(self, length: int = 100) -> list[dict[str, Any]]:
        """The newest refused messages: at (seconds since the epoch), queue, run, reason."""
        with naming_the_server(self.url):
            return [json.loads(e) for e in self.client.lrange(self.keys.refused, 0, length - 1)]

    # -- finding

    def fetch(self, job_id: str) -> Job:
        """The newest run under a job id (or of that run id).

        Raises:
            NoSuchJob: none is recorded.
        """
        found = self.run_script(
            "find", (self.keys.ids(job_id),), self.keys.prefix, _own_run(job_id), *record.SHOWN
        )
        if not found:
            raise NoSuchJob(
                f"no job with id {job_id!r}: never enqueued, deleted, or past its retention"
            )
        run, values = found
        return self.job_class(store=self, **record.of_values(run.decode(), values))

    def fetch_run(self, run: str) -> Job:
        """One run; raises NoSuchJob."""
        (job,) = self.read([run])
        if job is None:
            raise NoSuchJob(f"no record of run {run!r}: deleted, or past its retention")
        return job

    def message_of(self, run: str) -> bytes:
        """A run's sealed message; raises NoSuchJob."""
        with naming_the_server(self.url):
            message: bytes | None = self.client.hget(self.keys.record(run), "message")
        if message is None:
            raise NoSuchJob(f"no record of run {run!r}: deleted, or past its retention")
        return message

    def read_messages(self, jobs: list[Job]) -> None:
        """Have the jobs' messages read in one go, for callers that will look into each."""
        with naming_the_server(self.url):
            pipe = self.client.pipeline(transaction=False)
            for job in jobs:
                pipe.hget(self.keys.record(job.run_id), "message")
            for job, message in zip(jobs, pipe.execute()):  # noqa: B905 (equal by construction)
                job.message = message or b""

    def is_active(self, job_id: str) -> bool:
        """Whether a run under this job id waits, for a worker or for its time, or runs."""
        return any(status in ACTIVE for status in self.statuses(self._runs(job_id)))

    def statuses(self, runs: list[str]) -> list[JobStatus | None]:
        """Each run's status now, None for one that is gone."""
        with naming_the_server(self.url):
            pipe = self.client.pipeline(transaction=False)
            for run in runs:
                pipe.hget(self.keys.record(run), "status")
            return [s and JobStatus(s.decode()) for s in pipe.execute()]

    def _runs(self, job_id: str) -> list[str]:
        """The runs that an id can mean, newest first."""
        with naming_the_server(self.url):
            runs = self.client.zrevrange(self.keys.ids(job_id), 0, -1)
        return [*(run.decode() for run in runs), _own_run(job_id)]

    def page(
        self,
        *,
        site: str | None = None,
        queue: str | None = None,
        statuses: Iterable[JobStatus] | None = None,
        start: int = 0,
        length: int = 20,
    ) -> list[Job]:
        """`length` jobs from `start`, newest first; the cost does not grow with their number."""
        wanted = [JobStatus(s) for s in statuses] if statuses else list(JobStatus)
        self.expire()
        with naming_the_server(self.url):
            pipe = self.client.pipeline(transaction=False)
            for place in self.places(site, queue):
                for status in wanted:
                    pipe.zrevrange(
                        self.keys.index(place, status), 0, start + length - 1, withscores=True
                    )
            merged = heapq.merge(*pipe.execute(), key=lambda pair: -pair[1])
        runs = [run.decode() for run, _ in islice(merged, start, start + length)]
        return [job for job in self.read(runs) if job is not None]

    def counts(self, *, site: str | None = None, queue: str | None = None) -> dict[JobStatus, int]:
        """How many jobs there are in each status."""
        self.expire()
        places = self.places(site, queue)
        with naming_the_server(self.url):
            pipe = self.client.pipeline(transaction=False)
            for status in JobStatus:
                for place in places:
                    pipe.zcard(self.keys.index(place, status))
            numbers = iter(pipe.execute())
        return {status: sum(islice(numbers, len(places))) for status in JobStatus}

    def queue_length(self, queue: str) -> int:
        """How many messages wait in a queue."""
        with naming_the_server(self.url):
            waiting = int(self.client.llen(self.keys.queue(queue)))
        return waiting + (self.outbox.waiting(queue) if self.outbox is not None else 0)

    def position(self, job: Job) -> int | None:
        """Place of a job in its queue, 0 for the next one; None when it does not wait."""
        key = self.keys.queue(job.queue)
        with naming_the_server(self.url):
            place = self.client.lpos(key, job.run_id, rank=-1)
            return None if place is None else int(self.client.llen(key)) - 1 - int(place)

    def places(self, site: str | None, queue: str | None) -> list[str]:
        """The `site|queue` that ever had a job, of this site and queue where they are given."""
        if site is not None and queue is not None:
            return [f"{site}|{queue}"]
        found = []
        with naming_the_server(self.url):
            places = self.client.smembers(self.keys.places)
        for place in places:
            its_site, _, its_queue = place.decode().partition("|")
            if site in (None, its_site) and queue in (None, its_queue):
                found.append(place.decode())
        return sorted(found)

    def read(self, runs: list[str]) -> Iterator[Job | None]:
        """Each run's Job, None for one that is gone."""
        with naming_the_server(self.url):
            pipe = self.client.pipeline(transaction=False)
            for run in runs:
                pipe.hmget(self.keys.record(run), record.SHOWN)
            records = pipe.execute()
        for run, values in zip(runs, records):  # noqa: B905 (equal by construction)
            known = values[0] is not None
            yield self.job_class(store=self, **record.of_values(run, values)) if known else None

    # -- changing

    def expire(self) -> None:
        """Take the runs whose retention is over out of the indexes; Redis removed their records."""
        keys = (self.keys.expiring,)
        while self.run_script("expire", keys, self.keys.prefix, EXPIRED_AT_ONCE) == EXPIRED_AT_ONCE:
            pass

    def delete(self, run: str) -> None:
        """Remove a run's record, and it from its queue."""
        self.run_script("delete", (self.keys.record(run),), self.keys.prefix, run)


def _own_run(job_id: str) -> str:
    """An id that was made, not given, ends with its run's."""
    return job_id.replace("||", "::").rpartition("::")[2]


def _as_texts(**asked: Any) -> str:
    """What is asked (not None) as a script reads it."""
    return codec.dumps({name: str(value) for name, value in asked.items() if value is not None})


def _outbox(store: JobStore) -> Outbox | None:
    """What carries runs on to a broker that is not the Redis which keeps the jobs."""
    if not amqp.is_broker_of(store.settings):
        return None
    from frappe_celery.amqp.outbox import Outbox

    return Outbox(store)


_store: JobStore | None = None


def get_store() -> JobStore:
    """The store of this process's settings."""
    global _store
    current = settings.current()
    if _store is None or _store.settings is not current:
        _store = JobStore(current)
    return _store
