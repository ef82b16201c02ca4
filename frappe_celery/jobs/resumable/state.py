"""What a running job knows of itself and notes in Redis, and how it leaves its process."""

from __future__ import annotations

import logging
import signal
import threading
import time
from contextlib import suppress
from typing import Any

from frappe_celery.errors import BrokerUnreachable, ConfigError, GoesOn, JobTimeoutException
from frappe_celery.jobs import codec, hosts, providers
from frappe_celery.jobs.job import Job, JobStatus, current_job
from frappe_celery.jobs.message import LINE, JobMessage
from frappe_celery.jobs.options import declared, default_options
from frappe_celery.jobs.record.store import JobStore, get_store
from frappe_celery.jobs.resumable import memory

logger = logging.getLogger(__name__)

NOTE_SECONDS = 1.0
LEAST_LEFT_SECONDS = 0.5
STOPS_SECONDS = 10.0
"""How long a job that was stopped may take to the end of its item."""
MOST_LOST = 3
NOTHING_DONE, SOME_DONE = "0", "1"


def line_of(message: JobMessage) -> str:
    """What all runs of a job have in common, until its arguments are changed."""
    return str(message.headers.get(LINE) or message.first_run or message.run)


class Resuming:
    """Of a job that loops over `each`, for as long as it runs here (`Job.resuming`)."""

    def __init__(self, job: Job) -> None:
        self.job, self.line, self.rows = job, line_of(job.opened), 0
        self.loops: set[str] = set()
        """Names of those of this attempt."""
        self.is_inside = False
        """An item runs."""
        self.open_item: tuple[str, memory.Key] | None = None
        """The last one that was not ended, if others go on when it raises: its loop, its key."""
        self.has_committed = False
        """An item, since the method was called."""
        self.some_done = False
        """The run has committed an item, in whichever process."""
        with suppress(BrokerUnreachable):
            self.some_done = some_done(get_store(), job.run_id)
        self.leaves: GoesOn | None = None
        self._noted = 0.0
        self._resumes = ""

    def begins_anew(self) -> bool:
        """The method is called once more; whether items were committed before that."""
        self.loops.clear()
        self.open_item, self.is_inside = None, False
        committed, self.has_committed = self.has_committed, False
        return committed

    def may_wait(self) -> bool:
        """Whether it may wait for a database that was lost: three times without an item between,
        which may be what loses it."""
        record, client = self.job.store.keys.record(self.job.run_id), self.job.store.client
        try:
            if self.rows:
                client.hset(record, "lost", 0)
            return bool(self.rows or client.hincrby(record, "lost", 1) <= MOST_LOST)
        except BrokerUnreachable:
            return True

    def goes_past(self, error: Exception) -> bool:
        """Note what an item raised, where the others go on; False: they do not. Of one that had
        committed by itself a part is there, and of one that took too long no time is left."""
        if self.open_item is None or isinstance(error, JobTimeoutException):
            return False
        (name, key), host = self.open_item, hosts.current()
        with host.in_site(self.job.site, self.job.user):
            rows = memory.Memory(self.line, name, self.job.run_id)
            rows.read()
            if rows.state_of(key) == memory.State.BEGUN:
                return False
            rows.fail(key, f"{type(error).__name__}: {error}")
            host.commit()
        self.begins_anew()
        return True

    def note(self, done: int, total: int | None) -> GoesOn | None:
        """How far it is, at most once a second; what it leaves by if it has been stopped."""
        resumes = SOME_DONE if self.some_done else NOTHING_DONE
        now = time.monotonic()
        if resumes == self._resumes and now < self._noted + NOTE_SECONDS:
            return None
        self._noted = now
        status = write(self.job, done, total, "", resumes)
        if status is None:
            return None
        self._resumes = resumes
        return None if status in (JobStatus.STARTED.value, "") else self._leave(f"it is {status}")

    def look(self, longest: float) -> GoesOn | None:
        """What it leaves by at the end of an item, before one as long as the longest."""
        if providers.leaving():
            return self._leave("its worker leaves", first=True)
        if threading.current_thread() is threading.main_thread():
            left, _ = signal.getitimer(signal.ITIMER_REAL)
            if 0 < left < 2 * longest + LEAST_LEFT_SECONDS:
                return self._leave("its time is up")
        return None

    def _leave(self, why: str, first: bool = False) -> GoesOn:
        self.leaves = GoesOn(why, first)
        return self.leaves

    def finish(self, result: Any) -> None:
        """Its method has returned: what it remembers goes once that is recorded."""
        if get_store().finish(self.job.run_id, result) != JobStatus.FINISHED.value:
            return  # it was stopped, and may be requeued
        try:
            memory.forget(self.job.site, self.line, self.rows)
        except Exception as exc:  # they go when they are old
            logger.warning("what %s has done is not forgotten yet: %s", self.job.label, exc)


def resuming() -> Resuming | None:
    """Of the running job; None outside of one.

    Raises:
        ConfigError: it is not resumable.
    """
    job = current_job()
    if job is None:
        return None
    if job.resuming is None:
        by_value = declared(job.opened.decoded_method())
        if not (by_value.resumable or default_options(job.opened).resumable):
            raise ConfigError(
                f"{job.label} is not resumable: frappe_celery.each and step need"
                " @frappe_celery.options(resumable=True) on the job's method"
            )
        job.resuming = Resuming(job)
    found: Resuming = job.resuming
    return found


def write(
    job: Job, done: float | None, total: float | None, text: str, resumes: str = ""
) -> str | None:
    """Note it in the job's record; its status, None: Redis is away."""
    store, run = job.store, job.run_id
    words: list[Any] = ["resumes", resumes] if resumes else []
    if done is not None:
        encoded = codec.dumps([done, total, text, time.time()]).encode(errors="backslashreplace")
        words += ["progress", store.signer.hide(encoded)]
    key = (store.keys.record(run),)
    try:
        status: bytes = store.run_script("note_progress", key, store.keys.prefix, run, *words)
    except BrokerUnreachable:
        return None
    return status.decode(errors="replace")


def go_on(store: JobStore, message: JobMessage, consumer: str, tag: str, first: bool) -> None:
    """Have a run that left its process wait again; raises BrokerUnreachable."""
    keys = store.keys
    waits_in = store.waiting_list(message.site, message.queue)
    where = (keys.record(message.run), keys.in_flight(consumer), waits_in)
    words = (keys.prefix, message.run, tag, "1" if first else "")
    if store.run_script("go_on", where, *words) and store.forwarder is not None:
        store.forwarder.forward([message.run])


def ends_soon(store: JobStore, run: str) -> bool:
    """Of one that was stopped: whether it may still come to the end of its item."""
    ((resumes, ended_at),) = store.fields([run], "resumes", "ended_at")
    return bool(resumes and ended_at and store.now() < float(ended_at) + STOPS_SECONDS)


def some_done(store: JobStore, run: str) -> bool:
    """Whether it has committed an item since it began; raises BrokerUnreachable."""
    return bool(store.client.hget(store.keys.record(run), "resumes") == SOME_DONE.encode())
