"""How a batch stands, and its jobs."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from frappe_celery.errors import InvalidJobOperation, NoSuchJob, Refused
from frappe_celery.jobs.job import ACTIVE, Job
from frappe_celery.jobs.record import record
from frappe_celery.jobs.record.store import JobStore

logger = logging.getLogger(__name__)

OUTCOMES = ("going", "finished", "failed", "stopped", "canceled", "deleted")
FAILURES = ("failed", "stopped")
TENDED_AT_ONCE = 1000
"""Of batches in a look; the others are next."""
_ABOUT = ("site", "title", "status", "alive_at", "begun_at", "ended_at", "reason")
CALLBACKS = ("on_ended", "on_finished")
OPEN = ("making", "going")
"""Statuses of batches that are to end."""
LOOKED_AT = 5_000
"""Of more batches the newest are looked through."""
_AT_ONCE = 100


@dataclass(frozen=True)
class BatchState:
    """A batch as it stood when it was read."""

    id: str
    site: str
    title: str
    status: str
    """`making` until all of it is enqueued, `going`, `ended` (`going` again while jobs that were
    requeued do), or `canceled`: it never was whole."""
    begun_at: datetime
    """Naive UTC, like a Job's times."""
    ended_at: datetime | None
    reason: str
    """Why it was canceled."""
    heard_at: datetime | None
    """While it is made, and not by an outbox: when its maker was last heard of."""
    going: int
    """Jobs that wait or run."""
    finished: int
    failed: int
    """For good, or stopped."""
    canceled: int
    """Or deleted."""

    @property
    def named(self) -> str:
        """For people, `Close 2026 (8f3c…)`: titles are no ids."""
        return f"{self.title} ({self.id})"

    @property
    def total(self) -> int:
        """Of its jobs, without duplicates; those that it is still to get do not count."""
        return self.going + self.done

    @property
    def done(self) -> int:
        """Jobs that have ended, however."""
        return self.finished + self.failed + self.canceled

    @property
    def is_finished(self) -> bool:
        """Whether all of its jobs have finished."""
        return self.status == "ended" and self.finished == self.total


def read(store: JobStore, *batches: str) -> list[BatchState | None]:
    """Each batch as it stands; None: it is forgotten, or never was."""
    pipe = store.client.pipeline(transaction=False)
    for batch in batches:
        pipe.hmget(store.keys.batch(batch), *_ABOUT, *OUTCOMES)
    return [_state(*both) for both in zip(batches, pipe.execute(), strict=True)]


def _state(batch: str, values: list[bytes | None]) -> BatchState | None:
    texts = [(value or b"").decode() for value in values]
    site, title, status, alive_at, begun_at, ended_at, reason = texts[: len(_ABOUT)]
    counts = dict(zip(OUTCOMES, (int(n or 0) for n in texts[len(_ABOUT) :]), strict=True))
    if not status:
        return None
    if status == "ended" and counts["going"]:
        status, ended_at = "going", ""
    return BatchState(
        *(batch, site, title, status, record.naive_utc(float(begun_at))),
        ended_at=record.naive_utc(float(ended_at)) if ended_at else None,
        reason=reason,
        heard_at=record.naive_utc(float(alive_at)) if alive_at else None,
        going=counts["going"],
        finished=counts["finished"],
        failed=counts["failed"] + counts["stopped"],
        canceled=counts["canceled"] + counts["deleted"],
    )


def fetch(store: JobStore, batch: str, site: str | None = None) -> BatchState:
    """A batch as it stands.

    Raises:
        NoSuchJob: there is none, or not of that site.
    """
    (state,) = read(store, batch)
    if state is None or site not in (None, state.site):
        raise NoSuchJob(
            f"no batch {batch!r}: never enqueued, or forgotten (a day after its end, unless failed"
            " jobs of it are kept); frappe-celery batches list shows those that there are"
        )
    return state


def page(
    store: JobStore, site: str | None = None, start: int = 0, length: int = -1
) -> list[BatchState]:
    """Batches, newest first; -1: all."""
    end = None if length < 0 else start + length
    if site is None:
        return _between(store, start, -1 if end is None else end - 1)
    of_site = (state for state in _newest_first(store) if state.site == site)
    return list(islice(of_site, start, end))


def _newest_first(store: JobStore) -> Iterator[BatchState]:
    for first in range(0, store.client.zcard(store.keys.batches), _AT_ONCE):
        yield from _between(store, first, first + _AT_ONCE - 1)


def _between(store: JobStore, first: int, last: int) -> list[BatchState]:
    ids = store.client.zrevrange(store.keys.batches, first, last)
    return [state for state in read(store, *(id.decode() for id in ids)) if state is not None]


def not_ended(store: JobStore, site: str | None = None) -> list[BatchState]:
    """Batches that are OPEN or canceled, newest first, of the newest LOOKED_AT."""
    newest = islice(_newest_first(store), LOOKED_AT)
    return [one for one in newest if one.status != "ended" and site in (None, one.site)]


def open_ones(store: JobStore, site: str | None = None) -> list[str]:
    """Those that are OPEN, as people call them."""
    return [batch.named for batch in not_ended(store, site) if batch.status in OPEN]


def callbacks(store: JobStore, batch: str) -> dict[str, Job | None]:
    """The newest run of each of its callbacks, by CALLBACKS; None: its record is gone."""
    values = store.client.hmget(store.keys.batch(batch), *CALLBACKS)
    lines = {
        role: value.decode().partition(" ")
        for role, value in zip(CALLBACKS, values, strict=True)
        if value
    }
    return {role: store.find_line(first, job_id) for role, (first, _, job_id) in lines.items()}


def members(store: JobStore, batch: str, *outcomes: str) -> Iterator[tuple[str, str]]:
    """The first run and the id of those of its jobs that have one of these OUTCOMES; of all without
    one."""
    wanted = outcomes or OUTCOMES
    for first_run, value in _noted(store, batch, only_failed={*wanted} <= {*FAILURES}):
        outcome, _, job_id = value.decode().partition(" ")
        if outcome in wanted:
            yield first_run.decode(), job_id


def _noted(store: JobStore, batch: str, only_failed: bool) -> Iterator[tuple[bytes, bytes]]:
    client, key = store.client, store.keys.members(batch)
    if not only_failed:
        yield from client.hscan_iter(key, count=500)
        return
    failed = client.sscan_iter(store.keys.failed_members(batch), count=500)
    while some := list(islice(failed, 500)):
        values = client.hmget(key, some)
        yield from ((first, value) for first, value in zip(some, values, strict=True) if value)


def jobs(store: JobStore, batch: str, *outcomes: str) -> Iterator[Job]:
    """The newest run of each; what is past its retention, or stands otherwise by then, is left
    out."""
    for first_run, job_id in list(members(store, batch, *outcomes)):
        job = store.find_line(first_run, job_id)
        if job is not None and (not outcomes or _outcome(job) in outcomes):
            yield job


def _outcome(job: Job) -> str:
    return "going" if job.status in ACTIVE else job.status.value


def give_up(
    store: JobStore, batch: str, why: str = "it was canceled before all of it was enqueued"
) -> None:
    """Cancel one that is still `making`, with its callbacks; it gets no more jobs.

    Raises:
        BrokerUnreachable.
    """
    store.run_script("abort_batch", (), store.keys.prefix, batch, "alive_at", "inf", why)


def cancel(store: JobStore, batch: str) -> int:
    """Cancel those of its jobs that wait, and it if it is still `making`; how many these were.

    Raises:
        BrokerUnreachable.
    """
    give_up(store, batch)
    why = record.reason("canceled with its batch before it started", store.signer)
    keep, number, cursor = store.settings.rq_results_ttl, 0, b"0"
    some: int
    while True:
        words = (store.keys.prefix, batch, cursor, time.time(), keep, *why)
        cursor, some = store.run_script("cancel_members", (), *words)
        number += some
        if cursor == b"0":
            return number


def requeue_failed(store: JobStore, batch: str) -> int:
    """Run again what failed or was stopped; how many these were.

    Raises:
        BrokerUnreachable.
        Refused: records of some were altered; the others were requeued.
    """
    number, refused = 0, dict[str, Refused]()
    for job in jobs(store, batch, *FAILURES):
        try:
            store.requeue(job)
            number += 1
        except Refused as exc:
            refused[job.id] = exc
        except (InvalidJobOperation, NoSuchJob):
            pass  # it has gone on meanwhile
    if refused:
        *_, why = refused.values()
        raise Refused(f"{number} were requeued, but not {', '.join(refused)}: {why}")
    return number


def tend(store: JobStore, until: float | None = None) -> list[str]:
    """What a worker does now and then for the batches that are due for it (`tend.lua`).

    Args:
        until: those that are due until then, seconds since the epoch; None: now.

    Returns:
        Those that it canceled.

    Raises:
        BrokerUnreachable.
    """
    canceled, due = [], store.now() if until is None else until
    for batch in store.client.zrangebyscore(store.keys.tending, "-inf", due, 0, TENDED_AT_ONCE):
        cursor, why = b"0", b""
        while True:
            cursor, why = store.run_script("tend", (), store.keys.prefix, batch, cursor)
            if why:
                canceled.append(batch.decode())
                logger.error("batch %s is canceled: %s", batch.decode(), why.decode())
            if cursor == b"0":
                break
    return canceled
