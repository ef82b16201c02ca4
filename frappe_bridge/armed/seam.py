"""What is put in place of Frappe's and RQ's names in an armed bench: the seam's, and by routes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import frappe

from frappe_bridge.armed import processes, turn
from frappe_bridge.armed.processes import ArmedWorker
from frappe_bridge.armed.queue import ArmedDesk, ArmedQueue
from frappe_celery.hosts.bench import enqueueing, schedule, seam
from frappe_celery.hosts.bench.seam import Required, Seam, Since15, Wrapped, WrappedOrAdded


def _counting(check_queue_size: Callable[..., Any]) -> Callable[[Any], None]:
    """`_check_queue_size`: Frappe's own of jobs that go to RQ."""

    def replacement(q: Any) -> None:
        to_rq = isinstance(q, ArmedQueue) and q.leads_to_rq(frappe.local.site)
        (check_queue_size if to_rq else enqueueing.check_queue_size)(q)

    return replacement


_BY_ROUTES: dict[str, dict[str, Required]] = {
    "frappe.utils.background_jobs": {
        "start_worker": Wrapped(processes.starting_on_rq),
        "start_worker_pool": Since15(processes.starting_on_rq),
        "get_running_jobs_in_queue": Required(processes.get_running_jobs_in_queue),
        "truncate_failed_registry": Wrapped(processes.on_rq),
        "get_job": Since15(partial(enqueueing.not_asking_twice, knows_all=lambda: True)),
        "_check_queue_size": WrappedOrAdded(_counting),
    },
    "frappe.utils.scheduler": {
        "is_schduler_process_running": seam.Added(processes.is_schduler_process_running),
        "start_scheduler": Wrapped(turn.starting_scheduler),
    },
    "frappe.core.doctype.rq_job.rq_job": {
        "RQJob.get_list": Wrapped(ArmedDesk().listing),
        "RQJob.get_count": Wrapped(ArmedDesk().counting),
    },
    schedule.MODULE: {"ScheduledJobType.enqueue": Wrapped(turn.while_it_is_its_turn)},
}
SEAM = Seam(
    seam.replacements(ArmedQueue, ArmedWorker),
    {place: {**names, **_BY_ROUTES.get(place, {})} for place, names in seam.FRAPPES.items()},
)
