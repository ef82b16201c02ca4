"""What `frappe-celery doctor` tells of an armed bench."""

from __future__ import annotations

from functools import partial
from typing import Any

from frappe_bridge.armed import older_processes, routing
from frappe_bridge.routes import CELERY, EVERY, RQ, Routes
from frappe_celery.hosts.bench import switch
from frappe_celery.schedule.frappes_lock import frappes_scheduler_runs
from frappe_celery.watch.doctor.report import Section


def found() -> dict[str, Any]:
    """What an `Installation` has of it."""
    routes = routing.read()
    older = older_processes.without_the_seam() if switch.is_hooked() else []
    return {
        "leads_to_rq": lambda queue: not routes.lead_to_celery(queue, EVERY),
        "check_routes": partial(_check, routes, older),
    }


def _check(routes: Routes, older: list[str], section: Section) -> None:
    """Every rule, the last one that is about a job counting; `older` processes go by none."""
    for rule in routes.rules:
        section.row(
            jobs=f"queue {rule.queue}" if rule.queue != EVERY else "every queue",
            of=f"site {rule.site}" if rule.site != EVERY else "every site",
            go_to=CELERY if rule.to_celery else RQ,
        )
    section.row(jobs="the schedule", of="", go_to=CELERY if routes.beat_acts else RQ)
    if older:
        section.problem(
            "processes that began before the bench was armed go by no routes: " + "; ".join(older),
            "restart them",
        )
    if not routes.beat_acts and not frappes_scheduler_runs():
        section.problem(
            "the schedule is Frappe's scheduler's, and none runs on this machine, so that nothing"
            " is enqueued when it is due",
            "start bench schedule (one on another machine is not seen from here), or hand all over"
            " to Celery: frappe-celery enable",
        )
