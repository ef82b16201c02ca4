"""The jobs' records in Redis: one hash a run, sorted sets to find them by, one script a step."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from redis.exceptions import ResponseError

from frappe_celery.config import settings
from frappe_celery.config.settings import Settings
from frappe_celery.errors import InvalidJobOperation, Refused
from frappe_celery.jobs import clocks, codec, providers
from frappe_celery.jobs.job import ACTIVE, ENDED, Job, JobStatus
from frappe_celery.jobs.message import LINE, SIZE_OPTION, JobMessage, Sealed, sealed
from frappe_celery.jobs.record import asking, record
from frappe_celery.jobs.record.due_claim import Claim, check_claimed
from frappe_celery.jobs.record.kinds import mailed_kind
from frappe_celery.jobs.record.lookup import JobFinder
from frappe_celery.jobs.record.paging import AT_ONCE, Wanted, search
from frappe_celery.jobs.record.refusals import check_enqueued
from frappe_celery.jobs.redis_keys import Keys
from frappe_celery.jobs.workers import WorkerInfo, Workers

CLAIMED = "claimed"
FIRST = b"first"
REFUSED_KEPT = 1000
ATTEMPTS_LONGEST = 16_384
"""Signs of an error that are kept of an attempt, the last ones, as of one that is mailed."""
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
        self.forwarder = providers.forwarder(self) if config.on_rabbitmq else None

    # -- enqueueing

    def enqueue(self, message: JobMessage, *, any_size: bool = False, **asked: Any) -> Job | None:
        """Write the record and push the message in one step.

        Args:
            any_size: it follows from a job that has been enqueued.
            asked: what is asked beyond a plain job (see `asking.asked`).

        Returns:
            The job; None when a duplicate stands in the way.

        Raises:
            CannotTravel: it is larger than `frappe_celery_max_message_size`.
            Rerouted: other routes hold now.
            QueueOverloaded: `at_most` jobs of the site wait.
            NoSuchJob: one that it depends on is gone.
            InvalidJobOperation: its batch has ended.
            AlreadyActedOn: another scheduler was first.
            Deposed: the claim's fence is not the leader's, or Frappe's scheduler acts.
        """
        runs = (sealed(message, self.settings, any_size),)
        if self._left_out(runs, asked, *self.run_script("enqueue", *self.step(runs, asked))):
            return None
        job = self.job_of(message)
        if asked.get("at") is not None:
            job.status = JobStatus.SCHEDULED
        elif message.waits:
            job.refresh()  # what it waits for may have ended before
            if (
                self.forwarder is not None
                and job.status == JobStatus.QUEUED
                and not _is_kept(asked)
            ):
                self.forwarder.forward([job.run_id])
        return job

    def send(self, runs: Sequence[Sealed], **asked: Any) -> Callable[[], set[str]]:
        """The same of runs of one call, in their order; what is returned waits for Redis.

        Returns:
            What returns those that were not enqueued, since a job with their id waits or runs, and
            raises as `enqueue`: none was enqueued.
        """
        sent = self.send_script("enqueue", *self.step(runs, asked))
        return lambda: self._left_out(runs, asked, *sent())

    def step(self, runs: Sequence[Sealed], asked: Mapping[str, Any]) -> tuple[Any, ...]:
        """The keys and the arguments of `enqueue.lua` for runs that differ in their ids and
        messages alone."""
        first, keys = runs[0][0], self.keys
        place = f"{first.site}|{first.queue}"
        status = JobStatus.DEFERRED if first.waits else JobStatus.QUEUED
        status = status if asked.get("at") is None else JobStatus.SCHEDULED
        lists = (keys.index(place, status.value), self.waiting_list(first.site, first.queue))
        more = asking.asked(self.settings, keys, first, **asked)
        words: list[str | bytes] = [keys.prefix, place, record.about(first), more]
        for message, text in runs:
            words += (message.run, repr(message.enqueued_at), message.id, text)
        return (lists, *words)

    def _left_out(
        self, runs: Sequence[Sealed], asked: Mapping[str, Any], time_now: bytes, *others: Any
    ) -> set[str]:
        """What the script's answer means: which runs were not enqueued."""
        if not (time_now or others or self.forwarder):
            return set()
        first, became = runs[0][0], dict[int, bytes]()
        for which, outcome, why in zip(others[::3], others[1::3], others[2::3], strict=True):
            became[which] = why if outcome == b"enqueued" else outcome
            check_enqueued(outcome, why.decode(errors="replace"), first, self.settings, asked)
        if time_now:
            clocks.compare(self.client, self.keys, float(time_now))
        if self.forwarder is not None and not (first.waits or _is_kept(asked)):
            told = [(*run, became.get(which, b"")) for which, run in enumerate(runs)]
            new = [(m.run, text, why == FIRST) for m, text, why in told if why in (b"", FIRST)]
            self.forwarder.carry(first.queue, new)
        return {runs[which][0].run for which, what in became.items() if what != FIRST}

    def transaction_ended(self, transaction: str) -> None:
        """Have what was enqueued in a transaction start, committed or not, as under RQ."""
        keys, names = self.keys, (self.lane_prefix, transaction)
        while True:
            runs = self.run_script("hand_out", (), keys.prefix, *names, HANDED_OUT_AT_ONCE)
            if self.forwarder is not None and runs:
                self.forwarder.forward([run.decode(errors="replace") for run in runs])
            if len(runs) < HANDED_OUT_AT_ONCE:
                return

    def skip(self, claim: Claim, reason: str) -> None:
        """Note that nothing is enqueued for a due time.

        Raises:
            AlreadyActedOn, Deposed: as `enqueue`.
        """
        about = (self.keys.prefix, "", "")
        asked = asking.as_texts(skip=reason, **vars(claim))
        run = ("", time.time(), "", "")
        _, _, outcome, _ = self.run_script("enqueue", ("", ""), *about, asked, *run)
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

    def requeue(
        self,
        job: Job,
        changes: Mapping[str, Any] | None = None,
        without: Collection[str] = (),
        *,
        dependants: bool = False,
    ) -> Job:
        """Run an ended job again, as a new run under the same id, of which the last is an attempt.

        The new run's id follows from the old one's, so that it is queued once, whoever asks twice.
        After one that was stopped it is scheduled, until the process that had that is gone.

        Args:
            changes: arguments to change or add.
            without: arguments to leave out.
            dependants: once it has finished, what its failure had canceled comes back.

        Raises:
            InvalidJobOperation: it has not ended.
            NoSuchJob: it is gone.
            CannotTravel: a changed argument cannot be carried.
        """
        seen, job = job.run_id, self.fetch_newest(job)
        if job.run_id == str(uuid5(NAMESPACE_OID, seen)) and job.status in ACTIVE:
            return job  # somebody else was as fast
        if job.status not in ENDED:
            raise InvalidJobOperation(
                f"job {job.id} is {job.status}: only an ended one is requeued"
            )
        message = job.opened.next_run(str(uuid5(NAMESPACE_OID, job.run_id)), deliveries=1)
        if changes or without:
            kwargs = {**message.decoded_kwargs(), **(changes or {})}
            kwargs = {name: value for name, value in kwargs.items() if name not in without}
            allow_pickle = self.settings.frappe_celery_pickle
            message = replace(
                message,
                kwargs=codec.encode_arguments(kwargs, allow_pickle),
                headers={**message.headers, LINE: message.run},  # what is done was another's work
            )
        is_stopped = job.status == JobStatus.STOPPED
        after = job.run_id if is_stopped and self._is_in_hands(job.run_id) else None
        _, why = record.reason((job.exc_info or "")[-ATTEMPTS_LONGEST:], self.signer)
        again = self.enqueue(
            message,
            brings_back=dependants or None,
            at=None if after is None else time.time(),
            after=after,
            requeued=job.run_id,
            error=why.decode(errors="replace") or None,
        )
        assert again is not None
        return again

    def _is_in_hands(self, run: str) -> bool:
        """Whether a process still has it, ended as it is: it will not be taken again."""
        keys = (self.keys.consumers,)
        return bool(self.run_script("is_in_hands", keys, self.keys.prefix, run))

    # -- looking through many

    def page(
        self,
        *,
        site: str | None = None,
        queue: str | None = None,
        statuses: Collection[JobStatus] | None = None,
        start: int = 0,
        length: int = 20,
    ) -> list[Job]:
        """`length` jobs (-1: all) from `start`, newest first; the cost does not grow with their
        number."""
        wanted = Wanted(site, queue, tuple(statuses or JobStatus))
        end = None if length < 0 else start + length
        return list(islice(search(self, wanted, at_once=end or AT_ONCE), start, end))

    def all_of(
        self, status: JobStatus, *, site: str | None = None, queue: str | None = None
    ) -> list[Job]:
        """All jobs in a status, the newest first."""
        found = search(self, Wanted(site, queue, (status,)))
        return [job for job in found if job.status == status]

    # -- a run's life, as workers tell it

    def start(self, run: str, worker: str, at: float | None = None) -> str:
        """Claim a run for this process: CLAIMED, or the status that forbids it ('' : no record).

        With the same `at` (seconds since the epoch) it can be asked again after a lost answer.
        """
        words = (self.keys.prefix, run, at or time.time(), worker, self.lane_prefix)
        status: bytes = self.run_script("start", (self.keys.record(run),), *words)
        return status.decode(errors="replace")

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

        `following` is the run that repeats it, whose job's attempt it then is.
        """
        fields = ("following", following) if following else ()
        reason = reason[-ATTEMPTS_LONGEST:] if following else reason
        most = self._failed_limit(site)
        return self._end(run, JobStatus.FAILED, was, fields, most, reason=reason)

    def will_be_followed(self, run: str, following: str) -> bool:
        """A run that is about to finish is repeated all the same; False: it has been stopped."""
        words = (self.keys.record(run),), JobStatus.STARTED.value, "following", following
        return bool(self.run_script("write_field", *words))

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
        return answer.decode(errors="replace")

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

    def delete(self, run: str) -> None:
        """Remove a run's record, and it from its queue; of a job's last one also its attempts.

        Of an attempt it is its job's newest run.
        """
        self.run_script("delete", (self.keys.record(run),), self.keys.prefix, run)


def _is_kept(asked: Mapping[str, Any]) -> bool:
    """Whether what is enqueued so does not enter its queue now."""
    at, transaction = asked.get("at"), asked.get("transaction")
    return at is not None or transaction is not None or asked.get("front", 0) < 0


_store: JobStore | None = None


def get_store() -> JobStore:
    """The store of this process's settings."""
    global _store
    current = settings.current()
    if _store is None or _store.settings is not current:
        _store = JobStore(current)
    return _store
