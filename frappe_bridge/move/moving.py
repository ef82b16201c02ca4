"""Goes through the bench's queues, and moves what can be moved."""

from __future__ import annotations

import heapq
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from frappe_bridge.move import rq_format
from frappe_bridge.move.convert import NeedsAYes, Stays, fields_of, message_of
from frappe_bridge.move.rq_format import RqJob, RqQueue
from frappe_celery.config.settings import Settings
from frappe_celery.config.urls import without_password
from frappe_celery.errors import CannotTravel, ConfigError, NoSuchJob, Refused
from frappe_celery.hosts.bench.rq_names import begin_of_ids
from frappe_celery.jobs import Job, JobStatus, JobStore, scripts
from frappe_celery.jobs.batches import batch_state
from frappe_celery.jobs.connection import connect
from frappe_celery.jobs.message import JobMessage, sealed
from frappe_celery.jobs.record import record

TRIES = 10
"""How often a job is read again that changes."""
OPEN_SECONDS = 5.0
"""How long transactions in which jobs were enqueued are waited for, all of them together."""
PAUSE_SECONDS = 0.05
SKEW_SECONDS = 60
"""By how much the clocks of those who enqueue may differ."""
scripts.add(Path(__file__).parent)

WHY_IT_STAYS = {
    b"open": "the transaction in which it was enqueued has not ended: call this again, after"
    " {0.commit_wait} seconds at most",
    b"needed": "other jobs wait for it here",
    b"batch": "a batch counts it, which RQ would not know",
    b"occupied": "RQ has a job with this id",
}
"""By what `move_out.lua` answers."""


@dataclass(frozen=True)
class Stayed:
    """A job that was not moved."""

    job_id: str
    reason: str
    needs_a_yes: bool
    failed: bool = False
    """It has failed in RQ, so that it waits for nothing."""


@dataclass
class Report:
    """What became of the jobs of the system that is left."""

    waiting: Counter[str] = field(default_factory=Counter)
    """How many that waited were moved, by queue."""
    failed: Counter[str] = field(default_factory=Counter)
    stayed: list[Stayed] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    """What is left to its own system, by what it is: running, delayed, waiting for another job."""
    abandoned: list[str] = field(default_factory=list)
    """Ids of what still counts as running in RQ, though its worker is gone."""
    batches: list[str] = field(default_factory=list)
    """Open ones of ours, as `BatchState.named` has them."""


class AnotherSites(Exception):
    """A job of a site that is not asked for."""


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
        refuse_two_servers(store.settings)
        self.store = store
        self.queues = [RqQueue(name, rq_name(name)) for name in queues]
        self.lists = [RqQueue(name, rq_name(name)).waiting for name in store.settings.queues]
        self.site = site
        self.trusted = trusted
        self.report = Report()
        self._waits_until = time.monotonic() + OPEN_SECONDS

    # -- from RQ

    def to_celery(self) -> Report:
        """Everything of RQ's that can come over."""
        began = time.time()
        standing = Counter(
            job_id for name in self.lists for job_id in self.store.client.lrange(name, 0, -1)
        )
        for queue in self.queues:
            ids = self.store.client.lrange(queue.waiting, 0, -1)
            front = self._goes_first(queue, ids)
            backwards = front and self.store.forwarder is None  # RabbitMQ's front is no stack
            for job_id in reversed(ids) if backwards else ids:
                more = standing[job_id] > 1
                self._try(queue, job_id, False, self._bring, front, more, began)
            for job_id, until in self.store.client.zrange(queue.failed, 0, -1, withscores=True):
                self._try(queue, job_id, True, self._bring_failed, until)
            if self.site is None:
                for key, words in queue.kept_by_rq().items():
                    self.report.others[words] += self.store.client.zcard(key)
                gone = self.store.client.zrangebyscore(queue.running, "-inf", time.time())
                self.report.others["running"] -= len(gone)
                self.report.abandoned += [
                    member if "::" in member else member.partition(":")[0]
                    for member in map(bytes.decode, gone)
                ]
                taken = self.store.client.llen(queue.taken)
                self.report.others["taken by a worker that died"] += taken
        return self.report

    def _goes_first(self, queue: RqQueue, ids: list[bytes]) -> bool:
        """Whether RQ's next job has waited longer than ours."""
        if not ids or not self.store.queue_length(queue.own):
            return False
        ours = next(iter(self._waiting(queue.own)), None)
        return not self._is_older(ours, ids[0])

    def _bring(self, queue: RqQueue, job_id: str, front: bool, twice: bool, began: float) -> bytes:
        try:
            job, message = self._read(queue, job_id)
        except NoSuchJob:
            if self.store.client.lpos(queue.waiting, job_id) is not None:
                raise Stays("RQ has lost its record") from None
            raise
        may_stand_twice = twice or job.enqueued_at > began - SKEW_SECONDS
        return self._move_in(queue, job, message, int(front), may_stand_twice)

    def _bring_failed(self, queue: RqQueue, job_id: str, until: float) -> bytes:
        job, message = self._read(queue, job_id)
        keep = -1 if math.isinf(until) else max(int(until - time.time()), 1)
        with _understanding():
            ended_at = job.time("ended_at") or time.time()
            started_at = job.time("started_at") or ended_at
        ended = (ended_at, "", JobStatus.FAILED.value, keep, 0, "", "")
        fields = (*record.reason(job.exc_string, self.store.signer), "started_at", started_at)
        return self._move_in(queue, job, message, -1, False, *ended, *fields)

    def _try(
        self, queue: RqQueue, job: bytes, failed: bool, bring: Callable[..., bytes], *args: Any
    ) -> None:
        """Read it again while it changes between reading it and moving it."""
        job_id = job.decode()
        with self._staying(job_id, failed):
            for _ in range(TRIES):
                if bring(queue, job_id, *args) != b"changed":
                    return
            raise Stays("it changes again and again")

    def _read(self, queue: RqQueue, job_id: str) -> tuple[RqJob, JobMessage]:
        """A job of RQ's and its message.

        Raises:
            NoSuchJob: its hash is gone.
            AnotherSites.
        """
        job = rq_format.read(self.store.client, job_id)
        if job is None:
            raise NoSuchJob(job_id)
        try:
            with _understanding():
                message = message_of(job, queue.own, self.store.settings, self.trusted)
        except (Stays, Refused):
            if self.site is not None and not job_id.startswith(begin_of_ids(self.site)):
                raise AnotherSites from None
            raise
        if self.site not in (None, message.site):
            raise AnotherSites
        return job, message

    def _move_in(
        self, queue: RqQueue, job: RqJob, message: JobMessage, front: int, twice: bool, *ended: Any
    ) -> bytes:
        """What the script answers.

        Args:
            twice: whether it may stand in RQ's lists more than once.
            ended: of one that has failed, what `finish.lua` is given from the time on.
        """
        try:
            run = sealed(message, self.store.settings)
        except CannotTravel as exc:
            raise Stays(str(exc)) from exc
        lists, *about = self.store.step([run], {"front": front})
        ours = (*lists, self.store.keys.record(message.run))
        stands_in = queue.failed if ended else queue.waiting
        theirs = rq_format.job_key(job.id), stands_in, rq_format.results_key(job.id), *self.lists
        words = (*about, job.id, job.digest, "1" if twice else "", *ended)
        outcome: bytes = self.store.run_script("move_in", (*ours, *theirs), *words)
        if outcome == b"moved":
            (self.report.failed if ended else self.report.waiting)[queue.own] += 1
            if self.store.forwarder is not None and not ended:
                self.store.forwarder.carry(queue.own, [(message.run, run[1], bool(front))])
        return outcome

    # -- to RQ

    def to_rq(self) -> Report:
        """Everything of ours that can go back."""
        for queue in self.queues:
            waiting = list(self._waiting(queue.own))
            first = self.store.client.lindex(queue.waiting, 0)
            front = self._is_older(next(iter(waiting), None), first)
            for job in reversed(waiting) if front else waiting:
                with self._staying(job.id):
                    self._give(queue, job, "first" if front else "last")
            for job in self._all(queue.own, JobStatus.FAILED):
                with self._staying(job.id, failed=True):
                    self._give(queue, job, "last")
            for job in self._all(queue.own, JobStatus.DEFERRED):
                with self._staying(job.id):
                    raise Stays("it waits for other jobs, which RQ would not know")
            counts = self.store.counts(site=self.site, queue=queue.own)
            self.report.others["running"] += counts[JobStatus.STARTED]
            self.report.others["delayed"] += counts[JobStatus.SCHEDULED]
        self.report.batches = batch_state.open_ones(self.store, self.site)
        return self.report

    def _is_older(self, ours: Job | None, job_id: bytes | None) -> bool:
        """Whether a job of ours is known to have waited longer than one of RQ's."""
        theirs = job_id and rq_format.read(self.store.client, job_id.decode())
        if ours is None or not theirs:
            return False
        with suppress(ValueError):
            return _seconds(ours.enqueued_at) < theirs.enqueued_at
        return False

    def _waiting(self, queue: str) -> Iterator[Job]:
        """The next one first, as far as is known: RabbitMQ keeps its own order."""
        if self.store.forwarder is not None:
            yield from reversed(self._all(queue, JobStatus.QUEUED))
            return
        seen = set()
        lines = [filter(None, self.store.read(runs)) for runs in self.store.standing(queue)]
        for job in heapq.merge(*lines, key=lambda job: job.enqueued_at):
            if job.status == JobStatus.QUEUED and self.site in (None, job.site):
                seen.add(job.run_id)
                yield job
        kept_back = self._all(queue, JobStatus.QUEUED)
        yield from (job for job in reversed(kept_back) if job.run_id not in seen)

    def _all(self, queue: str, status: JobStatus) -> list[Job]:
        return self.store.all_of(status, site=self.site, queue=queue)

    def _give(self, queue: RqQueue, job: Job, end: str) -> None:
        failed = job.status == JobStatus.FAILED
        sealed = self.store.message_of(job.run_id)
        message = JobMessage.open(self.store.signer, sealed, job.run_id)
        fields = fields_of(message, queue, self.store.settings, failed)
        ours = self.store.keys.record(job.run_id)
        forgotten, raised = "", b""
        if failed:
            times = {"started_at": job.started_at, "ended_at": job.ended_at}
            fields |= {n: rq_format.written(_seconds(at)) if at else "" for n, at in times.items()}
            raised = rq_format.packed_exc_string(job.exc_info or "")
            left = int(self.store.client.ttl(ours))
            forgotten = str(int(time.time()) + left) if left >= 0 else "+inf"
        theirs = rq_format.job_key(job.id), queue.waiting, rq_format.results_key(job.id)
        outcome = self._move_out(
            (ours, *theirs, *self.lists),
            *(self.store.keys.prefix, job.run_id, job.status.value, sealed, job.id),
            *(end, forgotten, raised),
            *(part for pair in fields.items() for part in pair),
        )
        if outcome in WHY_IT_STAYS:
            raise Stays(WHY_IT_STAYS[outcome].format(self.store.settings))
        if outcome == b"moved":
            (self.report.failed if failed else self.report.waiting)[queue.own] += 1

    def _move_out(self, keys: tuple[str, ...], *args: Any) -> bytes:
        """What the script answers; most transactions have ended a moment later."""
        while True:
            outcome: bytes = self.store.run_script("move_out", keys, *args)
            if outcome != b"open" or time.monotonic() > self._waits_until:
                return outcome
            time.sleep(PAUSE_SECONDS)

    # -- both

    @contextmanager
    def _staying(self, job_id: str, failed: bool = False) -> Iterator[None]:
        try:
            yield
        except (NoSuchJob, AnotherSites):
            return  # a worker was faster, or it is not asked for
        except (Stays, Refused) as exc:
            stayed = Stayed(job_id, str(exc), isinstance(exc, NeedsAYes), failed)
            self.report.stayed.append(stayed)


@contextmanager
def _understanding() -> Iterator[None]:
    """What anybody may have written into RQ's fields stops no other job."""
    try:
        yield
    except (Stays, Refused):
        raise
    except Exception as exc:
        raise Stays(f"it cannot be read: {type(exc).__name__}: {exc}") from exc


def _seconds(at: datetime) -> float:
    """The store's naive UTC times, since the epoch."""
    return at.replace(tzinfo=timezone.utc).timestamp()


def refuse_two_servers(config: Settings) -> None:
    """Raise ConfigError where RQ's jobs and ours do not lie in one database of one Redis."""
    ours, rqs = config.store_url, config.redis_queue
    if rqs is None:
        raise ConfigError(
            "redis_queue is not set in sites/common_site_config.json: there is no RQ to move from"
        )
    if ours != rqs and _database(ours) != _database(rqs):
        raise ConfigError(
            f"jobs are moved within one database of one Redis, but broker_url is"
            f" {without_password(ours)} and redis_queue {without_password(rqs)}: run out what waits"
            " with a worker of the system that it waits in"
        )


def _database(url: str) -> tuple[Any, int]:
    """The server, whatever it is called, and its database."""
    client = connect(url)
    run_id = client.info("server")["run_id"]
    return run_id, int(client.connection_pool.connection_kwargs.get("db") or 0)
