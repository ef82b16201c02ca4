"""Finding jobs: one by its id, many by site, queue and status, newest first."""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from operator import itemgetter
from typing import Any

from redis.exceptions import RedisError, ResponseError

from frappe_celery.config.signing import Signer
from frappe_celery.errors import BrokerUnreachable, NoSuchJob
from frappe_celery.jobs.clocks import server_time
from frappe_celery.jobs.connection import connect, raise_named
from frappe_celery.jobs.job import ACTIVE, Job, JobStatus
from frappe_celery.jobs.providers import Forwarder
from frappe_celery.jobs.record import record
from frappe_celery.jobs.redis_keys import LANE, Keys
from frappe_celery.jobs.scripts import Scripts

EXPIRED_AT_ONCE = 1000
SWEPT_AGAIN_SECONDS = 60.0
"""How late the end of a run may come into its index."""
KEYS_AT_ONCE = 200
"""In one step of Redis, which serves nobody else meanwhile."""
PLACES_AT_ONCE = 50


class JobFinder:
    """The half of the store that looks; `store.JobStore` adds what changes a job.

    Every method may raise BrokerUnreachable.
    """

    _swept_until = 0.0
    forwarder: Forwarder | None = None
    """What carries runs on to a broker that is not the Redis which keeps the jobs."""

    job: Callable[..., Job]
    """Makes the Job of a record's fields."""

    def __init__(self, url: str, keys: Keys, signer: Signer) -> None:
        self.url = url
        self.keys = keys
        self.signer = signer
        self.client = connect(url)
        self._scripts = Scripts(self.client)

    def run_script(self, script: str, keys: tuple[str, ...], *args: Any) -> Any:
        """One step of the store's (see `scripts`)."""
        try:
            return self._scripts.run(script, keys, *args)
        except RedisError as exc:
            raise_named(self.url, exc)

    def send_script(self, script: str, keys: tuple[str, ...], *args: Any) -> Callable[[], Any]:
        """The same, which Redis does meanwhile: what is returned waits for its answer, once."""
        answer = self._scripts.send(script, keys, *args)

        def named() -> Any:
            try:
                return answer()
            except RedisError as exc:
                raise_named(self.url, exc)

        return named

    def find(self, job_id: str) -> Job | None:
        """The newest run under a job id (or of that run id); None: none is recorded."""
        return self._newest(job_id, _own_run(job_id), "")

    def runs(self, job_id: str) -> list[Job]:
        """What is recorded under a job id that a caller gave, the newest run last."""
        runs = [run.decode() for run in self.client.zrange(self.keys.ids(job_id), 0, -1)]
        return [job for job in self.read(runs) if job is not None]

    def fetch(self, job_id: str) -> Job:
        """The same; raises NoSuchJob: none is recorded."""
        if (job := self.find(job_id)) is None:
            raise NoSuchJob(
                f"no job with id {job_id!r}: never enqueued, deleted, or past its retention"
            )
        return job

    def fetch_newest(self, job: Job) -> Job:
        """The newest run of a job, others of its id left aside; raises NoSuchJob: none is left."""
        newest = self.find_line(job.first_run, job.id)
        if newest is None:
            raise NoSuchJob(f"no record of job {job.id!r}: deleted, or past its retention")
        return newest

    def find_line(self, first_run: str, job_id: str) -> Job | None:
        """The newest run of the job that began with that run; None: none is left."""
        return self._newest(job_id, first_run, "1")

    def _newest(self, job_id: str, run: str, of_it_alone: str) -> Job | None:
        keys = (self.keys.ids(job_id),)
        found = self.run_script("find", keys, self.keys.prefix, run, of_it_alone, *record.SHOWN)
        if not found:
            return None
        return self.job(**record.of_values(found[0].decode(), found[1], self.signer))

    def attempts(self, job: Job) -> list[Job]:
        """What was tried of a job before its newest run, the first of it and the newest 19."""
        runs = self.client.zrange(self.keys.attempts(job.first_run), 0, -1)
        return [one for one in self.read([run.decode() for run in runs]) if one is not None]

    def fetch_run(self, run: str) -> Job:
        """The job of that run. Raises NoSuchJob: deleted, or past its retention."""
        (job,) = self.read([run])
        if job is None:
            raise NoSuchJob(f"no record of run {run!r}: deleted, or past its retention")
        return job

    def message_of(self, run: str) -> bytes:
        """A run's sealed message; raises NoSuchJob."""
        message: bytes | None = self.client.hget(self.keys.record(run), "message")
        if message is None:
            raise NoSuchJob(f"no record of run {run!r}: deleted, or past its retention")
        return message

    def read_messages(self, jobs: list[Job]) -> None:
        """Have the jobs' messages read in one go, for callers that will look into each."""
        messages = self.fields([job.run_id for job in jobs], "message")
        for job, (message,) in zip(jobs, messages):  # noqa: B905 (equal by construction)
            job.message = message or b""

    def is_active(self, job_id: str) -> bool:
        """Whether a run under this job id waits, for a worker or for its time, or runs."""
        keys = (self.keys.ids(job_id),)
        return bool(self.run_script("active", keys, self.keys.prefix, _own_run(job_id), *ACTIVE))

    def stopped(self, runs: list[str]) -> list[str]:
        """Those that somebody stopped, also where their record was deleted or requeued since."""
        statuses = {run: s for run, (s,) in zip(runs, self.fields(runs, "status"), strict=True)}
        gone = [run for run, status in statuses.items() if status is None]  # as a rule none
        left = self.client.mget(map(self.keys.spent, gone)) if gone else ()
        statuses.update(zip(gone, left, strict=True))
        return [run for run, status in statuses.items() if status == b"stopped"]

    def runs_of(self, queue: str, *statuses: JobStatus) -> list[str]:
        """All runs of a queue in these statuses, the oldest first."""
        self.expire()
        found = self.in_indexes("ZRANGE", self.places(None, queue), statuses, 0, -1, "WITHSCORES")
        runs = [zip(map(float, some[1::2]), some[::2], strict=True) for _, _, some in found]
        return [run.decode() for _, run in heapq.merge(*runs, key=itemgetter(0))]

    def counts(
        self, *, site: str | None = None, queue: str | None = None,
        since: float | None = None, until: float | None = None,
    ) -> dict[JobStatus, int]:  # fmt: skip
        """How many jobs there are in each status; since and until: that entered it in that time."""
        self.expire()
        words = self.places(site, queue), JobStatus, *bounds(since, until)
        numbers = dict.fromkeys(JobStatus, 0)
        for _, status, number in self.in_indexes("ZCOUNT", *words):
            numbers[JobStatus(status)] += number
        return numbers

    def queue_length(self, queue: str) -> int:
        """How many messages wait in a queue."""
        in_rabbitmq = self.forwarder.waiting(queue) if self.forwarder is not None else 0
        return sum(length for _, length in self.lanes(queue)) + in_rabbitmq

    def waiting(self, queue: str) -> int:
        """How many jobs wait in a queue, also for a limit or the end of a transaction."""
        return self.counts(queue=queue)[JobStatus.QUEUED]

    def waiting_of(self, site: str, queue: str) -> int:
        """How many of them are a site's: each enqueue may ask."""
        index = self.keys.index(f"{site}|{queue}", JobStatus.QUEUED.value)
        return int(self.run_script("waiting", (index,)))

    def lanes(self, queue: str) -> list[tuple[str, int]]:
        """The lists in which something waits for a queue, and how much (`withdraw.lua`)."""
        keys = self.keys
        sites: list[bytes] = []
        with suppress(ResponseError):  # no turns: `pick.lua` puts that aside, and makes them anew
            sites = self.client.zrange(keys.turns(queue), 0, -1)
        places = [f"{site.decode(errors='replace')}|{queue}" for site in sites if site]
        lists = [keys.queue(queue), keys.whole(queue), *map(keys.lane, places)]
        lengths = self.ask_each("LLEN", lists)
        waiting = self.ask_each("ZCARD", [keys.index(p, JobStatus.QUEUED.value) for p in places])
        return list(zip(lists, [*lengths[:2], *map(min, lengths[2:], waiting)], strict=True))

    def standing(self, queue: str) -> Iterator[list[str]]:
        """The runs that wait for a queue, a lane at a time, each with the next one first."""
        for name, _ in self.lanes(queue):
            yield [run.decode(errors="replace") for run in self.client.lrange(name, 0, -1)][::-1]

    @property
    def lane_prefix(self) -> str:
        """What the names of lanes begin with, for scripts; '' where RabbitMQ has its own order."""
        return LANE if self.forwarder is None else ""

    def waiting_list(self, site: str, queue: str) -> str:
        """The list in which a site's runs wait for a queue: until a worker takes them, or until
        RabbitMQ has them."""
        return self.keys.lane(f"{site}|{queue}") if self.lane_prefix else self.keys.queue(queue)

    def position(self, job: Job) -> int | None:
        """Place of a job in the lane of its site, 0 for the next one; None: it does not wait.

        In RabbitMQ no place is known, nor of one that a limit or a pause keeps back. What was
        canceled in a lane of more than 1,000 counts until it is passed over.
        """
        keys = self.keys
        pipe = self.client.pipeline(transaction=False)
        for name in (keys.lane(f"{job.site}|{job.queue}"), keys.queue(job.queue)):
            pipe.lpos(name, job.run_id, rank=-1)
            pipe.llen(name)
        places = pipe.execute()
        for place, length in zip(places[::2], places[1::2], strict=True):
            if place is not None:
                return int(length) - 1 - int(place)
        return None

    def places(self, site: str | None, queue: str | None) -> list[str]:
        """The `site|queue` that ever had a job, of this site and queue where they are given."""
        if site is not None and queue is not None:
            return [f"{site}|{queue}"]
        found = self.run_script("places", (), self.keys.prefix)
        known = [place.decode(errors="replace").rpartition("|") for place in found]
        return sorted(f"{s}|{q}" for s, _, q in known if site in (None, s) and queue in (None, q))

    def objects(self, key: str, *names: str, must: bool = False) -> dict[str, Any]:
        """The JSON objects in a hash by its fields, in which each name that is there, as it `must`
        or may be, has a number; what is no such thing is struck out (`object_in.lua`)."""
        found = self.run_script("objects", (), self.keys.prefix, key, "1" if must else "", *names)
        texts = [text.decode(errors="replace") for text in found]
        return {f: json.loads(text) for f, text in zip(texts[::2], texts[1::2], strict=True)}

    def in_indexes(
        self, command: str, places: list[str], statuses: Iterable[str], *rest: Any
    ) -> Iterator[tuple[str, str, Any]]:
        """What a command answers for each index of these places and statuses that is not empty:
        its place, its status, the answer; of some at an instant."""
        names = list(map(str, statuses))
        for start in range(0, len(places), PLACES_AT_ONCE):
            some = places[start : start + PLACES_AT_ONCE]
            words = command, len(some), *some, len(names), *names, *rest
            for place, status, answer in self.run_script(
                "in_indexes", (), self.keys.prefix, *words
            ):
                yield some[place], names[status], answer

    def ask_each(self, command: str, keys: list[str], *rest: Any) -> list[Any]:
        """What a command answers for each of many keys, of some at an instant."""
        found = []
        for start in range(0, len(keys), KEYS_AT_ONCE):
            some = keys[start : start + KEYS_AT_ONCE]
            found += self.run_script("each", (), command, len(some), *some, *rest)
        return found

    def now(self) -> float:
        """The Redis server's time, in seconds since the epoch."""
        return server_time(self.client)

    def fields(self, runs: Iterable[str], *names: str) -> list[list[bytes | None]]:
        """These fields of each run's record; None for what it has not."""
        return self.ask_each("HMGET", [*map(self.keys.record, runs)], *names)

    def read(self, runs: list[str]) -> Iterator[Job | None]:
        """Each run's Job, None for one that is gone."""
        for run, values in zip(runs, self.fields(runs, *record.SHOWN)):  # noqa: B905 (equal)
            known = values[0] is not None
            yield self.job(**record.of_values(run, values, self.signer)) if known else None

    def refused(self, length: int = 100) -> list[dict[str, Any]]:
        """The newest refused messages: at (seconds since the epoch), queue, run, reason."""
        return [json.loads(e) for e in self.client.lrange(self.keys.refused, 0, length - 1)]

    def number_refused(self) -> int:
        """How many were refused since the bench's Redis was empty."""
        return int(self.client.get(self.keys.refusals) or 0)

    def is_new(self, run: str) -> bool:
        """Whether there is no run of this id, and none has ended in these days."""
        return not self.client.exists(self.keys.record(run), self.keys.spent(run))

    def expire(self) -> None:
        """Take out of the indexes the runs whose retention is over (Redis removed their records),
        and those that others follow, which workers of older versions leave there."""
        words = (self.keys.expiring,), self.keys.prefix, EXPIRED_AT_ONCE
        gone, left = EXPIRED_AT_ONCE, 0
        while gone == EXPIRED_AT_ONCE:
            gone, left = self.run_script("expire", *words)
        if left < 2:
            since, self._swept_until = left * self._swept_until, self.now() - SWEPT_AGAIN_SECONDS
            runs = self.entered(since, -1, JobStatus.FAILED)
            with suppress(BrokerUnreachable):  # a full Redis takes nothing
                for start in range(0, len(runs), EXPIRED_AT_ONCE):
                    self.run_script("expire", *words, *runs[start : start + EXPIRED_AT_ONCE])
                if not left:
                    self.client.set(self.keys.swept, 1)

    def entered(self, since: float, most: int, *statuses: str) -> list[bytes]:
        """Runs that entered such a status since then (epoch); of each place `most` (-1: all)."""
        words = self.places(None, None), statuses, since, "+inf", "LIMIT", 0, most
        return [run for _, _, some in self.in_indexes("ZRANGEBYSCORE", *words) for run in some]


def bounds(since: float | None, until: float | None) -> tuple[str, str]:
    """A time as Redis has it; None: without an end on that side."""
    return "-inf" if since is None else repr(since), "+inf" if until is None else repr(until)


def _own_run(job_id: str) -> str:
    """An id that was made, not given, ends with its run's (`is_own_id.lua` looks whether it is)."""
    return job_id.replace("||", "::").rpartition("::")[2]
