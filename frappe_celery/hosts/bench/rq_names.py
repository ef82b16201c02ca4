"""A bench's queues and jobs in RQ's words: `<bench id>:short`, and a call of `execute_job`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import frappe
from frappe.utils import get_bench_path

from frappe_celery.config import settings
from frappe_celery.config.option_checks import FOR_EVER
from frappe_celery.jobs import codec
from frappe_celery.jobs.message import JobMessage
from frappe_celery.jobs.new_message import method_name

IS_14 = frappe.__version__.startswith("14.")
"""Frappe 14: no `deduplicate`, no callbacks after commit, no `frappe.local.job`, no worker pool."""
EXECUTE_JOB = "frappe.utils.background_jobs.execute_job"
"""What RQ is told by `frappe.enqueue` to call; the method itself is among its arguments."""
TRUNCATION = "frappe.utils.background_jobs.truncate_failed_registry"
"""Frappe's default on_failure, which limits the failed jobs; the job store does that by itself."""


@lru_cache(maxsize=1)
def bench_id() -> str:
    """Frappe's `get_bench_id`, which cannot be asked outside of a site without opening one."""
    return settings.current().bench_id or get_bench_path().strip("/").replace("/", "-")


def rq_name(queue: str) -> str:
    """RQ's name of one of the bench's queues."""
    return f"{bench_id()}:{queue}"


def begin_of_ids(site: str) -> tuple[str, ...]:
    """How the ids of a site's jobs begin: in v15 or since then."""
    return f"{site}::", f"{site}||"


def own_name(name: str) -> str | None:
    """The queue behind a name of RQ's, None when it is not this bench's: an app's own RQ queue."""
    prefix, _, queue = name.rpartition(":")
    return queue if prefix == bench_id() and queue in settings.current().queues else None


def arguments(
    site: str, user: str, method: Any, event: Any, job_name: str, kwargs: dict[str, Any]
) -> dict[str, Any]:
    """Keyword arguments of Frappe's `execute_job`, which calls the method."""
    return {**locals(), "is_async": True}


def arguments_of(message: JobMessage) -> dict[str, Any]:
    """Those of a job's call; raises what reading them raises."""
    method, event = message.decoded_method(), codec.decode(message.event)
    who, name = (message.site, message.user), message.name
    if IS_14 and callable(method) and name == method_name(method):
        name = str(method)  # of which Desk shows the function
    return arguments(*who, method, event, name, message.decoded_kwargs())


def as_message(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What a call of `execute_job` says, in the words of `new_message`.

    Frappe 14 names the job of a function by where that lies in memory: there it is the method's.
    """
    same = {name: arguments[name] for name in ("site", "user", "method", "kwargs")}
    name = arguments["job_name"]
    named = not str(name).startswith(("<function ", "<bound method "))
    return {**same, "name": name if named else None, "event": arguments.get("event")}


def seconds_kept(ttl: int | None, configured: int) -> int | None:
    """RQ's `result_ttl` or `failure_ttl` as a message has it; None: as it is configured."""
    if ttl is None or ttl == configured:
        return None
    return FOR_EVER if ttl < 0 else ttl
