"""Jobs in the shape in which Frappe's code knows them from RQ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

from rq.command import send_stop_job_command as stop_rqs
from rq.exceptions import InvalidJobOperation as RQInvalidJobOperation
from rq.exceptions import NoSuchJobError
from rq.job import Job as RQJob
from rq.job import _job_stack
from rq.results import Result

from frappe_celery import jobs
from frappe_celery.config.secrets import masked
from frappe_celery.errors import InvalidJobOperation, NoSuchJob
from frappe_celery.hosts.bench.rq_names import EXECUTE_JOB, arguments, arguments_of, rq_name
from frappe_celery.jobs import JobStatus, codec, get_store
from frappe_celery.jobs.job import ACTIVE

META = "meta"
"""The field of a record, and what its signature is for."""


class AlsoRQs(type):
    """A class in place of one of RQ's, which RQ's own objects are instances of as well."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return super().__instancecheck__(instance) or isinstance(instance, cls.in_place_of)

    in_place_of: type


@contextmanager
def in_rqs_words() -> Iterator[None]:
    """Our errors as the ones of RQ that Frappe's code catches."""
    try:
        yield
    except NoSuchJob as exc:
        raise NoSuchJobError(str(exc)) from exc
    except InvalidJobOperation as exc:
        raise RQInvalidJobOperation(str(exc)) from exc


class Job(jobs.Job, metaclass=AlsoRQs):
    """In place of `rq.job.Job`: `kwargs` are the arguments of Frappe's `execute_job`."""

    in_place_of = RQJob

    def __init__(self, *args: Any, **fields: Any) -> None:
        super().__init__(*args, **fields)
        if self.ended_at and not self.started_at:  # Frappe takes one from the other
            if self.status == JobStatus.CANCELED:
                self.ended_at = None
            else:
                self.started_at = self.ended_at

    # -- finding

    @classmethod
    def fetch(cls, id: str, connection: Any = None, serializer: Any = None) -> Any:
        """The newest run under this id; else RQ's own job, which an app may have, or which is left.

        One that waits or runs goes before one that is over. Ours is looked for once more after
        RQ's: it may have been moved meanwhile.

        Raises:
            NoSuchJobError: neither has it.
        """
        ours = _ours(id)
        if ours is not None and ours.status in ACTIVE:
            return ours
        client = connection or get_store().client
        try:
            theirs = RQJob.fetch(id, connection=client, serializer=serializer)
        except NoSuchJobError:
            moved = _ours(id)
            if moved is None:
                raise
            return moved
        is_active = theirs.get_status(refresh=False) in ACTIVE
        return theirs if ours is None or is_active else ours

    @classmethod
    def fetch_many(
        cls, job_ids: Iterable[str], connection: Any = None, serializer: Any = None
    ) -> list[Any]:
        """As many as there are ids, None for one that is gone."""
        found: list[Any] = []
        for job_id in job_ids:
            try:
                found.append(cls.fetch(job_id, connection, serializer))
            except NoSuchJobError:
                found.append(None)
        get_store().read_messages([job for job in found if isinstance(job, jobs.Job)])
        return found

    @classmethod
    def exists(cls, job_id: str, connection: Any = None) -> bool:
        """Whether there is a job with this id."""
        return cls.fetch_many([job_id], connection) != [None]

    create: ClassVar[Callable[..., Any]] = RQJob.create
    """RQ's own, for an app with RQ queues of its own."""

    # -- what it runs

    def execution_arguments(self) -> dict[str, Any]:
        """What Frappe's `execute_job` is to be called with; raises what reading them raises."""
        return arguments_of(self.opened)

    @cached_property
    def kwargs(self) -> dict[str, Any]:
        """`execution_arguments`, to be shown; in place of unreadable ones, the reason."""
        try:
            found = self.execution_arguments()
            # what follows a death carries that job's message
            return masked(found) if self.method.startswith("frappe_celery.") else found
        except Exception as exc:
            why = {"unreadable": f"{type(exc).__name__}: {exc}"}
            return arguments(self.site, self.user, self.method, None, self.job_name, why)

    @property
    def _kwargs(self) -> dict[str, Any]:
        """RQ's own name for them, by which Frappe's Sentry context asks (`frappe.utils.sentry`)."""
        return self.kwargs

    func_name = EXECUTE_JOB
    """What RQ would call, always."""

    @property
    def origin(self) -> str:
        """The queue as RQ calls it, with the bench's id: `home-frappe-bench:short`."""
        return rq_name(self.queue)

    @property
    def failure_ttl(self) -> int:
        """Seconds that its record is kept once it has failed."""
        own = self.opened.failure_ttl
        return self.store.settings.rq_job_failure_ttl if own is None else own

    @property
    def result_ttl(self) -> int:
        """Seconds that its record is kept once it has finished."""
        own = self.opened.result_ttl
        return self.store.settings.rq_results_ttl if own is None else own

    @property
    def connection(self) -> Any:
        return self.store.client

    @cached_property
    def meta(self) -> dict[str, Any]:
        """What the job's code keeps with it, signed; `save_meta` makes a change last.

        Raises:
            Refused: it was not saved with this bench's key for this run.
        """
        sealed = self.connection.hget(self.store.keys.record(self.run_id), META)
        return {} if sealed is None else self.store.opened(META, self.run_id, sealed)

    def get_meta(self, refresh: bool = True) -> dict[str, Any]:
        """`meta`, read again unless told otherwise."""
        if refresh:
            self.__dict__.pop("meta", None)
        return self.meta

    def save_meta(self) -> None:
        """Keep it as long as the record; raises CannotTravel when something cannot be carried."""
        store = self.store
        encoded = codec.encode_value(self.meta, store.settings.frappe_celery_pickle)
        sealed = store.signer.seal(META, codec.dumps([self.run_id, encoded]).encode())
        store.run_script("write_field", (store.keys.record(self.run_id),), "", META, sealed)

    def save(self, *_: Any, **__: Any) -> None:
        """RQ's way to keep all of a job; of ours only `meta` can be changed."""
        self.save_meta()

    def get_id(self) -> str:
        """RQ's older name for `id`."""
        return self.id

    # -- how it goes

    last_heartbeat: ClassVar[datetime | None] = None
    """RQ's sign of life, which ours give by their worker."""

    def refresh(self) -> None:
        """Read the record again; raises NoSuchJobError when it is gone."""
        with in_rqs_words():
            super().refresh()
        self.__dict__.pop("meta", None)

    def get_status(self, refresh: bool = True) -> Any:
        """Its status; None when its record is gone."""
        try:
            return super().get_status(refresh)
        except NoSuchJobError:
            return None

    def latest_result(self, timeout: int = 0) -> Any:
        """RQ's `Result`: how it ended, None while it has not; it is not waited for.

        RQ has none of what was canceled; there v16's Desk looks for the reason.
        """
        status = self.get_status()
        if status not in _RESULT_TYPES:
            return None
        return Result(
            self.id,
            _RESULT_TYPES[status],
            self.connection,
            id=self.run_id,
            created_at=self.ended_at or self.enqueued_at,
            return_value=self.result,
            exc_string=self.exc_info,
        )

    def results(self) -> list[Any]:
        """That alone: `attempts` has what was tried before."""
        latest = self.latest_result()
        return [] if latest is None else [latest]

    # -- what can be done with it

    def cancel(self, *_: Any, **__: Any) -> None:
        """Take it out of its queue. One that a worker has begun meanwhile goes on, as under RQ.

        Raises:
            InvalidJobOperation: RQ's; it was canceled before.
        """
        with in_rqs_words():
            try:
                super().cancel()
            except InvalidJobOperation:
                if self.get_status() == JobStatus.CANCELED:
                    raise

    stop = in_rqs_words()(jobs.Job.stop)
    """End it while it runs; raises RQ's InvalidJobOperation when it does not."""

    def delete(self, *_: Any, **__: Any) -> None:
        """Remove its record, and it from its queue."""
        super().delete()

    def requeue(self, at_front: bool = False, *, dependants: bool = False) -> jobs.Job:
        """Run an ended job again; raises RQ's InvalidJobOperation when it has not ended."""
        with in_rqs_words():
            return super().requeue(dependants=dependants)


def _ours(job_id: str) -> Any:
    """The job of that very id: the store would find one by its run's as well, of any site."""
    found = get_store().find(job_id)
    return found if found and found.id == job_id else None


def send_stop_job_command(connection: Any, job_id: str, serializer: Any = None) -> None:
    """RQ's: end a running job as stopped (Desk: Force Stop; a prepared report that is deleted).

    The process that runs it is killed, as RQ does.

    Raises:
        NoSuchJobError: there is no such job.
        InvalidJobOperation: RQ's; it does not run.
    """
    job = Job.fetch(job_id, connection)
    if isinstance(job, jobs.Job):
        job.stop()
    else:
        stop_rqs(job.connection, job_id)


@contextmanager
def as_current(job: jobs.Job) -> Iterator[None]:
    """Make the job that runs RQ's current one too, which looks nowhere else for it."""
    _job_stack.push(job)
    try:
        yield
    finally:
        _job_stack.pop()


_RESULT_TYPES = {
    JobStatus.FINISHED: Result.Type.SUCCESSFUL,
    JobStatus.FAILED: Result.Type.FAILED,
    JobStatus.STOPPED: Result.Type.STOPPED,
    JobStatus.CANCELED: Result.Type.STOPPED,
}
