"""Every name through which Frappe, its apps and RQ's own package lead to RQ, and what replaces it.

Frappe's `enqueue`, `enqueue_doc`, `queue_action`, `execute_job`, its doctypes and commands stay its
own: they find our queue, jobs and workers under the names of RQ's. What stays RQ's: `Callback`,
`JobStatus`, the exceptions, `get_current_job` (`current_job` puts our job where it looks).
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial, update_wrapper
from importlib import import_module
from types import FunctionType
from typing import Any

from celery import signals

from frappe_celery.hosts.bench import (
    enqueueing,
    fit,
    kept_connection,
    loggers,
    processes,
    registry,
    reporting,
    transaction,
)
from frappe_celery.hosts.bench.desk import Desk
from frappe_celery.hosts.bench.processes import Worker
from frappe_celery.hosts.bench.queue import PARAMETERS, RQS_PARAMETERS, Queue
from frappe_celery.hosts.bench.rq_job import Job, send_stop_job_command
from frappe_celery.hosts.bench.rq_names import IS_14
from frappe_celery.jobs import JobStore, bridge


@dataclass(frozen=True)
class Required:
    """What takes the place of a name: `ours`, or what that makes of the original it `wraps`."""

    ours: Any
    wraps: bool = False
    required: bool = True
    """Whether the name must be there; where it is not, the original is None."""
    since_15: bool = False
    """Frappe 14 has no such name."""

    def instead_of(self, original: Any) -> Any:
        """What is put in its place; a function that wraps one goes by the other's name."""
        made = self.ours(original) if self.wraps else self.ours
        functions = isinstance(made, FunctionType) and isinstance(original, FunctionType)
        return update_wrapper(made, original) if self.wraps and functions else made


Added = partial(Required, required=False)
Wrapped = partial(Required, wraps=True)
WrappedOrAdded = partial(Wrapped, required=False)
Since15 = partial(Wrapped, since_15=True)

Names = Mapping[str, Mapping[str, Required]]
"""By module, and the path in it, what takes the place of a name."""


def replacements(queue: type[Queue], worker: type[Worker]) -> Names:
    """RQ's names, each in its module and where others import it from, and ours.

    Whoever has imported one already gets ours too: Frappe's `background_jobs`, `doctor`, RQ Job, RQ
    Worker, and any app. What RQ's modules import of each other stays RQ's, for the RQ workers that
    an app starts for queues of its own. RQ's registries stay, and give ours for a queue of this
    bench.
    """
    return {
        "rq": {"Queue": Required(queue), "Worker": Required(worker)},
        "rq.job": {"Job": Required(Job)},
        "rq.queue": {"Queue": Required(queue)},
        "rq.worker": {"Worker": Required(worker)},
        "rq.command": {"send_stop_job_command": Required(send_stop_job_command)},
        "rq.registry": {
            f"{original.__name__}.__new__": Required(registry.new(original, status))
            for status, original in registry.ORIGINALS.items()
        },
    }


FRAPPES: Names = {
    "frappe.utils.background_jobs": {
        "start_worker": Required(processes.start_worker),
        "start_worker_pool": Required(processes.start_worker_pool, since_15=True),
        "get_running_jobs_in_queue": Required(processes.get_running_jobs_in_queue),
        "create_job_id": Wrapped(enqueueing.naming_the_run),
        "get_job": Since15(enqueueing.not_asking_twice),
        "get_queue": Wrapped(enqueueing.for_celery),
        "_check_queue_size": Added(enqueueing.check_queue_size),  # from 15.60 on
    },
    "frappe.utils": {"CallbackManager.add": Since15(enqueueing.rows_at_once)},
    "frappe.utils.logger": {"set_log_level": Wrapped(loggers.of_those_there_are)},
    "frappe.utils.scheduler": {
        "start_scheduler": Required(processes.start_scheduler),
        "is_schduler_process_running": Added(processes.is_schduler_process_running),
    },
    "frappe.core.doctype.rq_job.rq_job": {
        "RQJob.get_list": Wrapped(Desk().listing),
        "RQJob.get_count": Wrapped(Desk().counting),
    },
    "frappe.model.document": {
        "execute_action": Wrapped(reporting.a_failed_action),
        f"Document.{reporting.RUN_REPORTED}": Added(reporting.run_reported),
    },
    "frappe.core.doctype.scheduled_job_type.scheduled_job_type": {
        "ScheduledJobType.on_update": WrappedOrAdded(reporting.a_change),
        "ScheduledJobType.after_rename": WrappedOrAdded(reporting.a_change),
        "ScheduledJobType.after_delete": WrappedOrAdded(reporting.a_change),
        "ScheduledJobType.execute": Wrapped(reporting.a_run),
        "ScheduledJobType.log_status": Wrapped(reporting.a_failed_run),
    },
    "frappe.core.doctype.system_settings.system_settings": {
        "SystemSettings.on_update": Wrapped(reporting.a_change)
    },
    "frappe.database.database": {
        **({"enqueue_jobs_after_commit": Wrapped(transaction.calling_back)} if IS_14 else {}),
        "Database.set_value": Wrapped(reporting.a_value_that_beat_reads),
        "Database.set_single_value": Wrapped(reporting.a_value_that_beat_reads),
        "Database.check_transaction_status": Wrapped(transaction.seeing_each_statement),
        "Database.sql": Wrapped(transaction.ending),
        "Database.close": Wrapped(partial(transaction.ending, always=True)),
    },
}
"""Functions of Frappe's that lead to RQ, are about its processes, or would read all of its jobs;
those that beat and failure mails have to hear of; one that documents get; and one that counts on
the end of its process. Each of these modules is one of `hook.MODULES`, which tells of it, or stands
in ALONG_WITH."""

CONNECTING = "MariaDBConnectionUtil.create_connection"
DRIVERS = {
    "frappe.database.mariadb.database": "kept_pymysql",
    "frappe.database.mariadb.mysqlclient": "kept_mysqlclient",
}
"""Where Frappe connects, by driver, and the module here that wraps it in a worker's processes, and
in no other: imported where Frappe has imported the driver."""

ALONG_WITH = {
    "frappe.utils.background_jobs": [
        *("frappe.utils", "frappe.utils.logger"),
        *("frappe.model.document", "frappe.database.database"),
    ]
}
"""Seen to when another one was imported: Frappe imports it too early for us."""


@dataclass(frozen=True)
class Seam:
    """What is put in place in one process."""

    rqs: Names
    frappes: Names
    installed: set[str] = field(default_factory=set)
    """Modules that were seen to."""

    def install(self, module: str) -> None:
        """Put ours in place once `module`, one of `hook`'s, has been imported; once for each.

        Where the installed Frappe or RQ is none that ours was made for, nothing is put in place,
        and every enqueue of this process raises FrappeDiffers: silently it would go to RQ.
        """
        asked = (*self.rqs, module, *ALONG_WITH.get(module, ()))
        places = [place for place in asked if place not in self.installed]
        replaced = self._replaced
        differing = self.differences(places)
        if differing:
            fit.refuse(differing)
            return
        JobStore.job_class = Job
        for place, path, entry in self._names_in(places):
            holder, name = fit.holder_of(place, path)
            setattr(holder, name, entry.instead_of(getattr(holder, name, None)))
        self.installed.update(places)
        for name, loaded in list(sys.modules.items()):
            if name.partition(".")[0] not in ("rq", "frappe_celery", bridge.PACKAGE):
                _replace_bound(loaded, replaced)

    @cached_property
    def _replaced(self) -> dict[int, tuple[Any, Any]]:
        """RQ's own and ours, by the former's identity; registries stay."""
        found = [
            (getattr(import_module(place), path), entry.ours)
            for place, path, entry in self._names_in(self.rqs)
            if "." not in path
        ]
        return {id(original): (original, ours) for original, ours in found}

    def _names_in(self, places: Iterable[str]) -> Iterator[tuple[str, str, Required]]:
        names = {**self.rqs, **self.frappes}
        for place in places:
            for path, entry in names.get(place, {}).items():
                if not (IS_14 and entry.since_15):
                    yield place, path, entry

    def differences(self, places: Collection[str] = ()) -> list[str]:
        """How the installed Frappe and RQ differ, in these modules or in all, from the ones that it
        was made for."""
        places = places or (*self.rqs, *self.frappes)
        found: list[str] = []
        if "rq" in places:
            found += fit.rq_differs()
            if missing := PARAMETERS - RQS_PARAMETERS.parameters.keys():
                found.append(f"rq.queue.Queue does not take {', '.join(sorted(missing))}")
            for original in registry.ORIGINALS.values():
                ours = Required(registry.Registry)
                found += fit.differences("rq.registry", original.__name__, ours.instead_of)
        for place, path, entry in self._names_in(places):
            found += fit.differences(place, path, entry.instead_of, entry.required)
        return found


def _replace_bound(module: Any, replaced: Mapping[int, tuple[Any, Any]]) -> None:
    for name, value in list(getattr(module, "__dict__", {}).items()):
        if id(value) in replaced:
            setattr(module, name, replaced[id(value)][1])


SEAM = Seam(replacements(Queue, Worker), FRAPPES)


def install_in_worker() -> None:
    """Put in place what only jobs need: a connection to MariaDB that is kept."""
    for place in DRIVERS.keys() & sys.modules.keys():
        driver = import_module(f"frappe_celery.hosts.bench.{DRIVERS[place]}")
        holder, name = fit.holder_of(place, CONNECTING)
        setattr(holder, name, driver.keeping(getattr(holder, name)))
    signals.worker_process_shutdown.connect(kept_connection.leave)
