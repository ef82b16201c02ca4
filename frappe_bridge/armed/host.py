"""The host of an armed bench: its schedule may be Frappe's own."""

from __future__ import annotations

from frappe_bridge.armed import routing
from frappe_celery.errors import ConfigError
from frappe_celery.hosts.bench.host import BenchHost
from frappe_celery.jobs.bridge import FRAPPES


class ArmedHost(BenchHost):
    """A real Frappe whose jobs and schedule are partly RQ's."""

    def route_to_celery(self, queue: str, site: str) -> int:
        """The number of the routes that hold now, which lead there.

        Raises:
            ConfigError: they lead to RQ.
        """
        routes = routing.read()
        if not routes.lead_to_celery(queue, site):
            raise ConfigError(
                f"the route of queue {queue} and site {site} leads to RQ, which cannot do what only"
                " Celery can: call frappe.enqueue, or have the route lead to Celery by"
                f" frappe-celery enable --queue {queue}"
            )
        return routes.number

    def scheduling_off(self, site: str) -> str | None:
        """Also off while Frappe's own scheduler acts."""
        if not routing.read().beat_acts:
            return FRAPPES
        return super().scheduling_off(site)


make_host = ArmedHost
