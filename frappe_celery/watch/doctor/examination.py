"""The whole examination."""

from __future__ import annotations

from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs import JobStore
from frappe_celery.jobs.limits.rules import Limits
from frappe_celery.jobs.stats.losses import Watch
from frappe_celery.watch.doctor import (
    alerts,
    broker,
    configuration,
    failures,
    ghosts,
    limits,
    losses,
    queues,
    routes,
    scheduler,
    snapshot,
    versions,
    workers,
)
from frappe_celery.watch.doctor.installation import Installation
from frappe_celery.watch.doctor.report import Report


def examine(store: JobStore, site: str | None, here: Installation) -> Report:
    """Every group of checks; with `site` only its jobs and its schedule.

    Raises:
        BrokerUnreachable: the Redis that keeps the jobs does not answer.
    """
    of_broker = broker.check(store)
    try:
        Watch(store).look()
    except BrokerUnreachable as exc:  # it answers, but takes nothing: a full disk, a replica
        of_broker.problem(str(exc))
    now = snapshot.take(store, failures.SECONDS)
    living = store.workers.all()
    losses.check(of_broker, store, now.at)
    limited = Limits(store).all()
    paused = limits.Pauses(one.target for one in limited if one.paused is not None)
    sites = [site] if site else store.settings.sites()
    return Report(
        [
            scheduler.check(store, sites, now.at),
            routes.check(here),
            workers.check(now, living, store.settings, here),
            queues.check(store, now, living, paused, site),
            limits.check(limited, sites, store.settings),
            failures.check(store, now, site),
            ghosts.check(store, now, site),
            alerts.check(store, now.at),
            of_broker,
            versions.check(here),
            configuration.check(store.settings),
        ]
    )
