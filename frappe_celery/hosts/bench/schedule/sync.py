"""What `bench migrate` does to a site's schedule, alone: Frappe's own `sync_jobs`."""

from __future__ import annotations

from importlib import import_module

import frappe

from frappe_celery.hosts.bench.schedule import rows
from frappe_celery.jobs.hosts import SyncReport
from frappe_celery.schedule.sync import differences


def sync() -> SyncReport:
    """Bring the connected site's rows up to its apps' hooks; the report names methods."""
    frappe.cache.delete_value("app_hooks")  # migrate clears all of the cache
    before = rows.read()
    import_module(rows.MODULE).sync_jobs()
    frappe.db.commit()
    return differences(before, rows.read())
