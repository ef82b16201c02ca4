"""The whole examination: every group of checks in its order."""

from __future__ import annotations

from frappe_celery.brokers.rabbitmq.forwarder import Forwarder
from frappe_celery.config.settings import Settings
from frappe_celery.errors import ConfigError
from frappe_celery.jobs import JobStore
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
from frappe_celery.watch.doctor.now import Now
from frappe_celery.watch.doctor.report import Finding, Level, Report, Section
from frappe_celery.watch.notify.ledger import Mails


def examine(store: JobStore, site: str | None, here: installation.Installation) -> Report:
    """Every group of checks; with `site` only its jobs and its schedule.

    Raises:
        BrokerUnreachable: the Redis that keeps the jobs does not answer.
    """
    now, report = Now(store, failures.SECONDS, site), Report()
    of = report.section
    scheduler.check(of("scheduler"), now)
    databases.check(of("databases"), now)
    boxes = of("outboxes")
    outboxes.check_relay(boxes, now)
    outboxes.check(boxes, now)
    here.check_routes(of("routes"))
    working, waiting = of("workers"), of("queues")
    workers.check(working, now, here)
    workers.check_code(working, now)
    queues.check(waiting, now)
    queues.check_sites(waiting, now)
    queues.check_quotas(waiting, now)
    batches.check(waiting, now)
    for left in here.in_rq:
        waiting.row(queue=f"{left.queue} (in RQ)", queued=left.waiting)
    limits.check(of("limits"), now)
    failed = of("failures of the last hour")
    failures.check(failed, now, here.failed_in_rq)
    failures.check_unsent(failed, Mails(store), "failure mail")
    failures.check_lacking(of("what jobs lacked"), now)
    failures.check_alerts(of("alerts"), store)
    broker.check(of("broker"), now)
    installation.check_versions(of("versions"), here)
    installation.check_configuration(of("configuration"), store.settings)
    return report


def at_a_glance(store: JobStore, site: str | None = None) -> list[Finding]:
    """What is wrong, the worst first, as far as Redis and files tell at once: no database is asked,
    and no process started. With `site` what keeps its jobs from beginning, for those who see
    nothing of other sites.

    Raises:
        BrokerUnreachable.
    """
    now, section = Now(store, site=site), Section("at a glance")
    sites = now.sites
    databases.check(section, now)
    queues.check_sites(section, now)
    queues.check_quotas(section, now)
    if site is None:
        batches.check(section, now)
        failures.check_unsent(section, Mails(store), "failure mail")
        if isinstance(store.forwarder, Forwarder):
            rabbitmq.answer(section, store.forwarder)
        broker.check_what_is_wrong(section, now, store.client.info())
        try:
            store.settings.site_config("")
            installation.check_configuration(section, Settings.load())  # as it stands in the file
        except ConfigError as exc:
            section.problem(str(exc))
            sites = []
    for each in sites:  # as `scheduler.check` names them among what else is asked there
        try:
            store.settings.site_config(each)
        except ConfigError as exc:
            scheduler.tell_unreadable(section, each, str(exc))
    told = [finding for finding in section.findings if finding.level > Level.NOTE]
    return sorted(told, key=lambda finding: -finding.level)
