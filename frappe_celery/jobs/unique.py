"""One of many: of jobs that ask for the same, one does it (`options(unique_for=…)`, `debounce`,
`keep_newest`). Redis decides in the step that enqueues (`unique.lua`), by a key within the site.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from frappe_celery.config.numbers import is_number, require
from frappe_celery.errors import ConfigError, NoSuchJob
from frappe_celery.jobs import codec, get_store
from frappe_celery.jobs.job import Job
from frappe_celery.jobs.message import LINE, UNIQUE, JobMessage
from frappe_celery.jobs.record.refusals import Runs, Stands


@dataclass(frozen=True)
class Unique:
    """Which jobs are the same, and what becomes of one while another is there."""

    way: str
    """unique_for, debounce or keep_newest."""
    key: str | None
    seconds: float | None
    """From the enqueue of one: no other is enqueued."""
    debounce: float | None
    """Seconds for which nobody has asked, before it runs."""
    max_wait: float | None
    """Seconds from the first asking after which it runs, whoever asks."""

    def enqueue(self, message: JobMessage, enqueue: Callable[..., Job | None]) -> Job | None:
        """The new job; None: another was enqueued so short a time ago; or the one that waits, which
        has this one's arguments now.

        Args:
            enqueue: of a message, with options of `JobStore.enqueue`.
        """
        headers = {**message.headers, UNIQUE: self.key_of(message)}
        message, follows = message.like(headers=headers), ""
        while True:
            now = time.time()
            at, by = (None if s is None else now + s for s in (self.debounce, self.max_wait))
            said = {"unique_way": self.way, "unique_for": self.seconds, "follows": follows}
            try:
                return enqueue(message, at=at, by=by, **said)
            except Stands as there:
                if job := self._changed(there.args[0], message, at):
                    return job
            except Runs as there:
                follows = there.args[0]
                message = message.like(depends_on=[(*there.args, 1)])
            except NoSuchJob:  # what it was to follow
                message, follows = message.like(depends_on=None), ""

    def _changed(self, run: str, message: JobMessage, at: float | None) -> Job | None:
        """The job that waits, with another one's arguments; None: it waits no more."""
        store = get_store()
        try:
            job = store.fetch_run(run)
        except NoSuchJob:
            return None
        # what has been done of it was done with other arguments (`resumable`)
        headers = {**job.opened.headers, LINE: secrets.token_hex(16)}
        job.opened = job.opened.like(kwargs=message.kwargs, headers=headers)
        job.message = job.opened.seal(store.signer)
        words = (store.keys.prefix, run, job.message, "" if at is None else repr(at))
        return job if store.run_script("change", (store.keys.record(run),), *words) else None

    def key_of(self, message: JobMessage) -> str:
        """Raises ConfigError: what the job does cannot be compared."""
        by_value = not isinstance(message.method, str) or codec.PICKLE in message.kwargs
        if by_value and self.key is None:
            raise ConfigError(
                f"{message.label} or its arguments travel as a pickle, which cannot be compared:"
                " say which jobs are the same by unique_key='…'"
            )
        said = json.dumps([message.path, self.key or message.kwargs], sort_keys=True).encode()
        return f"{message.site}|{get_store().signer.sign('unique', said).decode()}"


def asked(
    unique_for: float | None,
    debounce: float | None,
    max_wait: float | None,
    keep_newest: bool | None,
    unique_key: str | None,
) -> Unique | None:
    """What a call says of it; None: nothing.

    Raises:
        ConfigError: a value that cannot be followed; names it.
    """
    given = {"unique_for": unique_for, "debounce": debounce, "keep_newest": keep_newest or None}
    ways = [way for way, said in given.items() if said is not None]
    seconds = (("unique_for", unique_for), ("debounce", debounce), ("max_wait", max_wait))
    for name, said in seconds:
        right = said is None or (is_number(said) and 0 < said < 1e9)
        require(right, name, said, "a number of seconds above 0")
    if len(ways) > 1 or (unique_key is not None and not ways):
        raise ConfigError(f"say one of {', '.join(given)}; unique_key goes with each of them")
    if max_wait is not None and not (debounce is not None and max_wait >= debounce):
        raise ConfigError(f"max_wait={max_wait!r} needs debounce, which is no longer than it")
    return Unique(ways[0], unique_key, unique_for, debounce, max_wait) if ways else None
