"""What a call says of the jobs that its own waits for: `options(depends_on=…)`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from frappe_celery.config.numbers import require, shown
from frappe_celery.config.texts import require_whole
from frappe_celery.errors import ConfigError
from frappe_celery.jobs import get_store, hosts
from frappe_celery.jobs.job import Job
from frappe_celery.jobs.message import JobMessage, Line
from frappe_celery.jobs.record.refusals import no_record

MOST = 200
"""Jobs that one may depend on: the script that ends it lets go of them all."""
_OF_NONE = (
    ", which enqueue returns of a duplicate (give its job_id) and of what is enqueued after commit"
    " (for that nothing can wait before the commit: enqueue both in a batch(…,"
    " enqueue_after_commit=True))"
)


class Dependency:
    """Jobs that another waits for, with RQ's words (`rq.job.Dependency`, which is taken too).

    Args:
        jobs: Jobs, or ids of jobs of the same site; one, or any number of them.
        allow_failure: True: it runs also where they fail, are stopped, canceled or deleted.
        enqueue_at_front: True: it goes before all that wait in its queue then.

    Raises:
        ConfigError: a value that cannot be followed.
    """

    def __init__(
        self, jobs: Any, allow_failure: bool = False, enqueue_at_front: bool = False
    ) -> None:
        given = {"allow_failure": allow_failure, "enqueue_at_front": enqueue_at_front}
        for name, value in given.items():
            require(isinstance(value, bool), f"Dependency {name}", value, "True or False")
        self.dependencies = several(jobs)
        self.allow_failure = allow_failure
        self.enqueue_at_front = enqueue_at_front


def several(given: Any) -> list[Any]:
    """One, or any number of them: a generator is empty when it is read again."""
    is_many = isinstance(given, Iterable) and not isinstance(given, (str, bytes))
    return list(given) if is_many else [given]


def lines_of(depends_on: Any, message: JobMessage) -> list[Line] | None:
    """What a message says of the jobs that its job waits for; None: it need not wait.

    Raises:
        ConfigError: it cannot be followed; names the value.
        NoSuchJob: there is no record of one.
        BrokerUnreachable.
    """
    found: dict[str, Line] = {}
    for given, may_fail in _each(depends_on):
        job = _fetch(given, message.site)
        if job.id == message.id:
            raise ConfigError(
                f"depends_on names job {job.id}, and the new job has that id: none waits for"
                " itself. Give the new one another job_id"
            )
        if job.site != message.site:
            raise ConfigError(
                f"depends_on names job {job.id} of site {job.site}, and the new job is of site"
                f" {message.site}: only jobs of one site wait for each other"
            )
        before = found.get(job.first_run, (..., ..., 1))[2]
        found[job.first_run] = (job.first_run, job.id, min(before, int(may_fail)))
    if len(found) > MOST:
        raise ConfigError(
            f"depends_on names {len(found)} jobs, and a job may wait for {MOST}: have one job wait"
            " for some of them, and so on"
        )
    return list(found.values()) or None


def goes_first(depends_on: Any) -> bool:
    """Whether it asks for the front of the queue."""
    return any(getattr(one, "enqueue_at_front", False) for one in several(depends_on))


def _each(depends_on: Any, may_fail: bool = False) -> Iterator[tuple[Any, bool]]:
    for given in several(depends_on):
        if hasattr(given, "dependencies"):
            yield from _each(given.dependencies, bool(given.allow_failure))
        else:
            yield given, may_fail


def _fetch(given: Any, site: str) -> Job:
    if isinstance(given, Job) and hasattr(given, "first_run"):  # a bench's Job stands for RQ's too
        return given
    if not isinstance(given, str) or not given:
        hint = "" if given is not None else _OF_NONE
        raise ConfigError(
            f"depends_on holds {shown(given)}{hint}: give jobs, ids of jobs, or Dependency(jobs,"
            " allow_failure=True)"
        )
    require_whole("depends_on", given)
    store = get_store()
    for job_id in (hosts.current().job_id(given, site), given):
        if (job := store.find(job_id)) is not None:
            return job
    raise no_record(f"depends_on names job {shown(given)}", store.settings)
