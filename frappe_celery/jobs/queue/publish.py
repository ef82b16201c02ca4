"""Putting a job's message on the broker, seen by whoever listens to Celery's publish signals."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from frappe_celery.config import settings
from frappe_celery.config.signing import Signer
from frappe_celery.jobs import Job, get_store, hosts, providers, unsigned
from frappe_celery.jobs.bridge import Rerouted
from frappe_celery.jobs.limits import declarations
from frappe_celery.jobs.message import JobMessage, Sealed
from frappe_celery.jobs.record.refusals import Runs, Stands

T = TypeVar("T")

AT_ONCE, BYTES = 100, 500_000
"""Of jobs and of their messages in a step: Redis serves nobody else meanwhile."""
TASK_NAME = "frappe_celery.run_job"
"""The one Celery task; the method travels inside its message and shows as its name."""
STRATEGY = "frappe_celery.worker.task:job_strategy"
"""How a worker handles a message of ours, as Celery's tasks name it."""


def publish(message: JobMessage, **options: Any) -> Job | None:
    """Enqueue in the job store (options: see `JobStore.enqueue`), seen by whoever wants to know."""
    declarations.tell()
    job: Job | None = _in_trace(message, _signaled, partial(get_store().enqueue, **options))
    if job is not None:
        providers.published(message)
    return job


def publish_for_caller(message: JobMessage, **options: Any) -> Job | None:
    """The same, for code in a site: the job waits for the transaction that this has open."""
    if options.get("front", 0) >= 0:
        options["transaction"] = transaction_of_caller()
    return publish(message, **options)


def transaction_of_caller() -> str | None:
    """The one that jobs are to wait for, of code in a site."""
    return hosts.current().open_transaction() if settings.current().commit_wait else None


def by_route(message: JobMessage, publish: Callable[..., T]) -> T:
    """What `publish(routes=…)` returns, told the number of the routes that lead such to Celery.

    Raises:
        ConfigError: they lead to RQ.
    """
    while True:
        try:
            return publish(routes=hosts.current().route_to_celery(message.queue, message.site))
        except Rerouted:  # others hold now
            continue


def send(runs: Sequence[Sealed], **options: Any) -> Callable[[], set[str]]:
    """The same of some runs of one call, in one step; arguments and answer as of `JobStore.send`.

    Raises:
        ConfigError: their route leads to RQ; none was enqueued.
    """
    declarations.tell()
    store, first = get_store(), runs[0][0]
    runs = [_seen(run, store.signer) for run in runs]
    again = partial(store.send, runs, **options)
    sent = by_route(first, again)

    def answer() -> set[str]:
        try:
            left_out = sent()
        except Rerouted:
            left_out = by_route(first, lambda **by: again(**by)())
        for message, _ in runs:
            if message.run not in left_out:
                providers.published(message)
        return left_out

    return answer


def steps(runs: Iterable[Sealed]) -> Iterator[list[Sealed]]:
    """So many at a time as Redis takes in one step."""
    step: list[Sealed] = []
    size = most = 0
    for run in runs:
        if step and (len(step) == most or size + len(run[1]) > BYTES):
            yield step
            step, size = [], 0
        most = most if step else _at_once(run[0])
        step.append(run)
        size += len(run[1])
    if step:
        yield step


def _at_once(message: JobMessage) -> int:
    """How many like this one a step has: to look at one that a job waits for takes as long as to
    enqueue it, to look for one with its id half as long."""
    return max(1, int(AT_ONCE / (1 + len(message.depends_on or ()) + message.has_own_id / 2)))


def _seen(run: Sealed, signer: Signer) -> Sealed:
    """With both of Celery's signals before it is enqueued: a listener that traces opens a span at
    the first, within which the next message must not be."""
    message = _in_trace(run[0], _signaled)
    return run if message is run[0] else (message, message.seal(signer))


def _in_trace(message: JobMessage, publish: Callable[..., T], *args: Any) -> T:
    """What `publish` returns of the message, in a span of Sentry's where that is in use."""
    if sys.modules.get("sentry_sdk") is None:
        return publish(message, *args)
    from frappe_celery.jobs import sentry

    with sentry.enqueued(message) as headers:
        return publish(replace(message, headers={**message.headers, **headers}), *args)


def _signaled(message: JobMessage, enqueue: Callable[[JobMessage], Any] | None = None) -> Any:
    """What `enqueue` returns of it, else it, as listeners of Celery's signals around that want it.

    The second one comes also where nothing was enqueued, since the job waits or runs already:
    what a listener opened at the first is closed then.
    """
    done = message = _announced(message)
    if enqueue is not None:
        try:
            done = enqueue(message)
        except (Runs, Stands):
            _told(message)
            raise
    _told(message)
    return done


def _announced(message: JobMessage) -> JobMessage:
    """The message as listeners of the first signal want it."""
    signals = sys.modules.get("celery.signals")  # nobody listens in a process without it
    if signals is None or not signals.before_task_publish.receivers:
        return message
    ours = task_headers(message)
    headers = dict(ours)
    signals.before_task_publish.send(sender=message.label, headers=headers, **_about(message))
    added = {n: v for n, v in headers.items() if n in message.headers or n not in ours}
    return replace(message, headers=added)


def _told(message: JobMessage) -> None:
    signals = sys.modules.get("celery.signals")
    if signals is not None and signals.after_task_publish.receivers:
        signals.after_task_publish.send(
            sender=message.label, headers=task_headers(message), **_about(message)
        )


def task_headers(message: JobMessage) -> dict[str, Any]:
    """The headers of Celery's message protocol 2 for a job."""
    canvas = {}
    if message.canvas:
        from kombu.utils.json import loads

        canvas = loads(message.canvas)
        if canvas.get(unsigned.MARK):
            unsigned.mark_following(canvas)
    return {
        **message.headers,
        "lang": "py",
        "task": message.label,
        "shadow": message.label,
        "id": message.run,
        "root_id": message.run,
        "parent_id": None,
        "group": None,
        "eta": None,
        "expires": None,
        "retries": 0,
        "timelimit": [None, None],
        "argsrepr": "()",
        "kwargsrepr": "{}",
        "origin": "frappe_celery",
        "ignore_result": True,
        **canvas,
    }


def _about(message: JobMessage) -> dict[str, Any]:
    return {
        "body": ((), {}, {}),
        "exchange": "",
        "routing_key": message.queue,
        "declare": [],
        "properties": {"correlation_id": message.run, "reply_to": ""},
        "retry_policy": None,
    }
