"""What checks, alerts and metrics ask of a bench: each thing once, when the first needs it."""

from __future__ import annotations

from functools import cached_property
from typing import TypeVar

from frappe_celery.jobs import JobStore
from frappe_celery.jobs.limits.outages import Outage, outages
from frappe_celery.jobs.limits.rules import Limits
from frappe_celery.jobs.outbox.relay import State, states
from frappe_celery.schedule.leadership import leadership
from frappe_celery.watch.doctor import rabbitmq
from frappe_celery.watch.snapshot import Snapshot, memory_used, take

T = TypeVar("T", Outage, State)


class Now(Snapshot):
    """How a bench stands, or with `site` what is that site's. All of it may raise
    BrokerUnreachable.

    Args:
        failures_of: the last seconds whose failures are counted.
    """

    def __init__(self, store: JobStore, failures_of: float = 0, site: str | None = None) -> None:
        taken = take(store, failures_of, site)
        super().__init__(taken.at, taken.places)
        self.store, self.site = store, site

    sites = cached_property(lambda self: [self.site] if self.site else self.store.settings.sites())
    workers = cached_property(lambda self: self.store.workers.all())
    """Those that live."""

    leadership = cached_property(lambda self: leadership(self.store))
    outboxes = cached_property(lambda self: _of(self.site, states(self.store)))
    outages = cached_property(lambda self: _of(self.site, outages(self.store)))
    away = cached_property(lambda self: {one.site for one in self.outages})
    """Sites whose database is."""

    limits = cached_property(lambda self: Limits(self.store).all())
    paused = cached_property(lambda self: Limits(self.store).paused())

    @cached_property
    def unknown(self) -> str:
        """Why workers may live without a record; '': they do not."""
        if self.workers:
            return ""
        if rabbitmq.is_away(self.store):
            return "RabbitMQ is away"
        return "the Redis is full" if (memory_used(self.store) or 0) >= 1 else ""


def _of(site: str | None, found: list[T]) -> list[T]:
    return [one for one in found if site in (None, one.site)]
