"""The whole examination: every group of checks in its order."""

from __future__ import annotations

from dataclasses import replace

from frappe_celery.brokers.rabbitmq.outbox import Outbox
from frappe_celery.config.settings import Settings
from frappe_celery.errors import ConfigError
from frappe_celery.jobs import JobStore
from frappe_celery.jobs.limits.outages import outages
from frappe_celery.jobs.limits.rules import Limits
from frappe_celery.watch import snapshot
from frappe_celery.watch.doctor import (
    batches,
    broker,
    databases,
    failures,
    installation,
    limits,
    outboxes,
    queues,
    rabbitmq,
    scheduler,
    workers,
)
from frappe_celery.watch.doctor.report import Finding, Level, Report, Section
from frappe_celery.watch.notify.ledger import Mails


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
    away = outages(store)
    scheduler.check(of("scheduler"), store, sites, now.at, [one.site for one in away])
    databases.check(of("databases"), away, sites, now.at)
    outboxes.check(of("outboxes"), store, sites, now.at)
    here.check_routes(of("routes"))
    unknown = "" if living else why_unknown(store)
    working, waiting = of("workers"), of("queues")
    workers.check(working, store, now.at, living, here, unknown)
    workers.check_code(working, store, living, now.at)
    queues.check(waiting, store, now, None if unknown else living, paused, site)
    queues.check_sites(waiting, now, store.settings)
    queues.check_quotas(waiting, now, store.settings, paused)
    batches.check(waiting, store, site, now.at)
    for left in here.in_rq:
        waiting.row(queue=f"{left.queue} (in RQ)", queued=left.waiting)
    limits.check(of("limits"), limited, sites, store.settings)
    failed = of("failures of the last hour")
    failures.check(failed, store, now, site, here.failed_in_rq)
    failures.check_unsent(failed, Mails(store), "failure mail")
    failures.check_lacking(of("what jobs lacked"), store, site)
    failures.check_alerts(of("alerts"), store)
    broker.check(of("broker"), store, now.at)
    installation.check_versions(of("versions"), here)
    installation.check_configuration(of("configuration"), store.settings)
    return report


def why_unknown(store: JobStore) -> str:
    """Why no worker can have a record; '' : it could."""
    if rabbitmq.is_away(store):
        return "RabbitMQ is away"
    return "the Redis is full" if (snapshot.memory_used(store) or 0) >= 1 else ""


def at_a_glance(store: JobStore) -> list[Finding]:
    """What is wrong, the worst first, as far as Redis and files tell at once: no database is asked,
    and no process started.

    Raises:
        BrokerUnreachable.
    """
    now, section = snapshot.take(store, 0), Section("at a glance")
    databases.check(section, outages(store), store.settings.sites(), now.at)
    queues.check_sites(section, now, store.settings)
    queues.check_quotas(section, now, store.settings, Limits(store).paused())
    batches.check(section, store, None, now.at)
    failures.check_unsent(section, Mails(store), "failure mail")
    if isinstance(store.outbox, Outbox):
        rabbitmq.answer(section, store.outbox)
    broker.check_what_is_wrong(section, store, store.client.info(), now.at)
    try:
        store.settings.site_config("")
        installation.check_configuration(section, Settings.load())  # as it stands in the file
    except ConfigError as exc:
        section.problem(str(exc))
    else:
        _check_site_configs(section, store, store.settings.sites())
    return _worst_first(section)


def of_a_site(store: JobStore, site: str) -> list[Finding]:
    """What keeps its jobs from beginning, for those who see nothing of other sites.

    Raises:
        BrokerUnreachable.
    """
    section, now = Section(site), snapshot.take(store, 0)
    databases.check(section, outages(store), [site], now.at)
    own = replace(now, places=now.of(site))
    queues.check_quotas(section, own, store.settings, Limits(store).paused())
    _check_site_configs(section, store, [site])
    return _worst_first(section)


def _check_site_configs(section: Section, store: JobStore, sites: list[str]) -> None:
    """Those that cannot be read, as `scheduler.check` names them among what else is asked there."""
    for site in sites:
        try:
            store.settings.site_config(site)
        except ConfigError as exc:
            scheduler.tell_unreadable(section, site, str(exc))


def _worst_first(section: Section) -> list[Finding]:
    told = [finding for finding in section.findings if finding.level > Level.NOTE]
    return sorted(told, key=lambda finding: -finding.level)
