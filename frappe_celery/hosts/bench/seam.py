"""Every name through which Frappe, its apps and RQ's own package lead to RQ, and what replaces it.

Frappe's `enqueue`, `enqueue_doc`, `queue_action`, `execute_job`, its doctypes and commands stay its
own: they find our queue, jobs and workers under the names of RQ's. What stays RQ's: `Callback`,
`JobStatus`, the exceptions, `get_current_job` (`current_job` puts our job where it looks).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import reduce
from importlib import import_module
from typing import Any

from celery import signals

from frappe_celery.hosts.bench import desk, enqueueing, processes, swallowed
from frappe_celery.hosts.bench.job import Job
from frappe_celery.hosts.bench.queue import Queue
from frappe_celery.hosts.bench.registry import ORIGINALS, replacement
from frappe_celery.hosts.bench.schedule import telling
from frappe_celery.hosts.bench.stop import send_stop_job_command
from frappe_celery.hosts.bench.worker import Worker
from frappe_celery.jobs import JobStore

RQS: dict[str, dict[str, Any]] = {
    "rq": {"Queue": Queue, "Worker": Worker},
    "rq.job": {"Job": Job},
    "rq.queue": {"Queue": Queue},
    "rq.worker": {"Worker": Worker},
    "rq.command": {"send_stop_job_command": send_stop_job_command},
    "rq.registry": {
        original.__name__: replacement(original, status) for status, original in ORIGINALS.items()
    },
}
"""By module and name, as others import them. Whoever has imported one already gets ours too:
Frappe's `background_jobs`, `doctor`, RQ Job, RQ Worker, and any app. What RQ's modules import of
each other stays RQ's, for the RQ workers that an app starts for queues of its own."""

FRAPPES: dict[str, dict[str, Any]] = {
    "frappe.utils.background_jobs": {
        "start_worker": processes.start_worker,
        "start_worker_pool": processes.start_worker_pool,
        "get_running_jobs_in_queue": processes.get_running_jobs_in_queue,
    },
    "frappe.utils.scheduler": {"start_scheduler": processes.start_scheduler},
    "frappe.core.doctype.rq_job.rq_job": {
        "RQJob.get_list": staticmethod(desk.get_list),
        "RQJob.get_count": staticmethod(desk.get_count),
    },
    "frappe.model.document": {f"Document.{swallowed.RUN_REPORTED}": swallowed.run_reported},
}
"""Functions of Frappe's that are about RQ's processes, or would read all of its jobs; and one that
its documents get."""

WRAPPED: dict[str, dict[str, Callable[[Any], Any]]] = {
    "frappe.utils.background_jobs": {
        "create_job_id": enqueueing.naming_the_run,
        "get_job": enqueueing.not_asking_twice,
        "get_queue": enqueueing.for_celery,
    },
    "frappe.model.document": {"execute_action": swallowed.reporting_a_failed_action},
    "frappe.core.doctype.scheduled_job_type.scheduled_job_type": {
        "ScheduledJobType.on_update": telling.telling,
        "ScheduledJobType.after_rename": telling.telling,
        "ScheduledJobType.after_delete": telling.telling,
        "ScheduledJobType.execute": swallowed.reporting_what_it_raises,
        "ScheduledJobType.log_status": swallowed.reporting_a_failed_run,
    },
    "frappe.core.doctype.system_settings.system_settings": {
        "SystemSettings.on_update": telling.telling,
    },
    "frappe.database.database": {
        "Database.set_value": telling.telling_of_what_beat_reads,
        "Database.set_single_value": telling.telling_of_what_beat_reads,
    },
}
"""Functions of Frappe's that go on, with something of ours before or after."""

MARIADB = "frappe.database.mariadb.database"
CONNECTING = "MariaDBConnectionUtil.create_connection"
"""Wrapped by `kept_connection` in a worker's processes, and in no other."""

ALONG_WITH = {"frappe.utils.background_jobs": ["frappe.model.document", "frappe.database.database"]}
"""Seen to when another one was imported: Frappe imports it too early for us."""

_REPLACED = [
    (getattr(import_module(module), name), ours)
    for module, names in RQS.items()
    for name, ours in names.items()
]


def install(module: str) -> None:
    """Put ours in place once `module`, one of `hook`'s, has been imported."""
    JobStore.job_class = Job
    for place in RQS:
        _replace(place, RQS[place])
    for place in (module, *ALONG_WITH.get(module, ())):
        _replace(place, FRAPPES.get(place, {}))
        _wrap(place, WRAPPED.get(place, {}))
    by_identity = {id(original): ours for original, ours in _REPLACED}
    for name, loaded in list(sys.modules.items()):
        if name.partition(".")[0] not in ("rq", "frappe_celery"):
            _replace_bound(loaded, by_identity)


def install_in_worker() -> None:
    """Put in place what only jobs need, where a site was opened with PyMySQL."""
    if MARIADB in sys.modules:
        from frappe_celery.hosts.bench import kept_connection  # imports PyMySQL: 20 ms elsewhere

        _wrap(MARIADB, {CONNECTING: kept_connection.keeping})
        signals.worker_process_shutdown.connect(kept_connection.leave)


def _replace(place: str, names: dict[str, Any]) -> None:
    for path, ours in names.items():
        holder, name = _holder(place, path)
        setattr(holder, name, ours)


def _wrap(place: str, names: dict[str, Callable[[Any], Any]]) -> None:
    for path, wrapper in names.items():
        holder, name = _holder(place, path)
        setattr(holder, name, wrapper(getattr(holder, name, None)))


def _holder(place: str, path: str) -> tuple[Any, str]:
    """What a function is to be found in, and its name there."""
    *outer, name = path.split(".")
    return reduce(getattr, outer, import_module(place)), name


def _replace_bound(module: Any, by_identity: dict[int, Any]) -> None:
    for name, value in list(getattr(module, "__dict__", {}).items()):
        if id(value) in by_identity:
            setattr(module, name, by_identity[id(value)])
