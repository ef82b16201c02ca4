"""How far a job is, for people: noted in its record, and told to Desk."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from frappe_celery.config.numbers import is_number, require
from frappe_celery.errors import Refused
from frappe_celery.jobs import hosts
from frappe_celery.jobs.job import Job, current_job
from frappe_celery.jobs.resumable.state import NOTE_SECONDS, write

MOST_TEXT = 500
_last = ("", 0.0)
"""The run that told of itself, and when; of `time.monotonic`."""


@dataclass(frozen=True)
class Progress:
    done: float
    total: float | None
    text: str
    at: float
    """When it was told, in seconds since the epoch."""

    def __str__(self) -> str:
        of = "" if self.total is None else f" of {self.total:,}"
        percent = f" ({100 * self.done / self.total:.0f} %)" if self.total else ""
        return f"{self.done:,}{of}{percent}{': ' if self.text else ''}{self.text}"


def report_progress(
    done: float,
    total: float | None = None,
    text: str = "",
    *,
    doctype: str | None = None,
    docname: str | None = None,
    task_id: str | None = None,
) -> None:
    """Tell people how far the running job is: in `frappe-celery jobs show`, on its page; in a
    bench also in Desk, on the form of the document or to the task that is named.

    Once a second at most, and at the end (`done == total`): what comes between is left out.
    `each` does it by itself where it knows how many rows there are. Outside of a job nothing.

    Raises:
        ConfigError: no numbers.
    """
    global _last
    require(is_number(done), "done", done, "a number")
    require(total is None or is_number(total), "total", total, "a number")
    job, now = current_job(), time.monotonic()
    if job is None:
        return
    run, at = _last
    if run == job.run_id and now < at + NOTE_SECONDS and done != total:
        return
    _last = job.run_id, now
    write(job, done, total, str(text)[:MOST_TEXT])
    hosts.current().publish_progress(done, total, text, (doctype, docname, task_id))


def progress(job: Job) -> Progress | None:
    """What it told last; None: nothing. Raises BrokerUnreachable."""
    store = job.store
    hidden = store.client.hget(store.keys.record(job.run_id), "progress")
    if not hidden:
        return None
    try:
        return Progress(*json.loads(store.signer.show(hidden)))
    except (Refused, ValueError, TypeError):  # somebody wrote to our keys
        return None
