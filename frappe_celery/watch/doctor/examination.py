"""The whole examination: every group of checks in its order."""

from __future__ import annotations

from frappe_celery.jobs import JobStore
from frappe_celery.jobs.limits.rules import Limits
from frappe_celery.watch import snapshot
from frappe_celery.watch.doctor import (
    broker,
    failures,
    ghosts,
    installation,
    limits,
    queues,
    rabbitmq,
    scheduler,
    workers,
)
from frappe_celery.watch.doctor.report import Report


def examine(store: JobStore, site: str | None, here: installation.Installation) -> Report:
    """Every group of checks; with `site` only its jobs and its schedule.

    Raises:
        BrokerUnreachable: the Redis that keeps the jobs does not answer.
    """
    now = snapshot.take(store, failures.SECONDS)
    living, limited = store.workers.all(), Limits(store).all()
    paused = [one.target for one in limited if one.paused is not None]
    sites = [site] if site else store.settings.sites()
    report = Report()
    of = report.section
    scheduler.check(of("scheduler"), store, sites, now.at)
    installation.check_routes(of("routes"), here)
    are_known = bool(living) or not rabbitmq.is_away(store)
    working, waiting = of("workers"), of("queues")
    workers.check(working, store, now.at, living, here, are_known)
    workers.check_code(working, store, living, now.at)
    queues.check(waiting, store, now, living if are_known else None, paused, site)
    queues.check_sites(waiting, now, store.settings)
    for left in here.in_rq:
        waiting.row(queue=f"{left.queue} (in RQ)", queued=left.waiting)
    limits.check(of("limits"), limited, sites, store.settings)
    failures.check(of("failures of the last hour"), store, now, site, here.failed_in_rq)
    ghosts.check(of("ghosts"), store, now, site)
    failures.check_alerts(of("alerts"), store, now.at)
    broker.check(of("broker"), store, now.at)
    installation.check_versions(of("versions"), here)
    installation.check_configuration(of("configuration"), store.settings)
    return report
