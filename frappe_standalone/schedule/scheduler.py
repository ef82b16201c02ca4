"""`frappe.utils.scheduler`: whether a site is scheduled, and enqueueing what is due by hand."""

from __future__ import annotations

from typing import Any

from frappe_celery.host import SCHEDULE_OFF_KEYS as OFF_KEYS
from frappe_celery.host import SCHEDULED_JOB_TYPE as DOCTYPE
from frappe_celery.host import settings
from frappe_standalone.database import singles, store
from frappe_standalone.documents.documents import get_doc
from frappe_standalone.local import local
from frappe_standalone.messages.logs import logger
from frappe_standalone.schedule.dormancy import schedule_jobs_based_on_activity
from frappe_standalone.site.context import ADMINISTRATOR, visit
from frappe_standalone.utils.numbers import cint


def is_scheduler_inactive(verbose: bool = True) -> bool:
    """Whether the current site is not scheduled: maintenance, paused, or disabled."""
    return why_inactive() is not None


def is_scheduler_disabled(verbose: bool = True) -> bool:
    """Whether `disable_scheduler` is configured, or System Settings has it switched off."""
    return bool(local.conf.disable_scheduler) or not _is_enabled()


def why_inactive() -> str | None:
    """What switched the current site's scheduling off; None when it is on."""
    for key in OFF_KEYS:
        if local.conf.get(key):
            return f"{key} is set in its configuration"
    return None if _is_enabled() else "enable_scheduler is off in System Settings"


def _is_enabled() -> bool:
    return bool(cint(singles.single("System Settings").get("enable_scheduler")))


def get_scheduler_status() -> dict[str, str]:
    """`{"status": "active"}`, or `inactive` where nothing is scheduled."""
    return {"status": "inactive" if is_scheduler_inactive() else "active"}


def toggle_scheduler(enable: Any) -> None:
    """Switch scheduling of the current site on or off; counts once it is committed."""
    local.db.set_single_value("System Settings", "enable_scheduler", int(bool(enable)))


def enable_scheduler() -> None:
    """Switch scheduling of the current site on, once that is committed."""
    toggle_scheduler(True)


def disable_scheduler() -> None:
    """Switch scheduling of the current site off, once that is committed."""
    toggle_scheduler(False)


def enqueue_events_for_all_sites() -> None:
    """Enqueue what is due on every site; a site that fails is logged and passed over."""
    for site in settings.current().sites():
        try:
            enqueue_events_for_site(site)
        except Exception:
            logger("scheduler", allow_site=False).exception("events of %s", site)


def enqueue_events_for_site(site: str) -> None:
    """Enqueue what is due on a site, unless it is not scheduled."""
    with visit(site, ADMINISTRATOR):
        if not is_scheduler_inactive():
            enqueue_events(site)


def enqueue_events(site: str | None = None) -> list[str]:
    """Enqueue what is due on the current site; the methods."""
    if not schedule_jobs_based_on_activity():
        return []
    enqueued = []
    for name in store.names(DOCTYPE, {"stopped": 0}):
        row = get_doc(DOCTYPE, name)
        if row.enqueue():
            enqueued.append(row.method)
    return enqueued
