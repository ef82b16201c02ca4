"""What task code calls: `enqueue` and its family, with Frappe's signatures and semantics.

Frappe's versions differ, and `frappe_version` says which one is meant.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from functools import cached_property, partial
from typing import Any, Literal, overload

from frappe_celery.config import settings
from frappe_celery.config.texts import require_whole
from frappe_celery.errors import ConfigError, DeduplicateNeedsJobId
from frappe_celery.jobs import Job, JobStatus, get_store, hosts, providers
from frappe_celery.jobs.dependencies import dependency
from frappe_celery.jobs.message import JobMessage, sealed
from frappe_celery.jobs.new_message import message_of_call
from frappe_celery.jobs.options import NO_OPTIONS, JobOptions
from frappe_celery.jobs.outbox import at_commit
from frappe_celery.jobs.queue import publish

Method = str | Callable[..., Any]
Callback = Callable[..., Any] | None

ASKED = "__frappe_celery_asked__"
"""The keyword by which `job_options` says what is asked beyond `enqueue`'s own words; any other
belongs to the method."""
RUN_DOC_METHOD = "frappe.utils.background_jobs.run_doc_method"
STARVATION_THRESHOLD = 16
"""v17, `at_front_when_starved`: from how many waiting jobs on a queue counts as starved."""
SINCE = {"deduplicate": 15, "at_front_when_starved": 16, "retry": 17}
"""Words of `enqueue` that belong to the method before these versions of Frappe."""
OWN_WORDS = {
    *("method", "queue", "timeout", "event", "is_async", "async", "job_name", "now"),
    *("enqueue_after_commit", "on_success", "on_failure", "at_front", "job_id"),
}
"""Of `enqueue`, in each version."""
SAID = ("method", "queue", "timeout", "event", "name", "on_success", "on_failure")
"""Arguments of `message_of_call` that a call of `enqueue` has, in its order."""


class Call:
    """What a call of `enqueue` says of its jobs: all but their arguments and ids, and of whom they
    are: the site and the user that the calling code is in.

    Args:
        words: its further keywords, out of which `enqueue`'s own are taken.
        said: as `SAID` names them.
    """

    def __init__(self, words: dict[str, Any], at_front: bool, *said: Any) -> None:
        self.config = settings.current()
        version = self.config.frappe_version
        self.asked: JobOptions = words.pop(ASKED, NO_OPTIONS)
        own: dict[str, Any] = {}
        if not SINCE.keys().isdisjoint(words):
            own = {w: words.pop(w) for w, since in SINCE.items() if w in words and version >= since}
        waits_for = self.asked.depends_on
        at_front = at_front or (waits_for is not None and dependency.goes_first(waits_for))
        front = 1 if at_front else STARVATION_THRESHOLD if own.get("at_front_when_starved") else 0
        self.options: dict[str, Any] = {
            "deduplicate": bool(own.get("deduplicate")),
            "front": front,
            "at": self.asked.at,
        }
        """Of `JobStore.enqueue`."""
        given = dict(zip(SAID, said, strict=True))
        self.queue: str = given["queue"]
        given |= {"timeout": given["timeout"] or None, "name": given["name"] or None}
        self._said = {**given, "retry": own.get("retry"), "asked": self.asked}

    @cached_property
    def own_words(self) -> set[str]:
        """The words that belong to no method."""
        version = self.config.frappe_version
        return OWN_WORDS | {word for word, since in SINCE.items() if version >= since}

    @property
    def waits(self) -> bool:
        """Whether its jobs enter their queue later."""
        asked = self.asked
        return (asked.at, asked.depends_on, asked.batch) != (None, None, None)

    def check_id(self, job_id: str | None) -> None:
        """Raises DeduplicateNeedsJobId."""
        if self.options["deduplicate"] and not job_id:
            raise DeduplicateNeedsJobId(
                "deduplicate=True needs a job_id to compare by: enqueue(…, job_id='import::X',"
                " deduplicate=True)"
            )

    def enter(self) -> None:
        """Be of the site and the user that the calling code is in."""
        host = hosts.current()
        self.site, self.user = host.current_site(), host.current_user()
        self.at_most = self.config.most_waiting(self.site)

    def message(self, kwargs: dict[str, Any], job_id: str | None) -> JobMessage:
        """That of a job, as it is now.

        Raises:
            UnknownQueue, BadTimeout, CannotTravel, ConfigError.
            NoSuchJob: one that it is to wait for is gone.
        """
        message = message_of_call(
            self.config,
            site=self.site,
            user=self.user,
            kwargs=kwargs,
            id=hosts.current().job_id(job_id, self.site) if job_id else None,
            **self._said,
        )
        if self.asked.depends_on is not None:
            message.depends_on = dependency.lines_of(self.asked.depends_on, message)
        if self.asked.batch is not None:
            self.asked.batch.join(message)
        return message


@overload
def enqueue(
    method: Method, queue: str = ..., timeout: int | str | None = ..., event: str | None = ...,
    is_async: Literal[True] = ..., job_name: str | None = ..., now: Literal[False] = ...,
    enqueue_after_commit: Literal[False] = ..., *, on_success: Callback = ...,
    on_failure: Callback = ..., at_front: bool = ..., job_id: str | None = ...,
    deduplicate: Literal[False] = ..., **kwargs: Any,
) -> Job: ...  # fmt: skip
@overload
def enqueue(
    method: Method, queue: str = ..., timeout: int | str | None = ..., event: str | None = ...,
    is_async: Literal[True] = ..., job_name: str | None = ..., now: Literal[False] = ...,
    enqueue_after_commit: bool = ..., *, on_success: Callback = ..., on_failure: Callback = ...,
    at_front: bool = ..., job_id: str | None = ..., deduplicate: bool = ..., **kwargs: Any,
) -> Job | None: ...  # fmt: skip
@overload
def enqueue(
    method: Method, queue: str = ..., timeout: int | str | None = ..., event: str | None = ...,
    is_async: bool = ..., job_name: str | None = ..., now: bool = ...,
    enqueue_after_commit: bool = ..., *, on_success: Callback = ..., on_failure: Callback = ...,
    at_front: bool = ..., job_id: str | None = ..., deduplicate: bool = ..., **kwargs: Any,
) -> Any: ...  # fmt: skip
def enqueue(
    method: Method,
    queue: str = "default",
    timeout: int | str | None = None,
    event: str | None = None,
    is_async: bool = True,
    job_name: str | None = None,
    now: bool = False,
    enqueue_after_commit: bool = False,
    *,
    on_success: Callback = None,
    on_failure: Callback = None,
    at_front: bool = False,
    job_id: str | None = None,
    **kwargs: Any,
) -> Any:
    """Have a worker call `method(**kwargs)`.

    Args:
        method: dotted path, function or bound method; a path that does not import fails in the
            worker, not here.
        queue: short, default, long, or one of `workers` in the configuration.
        timeout: seconds (or '1h'; -1: none) that it may run; the queue's own when not given.
        event: carried along, as Frappe does.
        is_async: False: call it here and now (in tests: run it here as a worker would).
        job_name: shown; v14's way to tell jobs apart.
        now: call it here through `frappe.call` and return what it returns.
        enqueue_after_commit: enqueue once the open transaction is committed, never when it is
            rolled back; returns None.
        on_success: called in the worker as `on_success(job, connection, result)`.
        on_failure: called in the worker as `on_failure(job, connection, type, value, traceback)`.
        at_front: before all that wait in its queue.
        job_id: to ask for it by, within the site.
        kwargs: the method's arguments. From v15 `deduplicate=True` is ours: not enqueued (returns
            None) while a job with this `job_id` waits or runs. From v16 so is
            `at_front_when_starved`, in v17 `retry`: how often it is run again after a failure, a
            number or RQ's Retry, with its pauses.

    Returns:
        The Job; None after commit or for a duplicate; the method's value when called here.

    Raises:
        UnknownQueue, BadTimeout, CannotTravel, DeduplicateNeedsJobId, BrokerUnreachable,
        QueueOverloaded (from v16), ConfigError: also where a bench's route leads such a job to RQ.
    """
    is_async = kwargs.pop("async", is_async)
    call = Call(kwargs, at_front, method, queue, timeout, event, job_name, on_success, on_failure)
    call.check_id(job_id)
    if (now or not is_async) and call.waits:
        raise ConfigError(
            "what is enqueued by enqueue_in, enqueue_at, with depends_on or in a batch waits: leave"
            " out now=True and is_async=False"
        )
    unique = call.asked.unique
    if unique is not None:
        if now or not is_async or call.waits or call.options["deduplicate"]:
            raise ConfigError(
                "unique_for, debounce and keep_newest go with none of now=True, is_async=False,"
                " deduplicate, depends_on, a batch, enqueue_in and enqueue_at"
            )
        enqueue_after_commit = enqueue_after_commit or publish.transaction_of_caller() is not None
    host = hosts.current()
    if now or (not is_async and not host.in_test()):
        if call.options["deduplicate"] and get_store().is_active(create_job_id(job_id)):
            return None
        return host.call(method, kwargs)

    call.enter()
    message = call.message(kwargs, job_id)
    options = call.options if is_async else {**call.options, "front": -1}  # run here, by no worker

    def send_it(message: JobMessage, **more: Any) -> Job | None:
        asked = {**options, **more, "at_most": call.at_most}
        send = partial(publish.publish_for_caller, message, **asked)
        if is_async:
            return publish.by_route(message, send)
        if (job := send()) is not None:
            providers.run_here(message)
            job.refresh()
        return job

    enqueue_it = send_it if unique is None else partial(unique.enqueue, enqueue=send_it)
    batch = call.asked.batch
    keeps = batch is not None and batch.keeps(call, enqueue_after_commit)
    if not (keeps or enqueue_after_commit):
        return enqueue_it(message)
    host.route_to_celery(message.queue, call.site)
    run = sealed(message, call.config)  # here, not only after the commit, as Frappe pickles it
    if keeps:
        batch.keep(call, [run])
        return get_store().job_of(message)
    if unique is not None:
        unique.key_of(message)
    if is_async and unique is None and at_commit.is_on(call.site):
        at_commit.add([run], call.at_most, **options)
    else:
        host.after_commit(lambda: enqueue_it(call.message(kwargs, job_id)))
    return None


async def aenqueue(method: Method, *args: Any, **kwargs: Any) -> Any:
    """`enqueue` of code on an event loop, which it does not block. Raises as that does."""
    return await asyncio.to_thread(enqueue, method, *args, **kwargs)


@overload
def enqueue_doc(
    doctype: str, name: str | None = ..., method: str | None = ..., queue: str = ...,
    timeout: int | str = ..., now: Literal[False] = ..., *, is_async: Literal[True] = ...,
    enqueue_after_commit: Literal[False] = ..., deduplicate: Literal[False] = ..., **kwargs: Any,
) -> Job: ...  # fmt: skip
@overload
def enqueue_doc(
    doctype: str, name: str | None = ..., method: str | None = ..., queue: str = ...,
    timeout: int | str = ..., now: Literal[False] = ..., *, is_async: Literal[True] = ...,
    enqueue_after_commit: bool = ..., deduplicate: bool = ..., **kwargs: Any,
) -> Job | None: ...  # fmt: skip
@overload
def enqueue_doc(
    doctype: str, name: str | None = ..., method: str | None = ..., queue: str = ...,
    timeout: int | str = ..., now: bool = ..., *, is_async: bool = ...,
    enqueue_after_commit: bool = ..., deduplicate: bool = ..., **kwargs: Any,
) -> Any: ...  # fmt: skip
def enqueue_doc(
    doctype: str,
    name: str | None = None,
    method: str | None = None,
    queue: str = "default",
    timeout: int | str = 300,
    now: bool = False,
    **kwargs: Any,
) -> Any:
    """Have a worker call a controller method: `getattr(frappe.get_doc(doctype, name), method)`.

    Without a name a new document is made.
    """
    return enqueue(
        RUN_DOC_METHOD,
        doctype=doctype,
        name=name,
        doc_method=method,
        queue=queue,
        timeout=timeout,
        now=now,
        **kwargs,
    )


def create_job_id(job_id: str | None = None, site: str | None = None) -> str:
    """The effective job id: `site::job_id`, from v16 on `site||job_id` with ':' as '|'.

    Raises:
        ConfigError: no job can have it.
    """
    require_whole("job_id", job_id)
    host = hosts.current()
    return host.job_id(job_id or str(uuid.uuid4()), site or host.current_site())


def get_job(job_id: str) -> Job | None:
    """The newest job under this id of the current site, None when there is none.

    The id is the one that the caller gave, or the effective one that the Job has.
    """
    return next(filter(None, map(get_store().find, _forms(job_id))), None)


def _forms(job_id: str) -> list[str]:
    """The effective ids that one can mean on the current site, that of Frappe's reading first."""
    of_the_site = create_job_id("x")[:-1]
    is_effective = job_id and job_id.startswith(of_the_site)
    return [create_job_id(job_id), job_id] if is_effective else [create_job_id(job_id)]


def get_job_status(job_id: str) -> JobStatus | None:
    """Its status, None when there is none."""
    job = get_job(job_id)
    return job.status if job else None


def is_job_enqueued(job_id: str) -> bool:
    """Whether a job with this id, in either form, waits or runs."""
    return any(map(get_store().is_active, _forms(job_id)))


def get_jobs(
    site: str | None = None, queue: str | list[str] | None = None, key: str = "method"
) -> dict[str, list[str]]:
    """Waiting jobs by site: their `key`, 'method' or 'job_name'.

    Raises:
        ConfigError: another key.
    """
    if key not in ("method", "job_name"):
        raise ConfigError(f"get_jobs(key={key!r}): it must be 'method' or 'job_name'")
    by_site: dict[str, list[str]] = {}
    for name in [queue] if isinstance(queue, str) else queue or list(settings.current().queues):
        for job in get_store().all_of(JobStatus.QUEUED, site=site, queue=name):
            by_site.setdefault(job.site, []).append(getattr(job, key))
    return by_site


def get_info(show_failed: bool = False) -> list[dict[str, Any]]:
    """Waiting and running jobs of the current site."""
    statuses = [JobStatus.STARTED, JobStatus.QUEUED]
    if show_failed:
        statuses.append(JobStatus.FAILED)
    site = hosts.current().current_site()
    return [
        {
            "job_id": job.id,
            "job_name": job.job_name,
            "method": job.method,
            "queue": job.queue,
            "status": job.status.value,
            "creation": job.created_at,
            "exc_info": job.exc_info,
            "site": job.site,
        }
        for status in statuses
        for job in get_store().all_of(status, site=site)
    ]
