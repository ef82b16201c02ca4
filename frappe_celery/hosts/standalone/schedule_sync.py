"""`sync_jobs`: what `bench migrate` does for the schedule, by Frappe's name."""

from __future__ import annotations

from typing import Any

from frappe_celery.hosts.base import SyncReport
from frappe_celery.hosts.standalone.context import local


def sync_jobs(hooks: dict[str, Any] | None = None) -> SyncReport:
    """Bring the current site's Scheduled Job Type rows up to the hooks of its apps."""
    from frappe_celery import hosts, settings
    from frappe_celery.hosts.standalone.schedule_rows import sync
    from frappe_celery.schedule.events import rows_from_hooks

    wanted, _problems = rows_from_hooks(hosts.current(), settings.current(), local.site)
    return sync(wanted)
