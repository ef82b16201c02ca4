"""A test session's own broker, and `frappe_jobs`: what a test sees of jobs, and how it runs them.

`pytest_plugin` begins and ends it; nothing here is for production.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import redis
from celery import signals

from frappe_celery.brokers.taker import Ended, Taken, Taker
from frappe_celery.config import parts, settings
from frappe_celery.config.files import variable
from frappe_celery.config.settings import REDIS_SCHEMES
from frappe_celery.job_options import instant, seconds
from frappe_celery.jobs import Job, get_store, hosts, providers
from frappe_celery.jobs.message import JobMessage
from frappe_celery.jobs.new_message import method_name
from frappe_celery.jobs.queue.scheduled import promote
from frappe_celery.jobs.workers import process_name
from frappe_celery.worker.perform import run_claimed

logger = logging.getLogger(__name__)

URLS = ("broker_url", "redis_queue", "redis_cache", "redis_socketio")
CELERYS_URLS = ("CELERY_BROKER_URL", "CELERY_BROKER_READ_URL", "CELERY_BROKER_WRITE_URL")
"""Variables that win over a Celery app's own configuration."""
CONSUMER = "tests"
BINDINGS = b"_kombu.binding"
"""In keys that kombu writes once a connection: a team's own tasks need them in the next test."""


class SentTask(NamedTuple):
    """A task of the team's own, as it was sent."""

    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    id: str


class FrappeJobs:
    """The jobs of one test (fixture `frappe_jobs`)."""

    def __init__(self) -> None:
        self.at_once = False
        """Whether each job is run when it is enqueued; a test sets it for the rest of itself.
        Celery's `task_always_eager` does so for all tests."""
        self._enqueued: list[Job] = []
        self._sent: list[SentTask] = []
        self._runs = False

    def enqueued(self, method: str | Callable[..., Any] | None = None) -> list[Job]:
        """What this test enqueued, in that order, as it is now; only of `method` where given."""
        fresh = get_store().read([job.run_id for job in self._enqueued])
        jobs = [now or then for now, then in zip(fresh, self._enqueued, strict=True)]
        return [job for job in jobs if method is None or job.method == method_name(method)]

    def assert_enqueued(self, method: str | Callable[..., Any], **arguments: Any) -> Job:
        """Assert that a job of this method was enqueued with these arguments, others left open.

        Returns:
            The last such job: its queue, user, site, status and result can be asked.
        """
        __tracebackhide__ = True
        for job in reversed(self.enqueued(method)):
            if arguments.items() <= job.kwargs.items():
                return job
        wanted = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
        there = [f"  {job.description} in {job.queue}" for job in self.enqueued()]
        raise AssertionError(
            f"no job {method_name(method)}({wanted}) was enqueued; these were:\n"
            + ("\n".join(there) or "  none")
        )

    def run(
        self, *, until: datetime | timedelta | float | None = None, raising: bool = True
    ) -> list[Job]:
        """Run what waits, and what that enqueues, here and in a worker's order.

        Args:
            until: jobs for later (`enqueue_in`, a repetition after a failure) run too that are due
                until then, in the order of their times: a datetime (a naive one is in the site's
                time zone), seconds from now or a timedelta. What such a job enqueues for later
                counts from the time that it was due. Not given: those that are due now, by a clock
                that freezegun or time-machine may have moved.
            raising: the first exception of a job is raised here, and the others wait on; False:
                it only fails its job, as in a worker.

        Returns:
            The jobs that ran, with their status.

        Raises:
            ConfigError: `until` is none of these.
        """
        ran: list[Job] = []
        if self._runs:  # of a job that is being run: the loop below comes to it
            return ran
        self._runs = True
        try:
            later = Later(due_by(until))
            while (run := _run_next(raising)) is not None or later.comes():
                if run is not None:
                    later.put_off()
                    ran.append(get_store().fetch_run(run))
        finally:
            self._runs = False
        return ran

    def sent(self, task: Any = None) -> list[SentTask]:
        """The team's own Celery tasks that this test sent, in that order, also by
        `delay_on_commit`, and those that ran eagerly; only of `task`, or of that name."""
        name = getattr(task, "name", task)
        return [each for each in self._sent if name in (None, each.name)]

    def note(self, message: JobMessage) -> None:
        self._enqueued.append(get_store().job_of(message))
        conf = _celery_configuration()
        if self.at_once or (conf and conf.task_always_eager):
            self.run(raising=bool(conf and conf.task_eager_propagates))


class Later:
    """The jobs for later that a `run` comes to.

    Args:
        until: seconds since the epoch.
    """

    def __init__(self, until: float) -> None:
        self._until = until
        self._ahead = 0.0
        """By how many seconds the time of the job that ran last is ahead of the clock."""
        self._seen = dict(self._due())

    def comes(self) -> bool:
        """Have the next one that is due wait in its queue, or what waits for jobs that have ended;
        whether there was one."""
        store = get_store()
        if store.client.exists(store.keys.settling):
            promote(store, 0)
            return True
        for run, due in self._due():
            if due > self._until:
                break
            self._ahead = max(self._ahead, due - time.time())
            store.client.zadd(store.keys.scheduled, {run: 0}, xx=True)
            promote(store, 1)
            return True
        return False

    def put_off(self) -> None:
        """What was enqueued since the last time counts from the time of the job that did."""
        store = get_store()
        for run, due in self._due():
            if run not in self._seen:
                store.client.zadd(store.keys.scheduled, {run: due + self._ahead}, xx=True)
        self._seen = dict(self._due())

    def _due(self) -> list[tuple[bytes, float]]:
        store = get_store()
        return list(store.client.zrange(store.keys.scheduled, 0, -1, withscores=True))


def due_by(until: datetime | timedelta | float | None) -> float:
    """In seconds since the epoch; ConfigError: it is no time."""
    if until is None:
        return time.time()
    return instant(until) if isinstance(until, datetime) else time.time() + seconds(until)


def _run_next(raising: bool) -> str | None:
    store = get_store()
    taker = Taker(store, CONSUMER, process_name())
    store.run_script("alive", (store.keys.consumers,), CONSUMER)
    tag = secrets.token_hex(8)
    taken = taker.take(tag, tuple(store.settings.queues), Ended())
    if taken is None:
        return None
    try:
        error = _run(taken)
    finally:
        taker.take("", (), Ended(tag))
    if error is not None and raising:
        raise error
    return taken.run


def _run(taken: Taken) -> BaseException | None:
    message = taken.open(get_store().signer)
    with nullcontext() if hosts.is_bench() else _standalone().of_a_job():
        try:
            result = run_claimed(message, taken.sealed, process_name())
        except (Exception, SystemExit) as exc:
            logger.error("%s[%s] failed", message.label, message.run, exc_info=True)
            return exc
        get_store().finish(message.run, result)
    return None


def _standalone() -> Any:
    return parts.load(parts.HOSTS, "tests")


def _celery_configuration() -> Any:
    if "celery" not in sys.modules:
        return None
    from celery import current_app

    return current_app.conf


class Session:
    """One test session's broker: the embedded server with a folder of its own.

    It is in the environment, so that it wins over every configuration, in processes that tests
    start as well, and so is a key that no other process signs or checks by.
    """

    def __init__(self) -> None:
        self.jobs = FrappeJobs()
        self._block = ExitStack()
        self._folder = Path(tempfile.mkdtemp(prefix="frappe_celery-tests-"))
        embedded = parts.load(parts.HOSTS, "embedded")
        self._url = str(embedded.ensure(self._folder, is_meant=True))
        self._redis = redis.Redis.from_url(self._url)
        self._before = dict(os.environ)
        os.environ |= dict.fromkeys((*map(variable, URLS), *CELERYS_URLS), self._url)
        os.environ[variable("redis_queue_sentinel_enabled")] = "false"
        os.environ[variable("frappe_celery_key")] = secrets.token_hex()
        if not hosts.is_bench() and _standalone().uses_our_database():
            os.environ[variable("database_url")] = f"sqlite:///{self._folder}/frappe.sqlite3"
        settings.use(None)
        providers.published = lambda message: self.jobs.note(message)
        signals.after_task_publish.connect(self._note_sent)
        signals.task_prerun.connect(self._note_eager)

    def _note_sent(self, sender: str, headers: dict[str, Any], body: Any, **_: Any) -> None:
        args, kwargs = body[:2]
        self.jobs._sent.append(SentTask(sender, tuple(args), dict(kwargs), headers["id"]))

    def _note_eager(self, task_id: str, task: Any, args: Any, kwargs: Any, **_: Any) -> None:
        if task.request.is_eager:
            self.jobs._sent.append(SentTask(task.name, tuple(args), dict(kwargs), task_id))

    def move_results(self) -> None:
        """Celery's results too, where they would go into a Redis of the project's."""
        conf = _celery_configuration()
        if conf and (conf.result_backend or "").startswith(REDIS_SCHEMES):
            os.environ["CELERY_RESULT_BACKEND"] = self._url

    def begin_test(self) -> None:
        """Once the fixtures have opened the test's transaction: `frappe.db.rollback` ends here."""
        if not hosts.is_bench():
            self._block.enter_context(_standalone().of_a_test())

    def leave_site(self) -> None:
        """Flags, user, cache and an open transaction are gone."""
        if not hosts.is_bench():
            _standalone().leave_site()

    def end_test(self) -> None:
        """The next test finds no job, nothing cached and no site entered.

        Nor documents: pytest-django rolls its database back or flushes it, that of our own is
        emptied.
        """
        self.leave_site()
        self._block.close()
        if not hosts.is_bench():
            _standalone().forget_documents()
        self.jobs = FrappeJobs()
        keys = [key for key in self._redis.scan_iter(count=1000) if BINDINGS not in key]
        if keys:
            self._redis.unlink(*keys)

    def end(self) -> None:
        """The environment is as it was; the server stops with this process."""
        providers.published = lambda message: None
        signals.after_task_publish.disconnect(self._note_sent)
        signals.task_prerun.disconnect(self._note_eager)
        os.environ.clear()
        os.environ.update(self._before)
        settings.use(None)
        shutil.rmtree(self._folder, ignore_errors=True)
