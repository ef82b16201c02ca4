"""Whether the alerts of `frappe_celery_alerts` arrive."""

from __future__ import annotations

from frappe_celery.errors import ConfigError
from frappe_celery.jobs import JobStore
from frappe_celery.watch.alerts.delivery import receivers
from frappe_celery.watch.alerts.ledger import Ledger
from frappe_celery.watch.doctor.report import Section, counted


def check(section: Section, store: JobStore, now: float) -> None:
    """Who is told, and what could not be delivered."""
    if not store.settings.frappe_celery_alerts:
        return
    try:
        known = receivers(store.settings)
    except ConfigError as exc:
        section.problem(str(exc))
        return
    section.rows = [{"told": receiver.url(privacy=True)} for receiver in known.values()]
    before = now - Ledger.first_wait_seconds
    late = [message for message in Ledger(store).unsent() if message.at < before]
    if late:
        section.warn(
            f"{counted(len(late), 'message')} could not be delivered to everybody",
            "the log of the workers and of beat has the reason",
        )
