"""Queues in the shape in which Frappe's code knows them from RQ; what enters one goes to Celery."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any

from rq.queue import Queue as RQQueue

from frappe_celery.config import settings
from frappe_celery.config.option_checks import FOR_EVER
from frappe_celery.errors import CannotTravel, NoSuchJob
from frappe_celery.hosts.bench import registry, routing, to_rq
from frappe_celery.hosts.bench.job import EXECUTE_JOB, AlsoRQs
from frappe_celery.hosts.bench.names import own_name, rq_name
from frappe_celery.hosts.bench.run_here import run_here
from frappe_celery.hosts.listed import oldest_first
from frappe_celery.jobs import Job, JobStatus, codec, get_store
from frappe_celery.jobs.new_message import new_message
from frappe_celery.jobs.options import follow, of_method, rqs_retry
from frappe_celery.jobs.queue import publish
from frappe_celery.jobs.routes import EVERY, Rerouted, Routes

RQS_PARAMETERS = signature(RQQueue.__init__)
PARAMETERS = {"name", "connection", "default_timeout", "is_async"}
"""Parameters of RQ's `Queue` that have a meaning for ours."""
TRUNCATION = "frappe.utils.background_jobs.truncate_failed_registry"
"""Frappe's default on_failure, which limits the failed jobs; the job store does that by itself."""


class Queue(RQQueue, metaclass=AlsoRQs):  # type: ignore[misc]
    """In place of `rq.Queue`; a name that is none of this bench's queues gives RQ's own queue."""

    in_place_of = RQQueue

    def __new__(cls, name: str = "default", *args: Any, **kwargs: Any) -> Any:
        if own_name(name) is None:
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
        self.queue: str = own_name(name) or name
        self.runs_here = not given.get("is_async", True)
        self.deduplicate = False
        """Whether an id that waits or runs is not enqueued again."""

    @classmethod
    def all(cls, connection: Any = None, *_: Any, **__: Any) -> list[Any]:
        """This bench's queues, then those that apps have in RQ."""
        store = get_store()
        own = [cls(rq_name(queue), connection=connection) for queue in settings.current().queues]
        others = RQQueue.all(connection=connection or store.client)
        return own + [queue for queue in others if own_name(queue.name) is None]

    # -- entering

    def enqueue_call(
        self,
        func: str | Callable[..., Any],
        args: Any = None,
        kwargs: dict[str, Any] | None = None,
        timeout: Any = None,
        result_ttl: int | None = None,
        **options: Any,
    ) -> Any:
        """What Frappe's `enqueue` ends in, now or after the commit: into the system to which the
        job's route leads.

        Returns the job, None for a duplicate.

        Raises:
            CannotTravel: a function or an option that only RQ's own workers could follow.
        """
        given = dict(
            func=func, args=args, kwargs=kwargs, timeout=timeout, result_ttl=result_ttl, **options
        )
        site = (kwargs or {}).get("site", "")
        routes = routing.current()
        while True:
            try:
                if routes is None or self.runs_here or routes.lead_to_celery(self.queue, site):
                    return self._into_celery(routes, **given)
                return to_rq.enqueue(self.store, self.name, routes, self.deduplicate, given)
            except Rerouted:
                routes = routing.read()

    def _into_celery(
        self,
        routes: Routes | None,
        func: str | Callable[..., Any],
        args: Any,
        kwargs: dict[str, Any] | None,
        timeout: Any,
        result_ttl: int | None,
        failure_ttl: int | None = None,
        job_id: str | None = None,
        at_front: bool = False,
        retry: Any = None,
        on_success: Any = None,
        on_failure: Any = None,
        **options: Any,
    ) -> Any:
        refused = [name for name, value in options.items() if value]
        if codec_path(func) != EXECUTE_JOB or args or refused or not kwargs:
            what = f"{', '.join(refused)}=…" if refused else repr(func)
            raise CannotTravel(
                f"queue {self.name} runs on Celery, which takes jobs of frappe.enqueue, not {what}:"
                " call frappe.enqueue(method, …)"
            )
        config = settings.current()
        if codec_path(getattr(on_failure, "func", on_failure)) == TRUNCATION:
            on_failure = None
        run = getattr(job_id, "run", None)  # of one that Frappe made up
        own_id = bool(job_id) and run is None
        retries, backoff = rqs_retry(retry)
        message = new_message(
            config,
            site=kwargs["site"],
            user=kwargs["user"],
            method=kwargs["method"],
            queue=self.queue,
            kwargs=kwargs["kwargs"],
            timeout=timeout,
            run=run,
            id=job_id,
            name=kwargs["job_name"],
            event=kwargs.get("event"),
            on_success=getattr(on_success, "func", on_success),  # of RQ's Callback
            on_failure=getattr(on_failure, "func", on_failure),
            encode=codec.encode_function,
            retries=retries,
            backoff=backoff,
            result_ttl=_seconds_kept(result_ttl, config.rq_results_ttl),
            failure_ttl=_seconds_kept(failure_ttl, config.rq_job_failure_ttl),
        )
        if not isinstance(kwargs["method"], str):  # its worker does not see what it is
            follow(of_method(kwargs["method"], codec_path(kwargs["method"])), message)
        front = -1 if self.runs_here else int(at_front)
        job = publish.publish_for_caller(
            message,
            own_id=own_id,
            deduplicate=self.deduplicate,
            front=front,
            routes=routes and routes.number,
        )
        if self.runs_here and job is not None:
            run_here(job, kwargs, on_success, on_failure)
        return job

    def push_job_id(self, job_id: str, *args: Any, **options: Any) -> Any:
        """What RQ's other ways to enqueue end in."""
        if self.leads_to_rq(EVERY):
            return self._rqs.push_job_id(job_id, *args, **options)
        raise CannotTravel(
            f"{job_id} cannot enter {self.name}, which runs on Celery: call frappe.enqueue"
        )

    def schedule_job(self, job: Any, *_: Any, **__: Any) -> None:
        """RQ's `enqueue_at` and `enqueue_in`, which Frappe does not have."""
        self.push_job_id(job.id)

    # -- looking

    def get_jobs(self, offset: int = 0, length: int = -1) -> list[Any]:
        """The jobs that wait, the oldest first; -1: all. In an armed bench RQ's follow."""
        jobs = oldest_first(self.store, self.queue, JobStatus.QUEUED, offset, length)
        self.store.read_messages(jobs)
        return [*jobs, *self._of_rqs(self._rqs.get_jobs, offset, length, len(jobs))]

    def get_job_ids(self, offset: int = 0, length: int = -1) -> list[str]:
        """Ids of the jobs that wait, the oldest first; on an armed bench RQ's behind Celery's."""
        found = oldest_first(self.store, self.queue, JobStatus.QUEUED, offset, length)
        return [
            *(job.id for job in found),
            *self._of_rqs(self._rqs.get_job_ids, offset, length, len(found)),
        ]

    @property
    def _rqs(self) -> Any:
        """RQ's own queue of this name."""
        return RQQueue(self.name, connection=self.connection)

    def _of_rqs(
        self, get: Callable[[int, int], list[Any]], offset: int, length: int, found: int
    ) -> list[Any]:
        """What is there of a page, of which so many were found already."""
        if routing.current() is None or found == length:
            return []
        ours = self.store.waiting(self.queue)
        return get(max(offset - ours, 0), length - found if length >= 0 else -1)

    @property
    def count(self) -> int:
        """How many jobs wait, on an armed bench in RQ too."""
        ours = self.store.waiting(self.queue)
        return ours if routing.current() is None else ours + int(self._rqs.count)

    def waiting_of(self, site: str) -> int:
        """How many of a site wait in Celery."""
        return self.store.counts(site=site, queue=self.queue)[JobStatus.QUEUED]

    def leads_to_rq(self, site: str) -> bool:
        """Whether a site's jobs go to RQ from here."""
        routes = routing.current()
        return routes is not None and not routes.lead_to_celery(self.queue, site)

    def is_empty(self) -> bool:
        return not self.count

    def fetch_job(self, job_id: str) -> Any:
        """The job with this id, None when there is none in this queue."""
        try:
            job = self.store.fetch(job_id)
        except NoSuchJob:
            return super().fetch_job(job_id)
        return job if job.queue == self.queue else None

    def get_job_position(self, job_or_id: Any) -> int | None:
        """Place of a job, 0 for the next one; None when it does not wait."""
        job = self.fetch_job(job_or_id) if isinstance(job_or_id, str) else job_or_id
        position: int | None = job and job.get_position()
        return position

    # -- emptying

    def empty(self) -> int:
        """Delete all that wait; returns how many."""
        jobs = oldest_first(self.store, self.queue, JobStatus.QUEUED)
        for job in jobs:
            job.delete()
        theirs = self._rqs.empty() if routing.current() is not None else 0
        return len(jobs) + int(theirs or 0)

    def delete(self, delete_jobs: bool = True) -> None:
        """Empty it; a bench's queue itself is there to stay."""
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

    # -- registries

    def _registry(self, status: JobStatus) -> registry.Registry:
        return registry.Registry(self.name, status)

    @property
    def started_job_registry(self) -> registry.Registry:
        return self._registry(JobStatus.STARTED)

    @property
    def finished_job_registry(self) -> registry.Registry:
        return self._registry(JobStatus.FINISHED)

    @property
    def failed_job_registry(self) -> registry.Registry:
        return self._registry(JobStatus.FAILED)

    @property
    def canceled_job_registry(self) -> registry.Registry:
        return self._registry(JobStatus.CANCELED)

    @property
    def deferred_job_registry(self) -> registry.Registry:
        """RQ's, for jobs that wait for others."""
        return self._registry(JobStatus.DEFERRED)

    @property
    def scheduled_job_registry(self) -> registry.Registry:
        """RQ's, for jobs that wait for their time."""
        return self._registry(JobStatus.SCHEDULED)


def codec_path(function: Any) -> str:
    """The dotted path of a function, or the text given."""
    if isinstance(function, str):
        return function
    return f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', '')}"


def _seconds_kept(ttl: int | None, configured: int) -> int | None:
    if ttl is None or ttl == configured:
        return None
    return FOR_EVER if ttl < 0 else ttl
