"""Where the jobs of an armed bench go, and who does not know it."""

from __future__ import annotations

from frappe_celery.jobs.routes import CELERY, EVERY, RQ
from frappe_celery.watch.doctor.installation import Installation
from frappe_celery.watch.doctor.report import Section


def check(section: Section, here: Installation) -> None:
    """Every rule, the last one that is about a job counting; empty where the bench has none."""
    if here.routes is None:
        return
    for rule in here.routes.rules:
        section.row(
            jobs=f"queue {rule.queue}" if rule.queue != EVERY else "every queue",
            of=f"site {rule.site}" if rule.site != EVERY else "every site",
            go_to=CELERY if rule.to_celery else RQ,
        )
    section.row(jobs="the schedule", of="", go_to=CELERY if here.routes.beat_acts else RQ)
    if here.without_seam:
        section.problem(
            "processes that began before the bench was armed go by no routes: "
            + "; ".join(here.without_seam),
            "restart them",
        )
    if not here.routes.beat_acts and not here.frappes_scheduler_runs:
        section.problem(
            "the schedule is Frappe's scheduler's, and none runs on this machine, so that nothing"
            " is enqueued when it is due",
            "start bench schedule (one on another machine is not seen from here), or hand all over"
            " to Celery: frappe-celery enable",
        )
