"""`frappe.utils.scheduler`: whether a site is scheduled, and enqueueing what is due by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from frappe_celery import settings
from frappe_celery.hosts.standalone.database import store
from frappe_celery.hosts.standalone.documents.documents import get_doc
from frappe_celery.hosts.standalone.messages.logs import logger
from frappe_celery.hosts.standalone.schedule.rows import DOCTYPE, LOG
from frappe_celery.hosts.standalone.site.context import ADMINISTRATOR, local, visit
from frappe_celery.hosts.standalone.utils.dates import now_datetime
from frappe_celery.hosts.standalone.utils.numbers import cint

DAY_SECONDS = 86400
DORMANT_DAYS = 4


def is_scheduler_inactive(verbose: bool = True) -> bool:
    """Whether the current site is not scheduled: maintenance, paused, or disabled."""
    conf = local.conf
    return bool(conf.maintenance_mode or conf.pause_scheduler) or is_scheduler_disabled(verbose)


def is_scheduler_disabled(verbose: bool = True) -> bool:
    """Whether `disable_scheduler` is configured, or System Settings has it switched off."""
    if local.conf.disable_scheduler:
        return True
    return not cint(store.single("System Settings").get("enable_scheduler"))


def get_scheduler_status() -> dict[str, str]:
    """{'status': 'active'} or inactive."""
    return {"status": "inactive" if is_scheduler_inactive() else "active"}


def toggle_scheduler(enable: Any) -> None:
    """Switch scheduling of the current site on or off; counts once it is committed."""
    local.db.set_single_value("System Settings", "enable_scheduler", int(bool(enable)))


def enable_scheduler() -> None:
    """Switch it on."""
    toggle_scheduler(True)


def disable_scheduler() -> None:
    """Switch it off."""
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


def enqueue_events(site: str) -> list[str]:
    """Enqueue what is due on the current site; the methods."""
    if not schedule_jobs_based_on_activity():
        return []
    enqueued = []
    for name in store.names(DOCTYPE, {"stopped": 0}):
        row = get_doc(DOCTYPE, name)
        if row.enqueue():
            enqueued.append(row.method)
    return enqueued


def schedule_jobs_based_on_activity(check_time: datetime | None = None) -> bool:
    """False on a dormant site whose last scheduled job is less than a day old."""
    if not is_dormant(check_time):
        return True
    last = _last_modified(LOG)
    return last is None or _age(last, check_time) >= DAY_SECONDS


def is_dormant(check_time: datetime | None = None) -> bool:
    """Whether the site keeps an Activity Log and nothing was written to it for `dormant_days`.

    A site without any Activity Log has nobody who logs in, and is never dormant here.
    """
    if local.conf.developer_mode:
        return False
    last = _last_modified("Activity Log")
    days = cint(store.single("System Settings").get("dormant_days")) or DORMANT_DAYS
    return last is not None and _age(last, check_time) >= days * DAY_SECONDS


def _last_modified(doctype: str) -> datetime | None:
    rows = store.select(doctype, None, order_by="modified desc", limit=1)
    return rows[0]["modified"] if rows else None


def _age(when: datetime, now: datetime | None) -> float:
    return ((now or now_datetime()) - when).total_seconds()
