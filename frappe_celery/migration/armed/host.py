"""The host of an armed bench: its schedule may be Frappe's own."""

from __future__ import annotations

from frappe_celery.hosts.bench.host import BenchHost
from frappe_celery.jobs.routes import FRAPPES
from frappe_celery.migration.armed import routing


class ArmedHost(BenchHost):
    """A real Frappe whose jobs and schedule are partly RQ's."""

    def scheduling_off(self, site: str) -> str | None:
        """Also off while Frappe's own scheduler acts."""
        if not routing.read().beat_acts:
            return FRAPPES
        return super().scheduling_off(site)


make_host = ArmedHost
