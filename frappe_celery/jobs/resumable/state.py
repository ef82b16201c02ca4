"""What a running job knows of itself and notes in Redis, and how it leaves its process."""

from __future__ import annotations

import logging
import signal
import threading
import time
from typing import Any

from frappe_celery.errors import BrokerUnreachable, ConfigError, GoesOn
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
        self.open_item: tuple[str, memory.Key, bool] | None = None
        """The one that runs: its loop, its key, whether the others go on if it raises."""
        self.has_committed = False
        """An item, since it was last asked."""
        self.some_done = False
        """It has committed an item in this run."""
        self.leaves: GoesOn | None = None
        self._noted = 0.0
        self._resumes = ""

    def begins_anew(self) -> bool:
        """The method is called once more; whether items were committed before that."""
        self.loops.clear()
        self.open_item = None
        committed, self.has_committed = self.has_committed, False
        return committed

    def note_failure(self, error: Exception) -> bool:
        """Of the item that raised, where the others go on; False: they do not."""
        if self.open_item is None or not self.open_item[2]:
            return False
        (name, key, _), host = self.open_item, hosts.current()
        with host.in_site(self.job.site, self.job.user):
            rows = memory.Memory(self.line, name, self.job.run_id)
            rows.read()
            rows.fail(key, f"{type(error).__name__}: {error}")
            host.commit()
        self.has_committed = self.some_done = True
        return True

    def note(self, done: int, total: int | None) -> None:
        """How far it is, at most once a second; raises GoesOn: it has been stopped."""
        resumes = SOME_DONE if self.some_done else NOTHING_DONE
        now = time.monotonic()
        if resumes == self._resumes and now < self._noted + NOTE_SECONDS:
            return
        self._noted = now
        status = write(self.job, done, total, "", resumes)
        if status is None:
            return
        self._resumes = resumes
        if status not in (JobStatus.STARTED.value, ""):
            self.leave(f"it is {status}", False)

    def look(self, longest: float) -> str:
        """Why it is to leave at the end of this item, before one as long as the longest; '' : it is
        not."""
        if providers.leaving():
            return "its worker leaves"
        if threading.current_thread() is not threading.main_thread():
            return ""
        left, _ = signal.getitimer(signal.ITIMER_REAL)
        return "its time is up" if 0 < left < 2 * longest + LEAST_LEFT_SECONDS else ""

    def leave(self, why: str, first: bool) -> None:
        self.leaves = GoesOn(why, first)
        raise self.leaves

    def finish(self, result: Any) -> None:
        """Its method has returned: what it remembers goes once that is recorded.

        Raises:
            GoesOn: it was to leave, and its method has swallowed that.
        """
        if self.leaves is not None:
            raise self.leaves
        get_store().finish(self.job.run_id, result)
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
