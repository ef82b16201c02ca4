"""Every name through which Frappe, its apps and RQ's own package lead to RQ, and what replaces it.

Frappe's `enqueue`, `enqueue_doc`, `queue_action`, `execute_job`, its doctypes and commands stay its
own: they find our queue, jobs and workers under the names of RQ's. What stays RQ's: `Callback`,
`JobStatus`, the exceptions, `get_current_job` (`current_job` puts our job where it looks).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from typing import Any

from celery import signals

from frappe_celery.hosts.bench import (
    changes,
    enqueueing,
    fit,
    kept_connection,
    processes,
    registry,
    swallowed,
    transaction,
)
from frappe_celery.hosts.bench.desk import Desk
from frappe_celery.hosts.bench.job import Job, send_stop_job_command
from frappe_celery.hosts.bench.queue import PARAMETERS, RQS_PARAMETERS, Queue
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


def in_place_of_rqs(queue: type[Queue], worker: type[Worker]) -> list[tuple[str, str, Any]]:
    """RQ's names, each with its module, as others import them, and ours.

    Whoever has imported one already gets ours too: Frappe's `background_jobs`, `doctor`, RQ Job, RQ
    Worker, and any app. What RQ's modules import of each other stays RQ's, for the RQ workers that
    an app starts for queues of its own.
    """
    return [
        ("rq", "Queue", queue),
        ("rq", "Worker", worker),
        ("rq.job", "Job", Job),
        ("rq.queue", "Queue", queue),
        ("rq.worker", "Worker", worker),
        ("rq.command", "send_stop_job_command", send_stop_job_command),
    ]


REGISTRIES = [
    ("rq.registry", f"{original.__name__}.__new__", registry.new(original, status))
    for status, original in registry.ORIGINALS.items()
]
"""RQ's registries stay, and give ours for a queue of this bench."""

FRAPPES: dict[str, dict[str, Required]] = {
    "frappe.utils.background_jobs": {
        "start_worker": Required(processes.start_worker),
        "start_worker_pool": Required(processes.start_worker_pool),
        "get_running_jobs_in_queue": Required(processes.get_running_jobs_in_queue),
        "create_job_id": Wrapped(enqueueing.naming_the_run),
        "get_job": Wrapped(enqueueing.not_asking_twice),
        "get_queue": Wrapped(enqueueing.for_celery),
        "_check_queue_size": WrappedOrAdded(enqueueing.counting_its_own),  # from 15.60 on
    },
    "frappe.utils.scheduler": {
        "start_scheduler": Required(processes.start_scheduler),
        "is_schduler_process_running": Added(processes.is_schduler_process_running),
    },
    "frappe.core.doctype.rq_job.rq_job": {
        "RQJob.get_list": Wrapped(Desk().listing),
        "RQJob.get_count": Wrapped(Desk().counting),
    },
    "frappe.model.document": {
        "execute_action": Wrapped(swallowed.reporting_a_failed_action),
        f"Document.{swallowed.RUN_REPORTED}": Added(swallowed.run_reported),
    },
    "frappe.core.doctype.scheduled_job_type.scheduled_job_type": {
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


@dataclass(frozen=True)
class Seam:
    """What is put in place in one process."""

    rqs: Iterable[tuple[str, str, Any]]
    frappes: Mapping[str, Mapping[str, Required]]
    installed: set[str] = field(default_factory=set)
    """Modules of Frappe's that were seen to."""

    def install(self, module: str) -> None:
        """Put ours in place once `module`, one of `hook`'s, has been imported; once for each.

        Where the installed Frappe or RQ is none that ours was made for, nothing is put in place,
        and every enqueue of this process raises FrappeDiffers: silently it would go to RQ.
        """
        places = [p for p in (module, *ALONG_WITH.get(module, ())) if p not in self.installed]
        first, replaced = not self.installed, self._replaced
        differing = [*(self._of_rq() if first else ()), *self._of_frappe(places)]
        if differing:
            fit.refuse(differing)
            return
        if first:
            self._install_rqs()
        for place in places:
            for path, entry in self.frappes.get(place, {}).items():
                holder, name = fit.holder_of(place, path)
                setattr(holder, name, entry.instead_of(getattr(holder, name, None)))
        self.installed.update(places)
        for name, loaded in list(sys.modules.items()):
            if name.partition(".")[0] not in ("rq", "frappe_celery"):
                _replace_bound(loaded, replaced)

    @cached_property
    def _replaced(self) -> dict[int, tuple[Any, Any]]:
        """RQ's own and ours, by the former's identity."""
        found = [(getattr(import_module(place), name), ours) for place, name, ours in self.rqs]
        return {id(original): (original, ours) for original, ours in found}

    def _install_rqs(self) -> None:
        JobStore.job_class = Job
        for place, path, ours in (*self.rqs, *REGISTRIES):
            holder, name = fit.holder_of(place, path)
            setattr(holder, name, ours)

    def differences(self) -> list[str]:
        """How the installed Frappe and RQ differ from the ones that it was made for."""
        return [*self._of_rq(), *self._of_frappe(self.frappes)]

    def _of_frappe(self, places: Iterable[str]) -> Iterator[str]:
        for place in places:
            for path, entry in self.frappes.get(place, {}).items():
                yield from fit.differences(place, path, entry.instead_of, entry.required)

    def _of_rq(self) -> Iterator[str]:
        yield from fit.rq_differs()
        if missing := PARAMETERS - RQS_PARAMETERS.parameters.keys():
            yield f"rq.queue.Queue does not take {', '.join(sorted(missing))}"
        for place, name, ours in self.rqs:
            for part in _made_of(ours):
                yield from fit.differences(place, name, Required(part).instead_of)
        for original in registry.ORIGINALS.values():
            ours = Required(registry.Registry)
            yield from fit.differences("rq.registry", original.__name__, ours.instead_of)


def _made_of(ours: Any) -> list[Any]:
    """A function; of a class itself and what it has of ours: each is compared with theirs."""
    return [part for part in getattr(ours, "__mro__", [ours]) if part in (ours, Queue, Worker)]


def _replace_bound(module: Any, replaced: Mapping[int, tuple[Any, Any]]) -> None:
    for name, value in list(getattr(module, "__dict__", {}).items()):
        if id(value) in replaced:
            setattr(module, name, replaced[id(value)][1])


SEAM = Seam(in_place_of_rqs(Queue, Worker), FRAPPES)


def install_in_worker() -> None:
    """Put in place what only jobs need: a connection to MariaDB that is kept."""
    for place in DRIVERS.keys() & sys.modules.keys():
        driver = import_module(f"frappe_celery.hosts.bench.{DRIVERS[place]}")
        holder, name = fit.holder_of(place, CONNECTING)
        setattr(holder, name, driver.keeping(getattr(holder, name)))
    signals.worker_process_shutdown.connect(kept_connection.leave)


if __name__ == "__main__":  # for `fit.look`: nothing was put in place here
    print(json.dumps(SEAM.differences()))
