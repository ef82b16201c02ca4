"""Every name through which Frappe, its apps and RQ's own package lead to RQ, and what replaces it.

Frappe's `enqueue`, `enqueue_doc`, `queue_action`, `execute_job`, its doctypes and commands stay its
own: they find our queue, jobs and workers under the names of RQ's. What stays RQ's: `Callback`,
`JobStatus`, the exceptions, `get_current_job` (`current_job` puts our job where it looks).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from celery import signals

from frappe_celery.hosts.bench import (
    desk,
    enqueueing,
    fit,
    kept_connection,
    processes,
    registry,
    swallowed,
    transaction,
)
from frappe_celery.hosts.bench.job import Job
from frappe_celery.hosts.bench.queue import PARAMETERS, RQS_PARAMETERS, Queue
from frappe_celery.hosts.bench.schedule import changes, turn
from frappe_celery.hosts.bench.stop import send_stop_job_command
from frappe_celery.hosts.bench.worker import Worker
from frappe_celery.jobs import JobStore


@dataclass(frozen=True)
class Required:
    """Takes the place of a name that must be there, with the parameters that it takes."""

    ours: Any
    required = True

    def instead_of(self, original: Any) -> Any:
        """What is put in its place."""
        return self.ours


class Added(Required):
    """Put there whether the version has such a name or not."""

    required = False


class Wrapped(Required):
    """Goes on, with something of ours before or after: `ours` is called with the original."""

    def instead_of(self, original: Any) -> Any:
        """What stands in the name's place: ours, which calls the original."""
        return self.ours(original)


class WrappedOrAdded(Wrapped):
    """The same; called with None where the version has no such name."""

    required = False


RQS: dict[str, dict[str, Any]] = {
    "rq": {"Queue": Queue, "Worker": Worker},
    "rq.job": {"Job": Job},
    "rq.queue": {"Queue": Queue},
    "rq.worker": {"Worker": Worker},
    "rq.command": {"send_stop_job_command": send_stop_job_command},
}
"""By module and name, as others import them. Whoever has imported one already gets ours too:
Frappe's `background_jobs`, `doctor`, RQ Job, RQ Worker, and any app. What RQ's modules import of
each other stays RQ's, for the RQ workers that an app starts for queues of its own."""

REGISTRIES = {
    f"{original.__name__}.__new__": registry.new(original, status)
    for status, original in registry.ORIGINALS.items()
}
"""Of `rq.registry`: its classes stay, and give our registry for a queue of this bench."""

FRAPPES: dict[str, dict[str, Required]] = {
    "frappe.utils.background_jobs": {
        "start_worker": Wrapped(processes.of_rq_where_armed(processes.start_worker)),
        "start_worker_pool": Wrapped(processes.of_rq_where_armed(processes.start_worker_pool)),
        "get_running_jobs_in_queue": Required(processes.get_running_jobs_in_queue),
        "truncate_failed_registry": Wrapped(processes.on_rq),
        "create_job_id": Wrapped(enqueueing.naming_the_run),
        "get_job": Wrapped(enqueueing.not_asking_twice),
        "get_queue": Wrapped(enqueueing.for_celery),
        "_check_queue_size": WrappedOrAdded(enqueueing.counting_its_own),  # from 15.60 on
    },
    "frappe.utils.scheduler": {
        "start_scheduler": Wrapped(processes.frappes_where_armed),
        "is_schduler_process_running": Added(processes.is_schduler_process_running),
    },
    "frappe.core.doctype.rq_job.rq_job": {
        "RQJob.get_list": Wrapped(desk.listing),
        "RQJob.get_count": Wrapped(desk.counting),
    },
    "frappe.model.document": {
        "execute_action": Wrapped(swallowed.reporting_a_failed_action),
        f"Document.{swallowed.RUN_REPORTED}": Added(swallowed.run_reported),
    },
    "frappe.core.doctype.scheduled_job_type.scheduled_job_type": {
        "ScheduledJobType.enqueue": Wrapped(turn.while_it_is_its_turn),
        "ScheduledJobType.on_update": WrappedOrAdded(changes.marking),
        "ScheduledJobType.after_rename": WrappedOrAdded(changes.marking),
        "ScheduledJobType.after_delete": WrappedOrAdded(changes.marking),
        "ScheduledJobType.execute": Wrapped(swallowed.reporting_what_it_raises),
        "ScheduledJobType.log_status": Wrapped(swallowed.reporting_a_failed_run),
    },
    "frappe.core.doctype.system_settings.system_settings": {
        "SystemSettings.on_update": Wrapped(changes.marking),
    },
    "frappe.database.database": {
        "Database.set_value": Wrapped(changes.marking_what_beat_reads),
        "Database.set_single_value": Wrapped(changes.marking_what_beat_reads),
        "Database.check_transaction_status": Wrapped(transaction.seeing_each_statement),
        "Database.sql": Wrapped(transaction.ending_by_a_statement),
        "Database.close": Wrapped(transaction.ending_by_close),
    },
}
"""Functions of Frappe's that lead to RQ, are about its processes, or would read all of its jobs;
those that beat and failure mails have to hear of; and one that documents get. Each of these modules
is one of `hook.MODULES`, which tells of it, or stands in ALONG_WITH."""

CONNECTING = "MariaDBConnectionUtil.create_connection"
DRIVERS = {
    "frappe.database.mariadb.database": "kept_pymysql",
    "frappe.database.mariadb.mysqlclient": "kept_mysqlclient",
}
"""Where Frappe connects, by driver, and the module here that wraps it in a worker's processes, and
in no other: imported where Frappe has imported the driver."""

ALONG_WITH = {"frappe.utils.background_jobs": ["frappe.model.document", "frappe.database.database"]}
"""Seen to when another one was imported: Frappe imports it too early for us."""

_REPLACED = [
    (getattr(import_module(module), name), ours)
    for module, names in RQS.items()
    for name, ours in names.items()
]
_installed: set[str] = set()


def install(module: str) -> None:
    """Put ours in place once `module`, one of `hook`'s, has been imported; once for each.

    Where the installed Frappe or RQ is none that ours was made for, nothing is put in place, and
    every enqueue of this process raises FrappeDiffers: silently it would go to RQ.
    """
    places = [place for place in (module, *ALONG_WITH.get(module, ())) if place not in _installed]
    first = not _installed
    differing = [*(_of_rq() if first else ()), *_of_frappe(places)]
    if differing:
        fit.refuse(differing)
        return
    if first:
        _install_rqs()
    for place in places:
        for path, entry in FRAPPES.get(place, {}).items():
            holder, name = fit.holder_of(place, path)
            setattr(holder, name, entry.instead_of(getattr(holder, name, None)))
    _installed.update(places)
    by_identity = {id(original): ours for original, ours in _REPLACED}
    for name, loaded in list(sys.modules.items()):
        if name.partition(".")[0] not in ("rq", "frappe_celery"):
            _replace_bound(loaded, by_identity)


def _install_rqs() -> None:
    JobStore.job_class = Job
    for place, names in RQS.items():
        for name, ours in names.items():
            setattr(import_module(place), name, ours)
    for path, ours in REGISTRIES.items():
        holder, name = fit.holder_of("rq.registry", path)
        setattr(holder, name, ours)


def install_in_worker() -> None:
    """Put in place what only jobs need: a connection to MariaDB that is kept."""
    for place in DRIVERS.keys() & sys.modules.keys():
        driver = import_module(f"frappe_celery.hosts.bench.{DRIVERS[place]}")
        holder, name = fit.holder_of(place, CONNECTING)
        setattr(holder, name, driver.keeping(getattr(holder, name)))
    signals.worker_process_shutdown.connect(kept_connection.leave)


def _of_frappe(places: Iterable[str]) -> Iterator[str]:
    for place in places:
        for path, entry in FRAPPES.get(place, {}).items():
            yield from fit.differences(place, path, entry.instead_of, entry.required)


def _of_rq() -> Iterator[str]:
    yield from fit.rq_differs()
    if missing := PARAMETERS - RQS_PARAMETERS.parameters.keys():
        yield f"rq.queue.Queue does not take {', '.join(sorted(missing))}"
    for place, names in RQS.items():
        for name, ours in names.items():
            yield from fit.differences(place, name, Required(ours).instead_of)
    for original in registry.ORIGINALS.values():
        ours = Required(registry.Registry)
        yield from fit.differences("rq.registry", original.__name__, ours.instead_of)


def _replace_bound(module: Any, by_identity: dict[int, Any]) -> None:
    for name, value in list(getattr(module, "__dict__", {}).items()):
        if id(value) in by_identity:
            setattr(module, name, by_identity[id(value)])


if __name__ == "__main__":  # for `fit.look`: nothing was put in place here
    print(json.dumps([*_of_rq(), *_of_frappe(FRAPPES)]))
