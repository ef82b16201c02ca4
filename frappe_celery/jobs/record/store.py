"""The jobs' records in Redis: one hash a run, sorted sets to find them by, one script a step."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from redis.exceptions import ResponseError

from frappe_celery.config import settings
from frappe_celery.config.settings import Settings
from frappe_celery.errors import InvalidJobOperation, QueueOverloaded, Refused
from frappe_celery.jobs import clocks, codec, providers
from frappe_celery.jobs.job import ENDED, Job, JobStatus
from frappe_celery.jobs.keys import Keys
from frappe_celery.jobs.message import SIZE_OPTION, JobMessage, check_size
from frappe_celery.jobs.record import record
from frappe_celery.jobs.record.claim import Claim, check_claimed
from frappe_celery.jobs.record.finding import JobFinder
from frappe_celery.jobs.record.kinds import mailed_kind
from frappe_celery.jobs.routes import Rerouted
from frappe_celery.jobs.workers import WorkerInfo, Workers

CLAIMED = "claimed"
REFUSED_KEPT = 1000
HANDED_OUT_AT_ONCE = 500
"""So that Redis serves others in between."""


class JobStore(JobFinder):
    """One bench's jobs. Safe to use after a fork; every method may raise BrokerUnreachable."""

    job_class: type[Job] = Job
    """What it hands out; in a bench, Frappe's code expects the shape of RQ's jobs."""

    def __init__(self, config: Settings) -> None:
        super().__init__(config.store_url, Keys(config.prefix), config.signer)
        self.settings = config
        self.workers = Workers(self.client, self.keys)
        self.outbox = providers.outbox(self) if config.on_rabbitmq else None

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
        routes: int | None = None,
        transaction: str | None = None,
        outbox: bool = False,
        any_size: bool = False,
    ) -> Job | None:
        """Write the record and push the message in one step.

        Args:
            own_id: the caller gave the job id, so that it can be asked for by it.
            deduplicate: do nothing while a run with this id waits or runs.
            front: 1: before all of its site that wait; more: only when more than that many do
                (v17); -1: into no queue, since the caller runs it itself.
            at_most: refuse when so many of its site wait already (`max_queued_jobs`); 0: never.
            claim: do nothing when this due time has been acted on.
            at: seconds since the epoch; it is scheduled until then (see `scheduled`); None: now.
            routes: number of those that led here (see `routes`); None: nothing leads elsewhere.
            transaction: the caller's, which has written: the job does not start before
                `transaction_ended`, or `frappe_celery_commit_wait` seconds have passed.
            outbox: its row is committed, and somebody else may enqueue it too: once, it is.
            any_size: it follows from a job that has been enqueued.

        Returns:
            The job; None when a duplicate stands in the way.

        Raises:
            CannotTravel: it is larger than `frappe_celery_max_message_size`.
            Rerouted: other routes hold now.
            QueueOverloaded: `at_most` jobs of the site wait.
            AlreadyActedOn: another scheduler was first.
            Deposed: the claim's fence is not the leader's, or Frappe's scheduler acts.
        """
        status = JobStatus.QUEUED if at is None else JobStatus.SCHEDULED
        asked = self.asked(
            message,
            own_id=own_id,
            deduplicate=deduplicate,
            front=front,
            at_most=at_most,
            claim=claim,
            at=at,
            routes=routes,
            transaction=transaction,
            outbox=outbox,
        )
        sealed = message.seal(self.signer)
        if not any_size:
            check_size(message, sealed, self.settings)
        keys, about = self.new_record(message, sealed, status)
        outcome, other, *time_now = self.run_script("enqueue", keys, *about, asked)
        if outcome == b"enqueued":
            if time_now:
                clocks.compare(self.client, self.keys, float(time_now[0]))
            waits = at is not None or transaction is not None or front < 0
            if self.outbox is not None and not waits:
                self.outbox.carry(message.queue, [(message.run, sealed, other == b"first")])
            job = self.job_of(message)
            job.status = status
            return job
        if outcome == b"overloaded":
            raise overloaded(message, int(other), at_most)
        if outcome == b"rerouted":
            raise Rerouted(message.id)
        check_claimed(outcome, message.id)
        return None

    def asked(
        self,
        message: JobMessage,
        *,
        own_id: bool = False,
        deduplicate: bool = False,
        front: int = 0,
        at_most: int = 0,
        claim: Claim | None = None,
        at: float | None = None,
        routes: int | None = None,
        transaction: str | None = None,
        outbox: bool = False,
    ) -> str:
        """What is asked beyond a plain job, as the script takes it ('' : nothing)."""
        ttls = message.result_ttl, message.failure_ttl
        first_run = message.first_run or None
        given = (at, routes, message.limit_key, first_run, transaction, outbox or None, *ttls)
        if own_id or deduplicate or front or at_most or claim or given != (None,) * len(given):
            return as_texts(
                own_id=own_id or None,
                deduplicate=deduplicate or None,
                front=front or None,
                most=at_most or None,
                at=at,
                result_ttl=message.result_ttl,
                failure_ttl=message.failure_ttl,
                routes=routes,
                limit_key=message.limit_key,
                first_run=first_run,
                transaction=transaction,
                commit_wait=transaction and self.settings.commit_wait,
                outbox=self.keys.outbox_marks(message.site) if outbox else None,
                **(claim.asked if claim else {}),
            )
        return ""

    def new_record(
        self, message: JobMessage, sealed: bytes, status: JobStatus = JobStatus.QUEUED
    ) -> tuple[tuple[str, ...], tuple[Any, ...]]:
        """The keys and the first arguments of a script that writes a run's record."""
        site, queue, run, keys = message.site, message.queue, message.run, self.keys
        place, about = f"{site}|{queue}", record.about(message)
        return (
            (keys.record(run), keys.index(place, status.value), self.waiting_list(site, queue)),
            (keys.prefix, run, place, message.enqueued_at, queue, message.id, about, sealed),
        )

    def transaction_ended(self, transaction: str) -> None:
        """Have what was enqueued in a transaction start, committed or not, as under RQ."""
        keys, names = self.keys, (self.lined, transaction)
        while True:
            runs = self.run_script("hand_out", (), keys.prefix, *names, HANDED_OUT_AT_ONCE)
            if self.outbox is not None and runs:
                self.outbox.forward([run.decode() for run in runs])
            if len(runs) < HANDED_OUT_AT_ONCE:
                return

    def skip(self, claim: Claim, reason: str) -> None:
        """Note that nothing is enqueued for a due time.

        Raises:
            AlreadyActedOn, Deposed: as `enqueue`.
        """
        keys = (self.keys.record(""), "", "")
        about = ("", "", repr(time.time()), "", "", "", "")
        asked = as_texts(skip=reason, **claim.asked)
        outcome, _ = self.run_script("enqueue", keys, self.keys.prefix, *about, asked)
        check_claimed(outcome, claim.key)

    def job_of(self, message: JobMessage) -> Job:
        """The Job that a message makes when it is enqueued."""
        return self.job(**record.of_message(message))

    def job(self, **fields: Any) -> Job:
        """The Job of a record's fields."""
        return self.job_class(store=self, **fields)

    def by_process(self) -> list[tuple[WorkerInfo, Job | None]]:
        """Each process that runs jobs, with the job that it has."""
        found = self.workers.by_process()
        jobs = self.read([process.current_job or "" for process in found])
        return list(zip(found, jobs, strict=True))

    def open_message(self, run: str) -> JobMessage:
        """Everything that a run was enqueued with.

        Raises:
            NoSuchJob: it is gone.
            Refused: its record was altered.
        """
        return JobMessage.open(self.signer, self.message_of(run), run)

    def requeue(
        self, job: Job, changes: Mapping[str, Any] | None = None, without: Collection[str] = ()
    ) -> Job:
        """Run an ended run again, as a new one under the same id; the old record goes.

        The new run's id follows from the old one's, so that it is queued once, whoever asks twice.

        Args:
            changes: arguments to change or add.
            without: arguments to leave out.

        Raises:
            InvalidJobOperation: it has not ended.
            CannotTravel: a changed argument cannot be carried.
        """
        status = self.fetch_run(job.run_id).status
        if status not in ENDED:
            raise InvalidJobOperation(f"job {job.id} is {status}: only an ended one is requeued")
        message = job.opened.next_run(str(uuid5(NAMESPACE_OID, job.run_id)), deliveries=1)
        if changes or without:
            kwargs = {**message.decoded_kwargs(), **(changes or {})}
            kwargs = {name: value for name, value in kwargs.items() if name not in without}
            allow_pickle = self.settings.frappe_celery_pickle
            message = replace(message, kwargs=codec.encode_arguments(kwargs, allow_pickle))
        again = self.enqueue(message, own_id=True)
        self.delete(job.run_id)
        assert again is not None
        return again

    # -- a run's life, as workers tell it

    def start(self, run: str, worker: str, at: float | None = None) -> str:
        """Claim a run for this process: CLAIMED, or the status that forbids it ('' : no record).

        With the same `at` (seconds since the epoch) it can be asked again after a lost answer.
        """
        keys = (self.keys.record(run),)
        at = at or time.time()
        status: bytes = self.run_script(
            "start", keys, self.keys.prefix, run, at, worker, self.lined
        )
        return status.decode()

    def finish(self, run: str, result: Any) -> str:
        """The run's method returned `result`; of one that cannot be kept, a text says why."""
        return self._end(
            run, JobStatus.FINISHED, JobStatus.STARTED, self.result_fields(run, result)
        )

    def result_fields(self, run: str, result: Any) -> tuple[Any, ...]:
        """What the run's record gets for what its method returned: names and values."""
        if result is None:
            return ()
        try:
            encoded = codec.encode_value(result, self.settings.frappe_celery_pickle)
        except Exception:
            encoded = f"Unserializable return value: {record.shown(result)}"
        text = codec.dumps([run, encoded]).encode()
        limit = self.settings.max_message_size
        if len(text) > limit:
            encoded = (
                f"Return value too large to be kept: {type(result).__name__} of {len(text):,}"
                f" bytes, {SIZE_OPTION} is {limit:,}"
            )
            text = codec.dumps([run, encoded]).encode()
        return "result", self.signer.seal("result", text)

    def opened(self, what: str, run: str, sealed: bytes) -> Any:
        """The result or meta in a run's record; raises Refused when it is not this run's own."""
        owner, encoded = json.loads(self.signer.open(what, sealed))
        if owner != run:
            raise Refused(f"the record of run {run} holds the {what} of run {owner}")
        return codec.decode(encoded)

    def end(
        self, job: Job, status: JobStatus, *, was: JobStatus | None = None, reason: str = ""
    ) -> JobStatus | None:
        """End a run as failed, stopped or canceled; returns the status it has now (None: gone)."""
        ended = self._end(job.run_id, status, was, (), reason=reason)
        return JobStatus(ended) if ended else None

    def purge(self, queue: str) -> int:
        """Cancel the jobs that wait in a queue, which would count as lost; how many these were."""
        waiting = self.all_of(JobStatus.QUEUED, queue=queue)
        for job in waiting:
            self.end(job, JobStatus.CANCELED, was=JobStatus.QUEUED, reason="purged")
        return len(waiting)

    def fail(
        self,
        run: str,
        reason: str,
        was: JobStatus | None = None,
        site: str | None = None,
        following: str = "",
    ) -> str:
        """The run failed; `reason` is its traceback. The `site`'s own limit counts.

        `following` is the run that repeats it.
        """
        fields = ("following", following) if following else ()
        most = self._failed_limit(site)
        return self._end(run, JobStatus.FAILED, was, fields, most, reason=reason)

    def _failed_limit(self, site: str | None) -> int:
        limit = self.settings.rq_failed_jobs_limit
        with suppress(ValueError, TypeError):  # a broken configuration, which is why the run failed
            if site:
                return int(self.settings.site_config(site)["rq_failed_jobs_limit"] or limit)
        return limit

    def _end(
        self,
        run: str,
        status: JobStatus,
        was: JobStatus | None,
        fields: tuple[Any, ...],
        most: int = 0,
        *,
        reason: str = "",
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
            mailed_kind(limits, status == JobStatus.FAILED, reason),
            *(record.reason(reason, self.signer) if reason else ()),
            *fields,
        )
        return answer.decode()

    def refuse(
        self, queue: str, token: str, reason: str, was: JobStatus | None = JobStatus.QUEUED
    ) -> None:
        """Record that a message was not acted on, and end its run when it has a record.

        With `was=None` the name that it gives itself is not taken for a run's.
        """
        entry = codec.dumps({"at": time.time(), "queue": queue, "run": token, "reason": reason})
        pipe = self.client.pipeline()
        pipe.lpush(self.keys.refused, entry)
        pipe.ltrim(self.keys.refused, 0, REFUSED_KEPT - 1)
        pipe.incr(self.keys.refusals)
        pipe.execute()
        if was is None:
            return
        try:
            self.fail(token, f"Refused: {reason}", was)
        except ResponseError:  # its record makes no sense to the script
            self.client.delete(self.keys.record(token))

    def refused(self, length: int = 100) -> list[dict[str, Any]]:
        """The newest refused messages: at (seconds since the epoch), queue, run, reason."""
        return [json.loads(e) for e in self.client.lrange(self.keys.refused, 0, length - 1)]

    def number_refused(self) -> int:
        """How many were refused since the bench's Redis was empty."""
        return int(self.client.get(self.keys.refusals) or 0)

    def is_new(self, run: str) -> bool:
        """Whether there is no run of this id, and none has ended in these days."""
        return not self.client.exists(self.keys.record(run), self.keys.spent(run))

    def delete(self, run: str) -> None:
        """Remove a run's record, and it from its queue."""
        self.run_script("delete", (self.keys.record(run),), self.keys.prefix, run)


def overloaded(message: JobMessage, waiting: int, most: int, more: int = 1) -> QueueOverloaded:
    """So many of a message's site wait in its queue, where `more` would be too many."""
    no_room = f", and {more} more were to be enqueued" if more > 1 else ""
    return QueueOverloaded(
        f"{waiting} jobs of site {message.site} wait in queue {message.queue!r}{no_room}; it may"
        f" have {most} there. Start more workers for it, or raise max_queued_jobs"
    )


def as_texts(**asked: Any) -> str:
    """What is asked (not None) as a script reads it; '' : nothing is."""
    texts = {name: str(value) for name, value in asked.items() if value is not None}
    return codec.dumps(texts) if texts else ""


_store: JobStore | None = None


def get_store() -> JobStore:
    """The store of this process's settings."""
    global _store
    current = settings.current()
    if _store is None or _store.settings is not current:
        _store = JobStore(current)
    return _store
