"""Where the jobs of an armed bench go, and who does not know it."""

from __future__ import annotations

from frappe_celery.jobs.routes import CELERY, EVERY, RQ, Routes
from frappe_celery.watch.doctor.installation import Installation
from frappe_celery.watch.doctor.report import Section


def check(here: Installation) -> Section:
    """Every rule, the last one that is about a job counting; empty where the bench has none."""
    section = Section("routes")
    if here.routes is None:
        return section
    section.rows += _rows(here.routes)
    if here.without_seam:
        section.problem(
            "processes that began before the bench was armed go by no routes: "
            + "; ".join(here.without_seam),
            "restart them",
        )
    if here.frappes_scheduler_runs is False and not here.routes.beat_acts:
        section.problem(
            "the schedule is Frappe's scheduler's, which does not run",
            "start it: bench schedule; or hand it over: frappe-celery enable --schedule",
        )
    return section


def _rows(routes: Routes) -> list[dict[str, str]]:
    jobs = [
        {
            "jobs": f"queue {rule.queue}" if rule.queue != EVERY else "every queue",
            "of": f"site {rule.site}" if rule.site != EVERY else "every site",
            "go_to": CELERY if rule.to_celery else RQ,
        }
        for rule in routes.rules
    ]
    return [*jobs, {"jobs": "the schedule", "of": "", "go_to": CELERY if routes.beat_acts else RQ}]
