"""The bridge between RQ and Celery, a package of its own: here alone it is asked for.

Nothing of it is imported where a bench is not armed, but by `frappe-celery enable --armed` and the
bridge's own commands.
"""

from __future__ import annotations

from pkgutil import resolve_name
from typing import Any, Protocol

PACKAGE = "frappe_bridge"
FRAPPES = "the schedule is Frappe's own scheduler's, until frappe-celery enable"
"""Why beat schedules nothing of a site while Frappe's scheduler acts by the routes."""


class Rerouted(Exception):
    """The routes have changed since they were read."""


class Routes(Protocol):
    """Which of an armed bench's two systems a job goes to, and which of their schedulers acts."""

    @property
    def beat_acts(self) -> bool:
        """Whether Celery's beat runs the schedule; else Frappe's scheduler does."""

    @property
    def all_lead_to_rq(self) -> bool:
        """Whether no job goes to Celery."""

    def lead_to_celery(self, queue: str, site: str) -> bool:
        """Whether such a job goes there; `site` '' stands for every one that no rule names."""


def routes(store: Any) -> Routes | None:
    """Those that hold now for a store's jobs; None: the bench is not armed, or its Redis has none.

    Raises:
        BrokerUnreachable.
    """
    found: Routes | None = part("routes:read")(store) if store.settings.is_armed else None
    return found


def part(name: str) -> Any:
    """What the bridge has under a name, such as `routes:read`."""
    return resolve_name(f"{PACKAGE}.{name}")
