"""Queues in the shape in which Frappe's code knows them from RQ; what enters one goes to Celery."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from inspect import signature
from typing import Any

import frappe
from rq.queue import Queue as RQQueue

from frappe_celery.config import settings
from frappe_celery.errors import CannotTravel
from frappe_celery.hosts.bench import rq_names
from frappe_celery.hosts.bench.rq_job import AlsoRQs, as_current
from frappe_celery.hosts.bench.rq_job import Job as BenchJob
from frappe_celery.jobs import Job, JobStatus, get_store, hosts
from frappe_celery.jobs.job import running
from frappe_celery.jobs.message import sealed
from frappe_celery.jobs.new_message import message_of_call, method_name
from frappe_celery.jobs.outbox import at_commit
from frappe_celery.jobs.queue import publish
from frappe_celery.jobs.workers import process_name

RQS_PARAMETERS = signature(RQQueue.__init__)
PARAMETERS = {"name", "connection", "default_timeout", "is_async"}
"""Parameters of RQ's `Queue` that have a meaning for ours."""


class Queue(RQQueue, metaclass=AlsoRQs):  # type: ignore[misc]
    """In place of `rq.Queue`; a name that is none of this bench's queues gives RQ's own queue."""

    in_place_of = RQQueue

    def __new__(cls, name: str = "default", *args: Any, **kwargs: Any) -> Any:
        if rq_names.own_name(name) is None:
            return RQQueue(name, *args, **kwargs)
        return super().__new__(cls)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """RQ 1 and 2 have the parameters in another order: the installed one says."""
        given = RQS_PARAMETERS.bind(self, *args, **kwargs).arguments
        store, name = get_store(), given.get("name", "default")
        super().__init__(
            name,
            connection=given.get("connection") or store.client,
            default_timeout=given.get("default_timeout"),
        )
        self.store = store
        self.queue: str = rq_names.own_name(name) or name
        self.runs_here = not given.get("is_async", True)
        self.after_commit = False
        """Whether what enters it is a row of the transaction, by the site's outbox."""
        self.deduplicate = False
        """Whether an id that waits or runs is not enqueued again."""

    @classmethod
    def all(cls, connection: Any = None, *_: Any, **__: Any) -> list[Any]:
        """This bench's queues, then those that apps have in RQ."""
        store = get_store()
        own = [
            cls(rq_names.rq_name(queue), connection=connection)
            for queue in settings.current().queues
        ]
        others = RQQueue.all(connection=connection or store.client)
        return own + [queue for queue in others if rq_names.own_name(queue.name) is None]

    # -- entering

    def enqueue_call(
        self,
        func: str | Callable[..., Any],
        args: Any = None,
        kwargs: dict[str, Any] | None = None,
        timeout: Any = None,
        result_ttl: int | None = None,
        *,
        failure_ttl: int | None = None,
        job_id: str | None = None,
        at_front: bool = False,
        retry: Any = None,
        on_success: Any = None,
        on_failure: Any = None,
        routes: int | None = None,
        **options: Any,
    ) -> Any:
        """What Frappe's `enqueue` ends in, now or after the commit.

        Args:
            routes: number of those that led here, where there are routes.

        Returns the job, None for a duplicate.

        Raises:
            CannotTravel: a function or an option that only RQ's own workers could follow.
        """
        refused = [name for name, value in options.items() if value]
        if method_name(func) != rq_names.EXECUTE_JOB or args or refused or not kwargs:
            what = f"{', '.join(refused)}=…" if refused else repr(func)
            raise CannotTravel(
                f"queue {self.name} runs on Celery, which takes jobs of frappe.enqueue, not {what}:"
                " call frappe.enqueue(method, …)"
            )
        config = settings.current()
        on_success = getattr(on_success, "func", on_success)  # of RQ's Callback
        on_failure = getattr(on_failure, "func", on_failure)
        if method_name(on_failure) == rq_names.TRUNCATION:
            on_failure = None
        message = message_of_call(
            config,
            **rq_names.as_message(kwargs),
            queue=self.queue,
            timeout=timeout,
            run=getattr(job_id, "run", None),  # of one that Frappe made up
            id=job_id,
            on_success=on_success,
            on_failure=on_failure,
            retry=retry,
            in_test=hosts.current().in_test(),
            result_ttl=rq_names.seconds_kept(result_ttl, config.rq_results_ttl),
            failure_ttl=rq_names.seconds_kept(failure_ttl, config.rq_job_failure_ttl),
        )
        front = -1 if self.runs_here else int(at_front)
        asked: dict[str, Any] = {"deduplicate": self.deduplicate, "front": front}
        if self.after_commit:
            at_commit.add([sealed(message, config)], **asked)
            return None
        job = publish.publish_for_caller(message, routes=routes, **asked)
        if self.runs_here and job is not None:
            _run_here(job, kwargs, on_success, on_failure)
        return job

    def push_job_id(self, job_id: str, *args: Any, **options: Any) -> Any:
        """What RQ's other ways to enqueue end in."""
        raise CannotTravel(
            f"{job_id} cannot enter {self.name}, which runs on Celery: call frappe.enqueue"
        )

    def schedule_job(self, job: Any, *_: Any, **__: Any) -> None:
        """RQ's `enqueue_at` and `enqueue_in`, which Frappe does not have."""
        self.push_job_id(job.id)

    # -- looking

    def get_jobs(self, offset: int = 0, length: int = -1) -> list[Any]:
        """The jobs that wait, the next one first; -1: all."""
        jobs = self._waiting(offset, length)
        self.store.read_messages(jobs)
        return jobs

    def get_job_ids(self, offset: int = 0, length: int = -1) -> list[str]:
        """Ids of the jobs that wait, the next one first; -1: all."""
        return [job.id for job in self._waiting(offset, length)]

    def _waiting(self, offset: int = 0, length: int = -1) -> list[Any]:
        """The sites in turn, each in the order of its line; what a limit or a transaction keeps
        back, or RabbitMQ has, stands in no line and comes last, the oldest first."""
        runs = self.store.runs_of(self.queue, JobStatus.QUEUED)
        place = {r: n for line in self.store.standing(self.queue) for n, r in enumerate(line)}
        runs.sort(key=lambda run: place.get(run, len(place)))  # of `runs` a sort sees none
        some = runs[offset:][: None if length < 0 else length]
        return [job for job in self.store.read(some) if job is not None]

    @property
    def count(self) -> int:
        """How many jobs wait."""
        return self.store.waiting(self.queue)

    def fetch_job(self, job_id: str) -> Any:
        """The job with this id, None when there is none in this queue."""
        (job,) = BenchJob.fetch_many([job_id], self.connection)
        return job if job is not None and job.origin == self.name else None

    def get_job_position(self, job_or_id: Any) -> int | None:
        """Place of a job, 0 for the next one; None when it does not wait."""
        job = self.fetch_job(job_or_id) if isinstance(job_or_id, str) else job_or_id
        if isinstance(job, Job):
            return job.get_position()
        place: int | None = super().get_job_position(job_or_id)  # RQ's own job asks its queue
        return place

    # -- emptying

    def empty(self) -> int:
        """Delete all that wait; returns how many."""
        jobs = self._waiting()
        for job in jobs:
            job.delete()
        return len(jobs)

    def delete(self, delete_jobs: bool = True) -> None:
        """Empty it; a bench's queue itself is there to stay, and so is what RQ still has in it."""
        if delete_jobs:
            self.empty()

    def remove(self, job_or_id: Any, pipeline: Any = None) -> Any:
        """Delete one that waits here; one that is left in RQ is taken out of RQ's queue."""
        job = self.fetch_job(job_or_id) if isinstance(job_or_id, str) else job_or_id
        if not isinstance(job, Job):
            return super().remove(job_or_id, pipeline)
        if job.is_queued:
            job.delete()
        return None


def _run_here(job: Job, arguments: dict[str, Any], on_success: Any, on_failure: Any) -> None:
    """Run it as RQ's synchronous queues do: whatever it raises, SystemExit too, is its own failure;
    what a callback raises is the caller's, and changes nothing of how the job has ended."""
    from frappe.utils import background_jobs  # which is what brings the seam, and us, in

    store = get_store()
    store.start(job.run_id, process_name())
    try:
        with running(job), as_current(job):
            result = background_jobs.execute_job(**arguments)
    except BaseException:
        store.fail(job.run_id, traceback.format_exc(), site=job.site)
        job.refresh()
        if on_failure is not None:
            _function(on_failure)(job, store.client, *sys.exc_info())
    else:
        store.finish(job.run_id, result)
        job.refresh()
        if on_success is not None:
            _function(on_success)(job, store.client, result)


def _function(callback: Any) -> Callable[..., Any]:
    """A callback is a function or a dotted path."""
    found: Callable[..., Any] = frappe.get_attr(callback) if isinstance(callback, str) else callback
    return found
