"""`frappe.utils.scheduler`: whether a site is scheduled, and enqueueing what is due by hand.

A dormant site's scheduled jobs run once a day. Frappe takes a site without any Activity Log for
dormant. Here that means that nobody logs in, not that nobody uses it, so only a site that keeps an
Activity Log can become dormant.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from frappe_celery import host
from frappe_standalone.cache.cache import cache
from frappe_standalone.database import singles, store
from frappe_standalone.local import local
from frappe_standalone.schedule.rows import LOG
from frappe_standalone.utils.dates import now_datetime
from frappe_standalone.utils.numbers import cint

DOCTYPE = host.schedule_documents.DOCTYPE
DAY_SECONDS = 86400
DORMANT_DAYS = 4
AWAKE_SECONDS = 3600
"""From v15 on a dormant site is scheduled for so long, once a day; v14: until its first log."""
AWAKE = "dormant_site_is_awake"
"""Where the cache keeps that it is."""


def is_scheduler_inactive(verbose: bool = True) -> bool:
    """Whether the current site is not scheduled: maintenance, paused, or disabled."""
    return why_inactive() is not None


def is_scheduler_disabled(verbose: bool = True) -> bool:
    """Whether `disable_scheduler` is configured, or System Settings has it switched off."""
    return bool(local.conf.disable_scheduler) or not _is_enabled()


def why_inactive() -> str | None:
    """What switched the current site's scheduling off; None when it is on."""
    for key in host.SCHEDULE_OFF_KEYS:
        if local.conf.get(key):
            return f"{key} is set in its configuration"
    return None if _is_enabled() else "enable_scheduler is off in System Settings"


def _is_enabled() -> bool:
    return bool(cint(singles.single("System Settings").get("enable_scheduler")))


def toggle_scheduler(enable: Any) -> None:
    """Switch scheduling of the current site on or off; counts once it is committed."""
    local.db.set_single_value("System Settings", "enable_scheduler", int(bool(enable)))


# -- dormant sites


def why_dormant(check_time: datetime | None = None) -> str | None:
    """Why a dormant site is not scheduled now; None: it is, or is not dormant."""
    last = _last_activity_of_a_dormant_site(check_time)
    if last is None or _is_awake(check_time):
        return None
    return (
        f"it is dormant, its last Activity Log is of {last:%Y-%m-%d %H:%M} and dormant_days in"
        f" System Settings is {_dormant_days()}; it is scheduled once a day"
    )


def _last_activity_of_a_dormant_site(check_time: datetime | None) -> datetime | None:
    if local.conf.developer_mode or host.settings.current().frappe_version >= 16:
        return None  # v16: only on Frappe Cloud
    last = _last("Activity Log")
    if last is None or _age(last, check_time) < _dormant_days() * DAY_SECONDS:
        return None
    return last


def _is_awake(check_time: datetime | None) -> bool:
    last_run = _last(LOG)
    stays_awake = host.settings.current().frappe_version >= 15
    if last_run is None or _age(last_run, check_time) >= DAY_SECONDS:
        if stays_awake:
            cache.set_value(AWAKE, 1, expires_in_sec=AWAKE_SECONDS)
        return True
    return stays_awake and bool(cache.get_value(AWAKE, expires=True))


def _dormant_days() -> int:
    return cint(singles.single("System Settings").get("dormant_days")) or DORMANT_DAYS


def _last(doctype: str) -> datetime | None:
    when = "modified" if host.settings.current().frappe_version < 16 else "creation"
    rows = store.select(doctype, None, order_by=f"{when} desc", limit=1)
    return rows[0][when] if rows else None


def _age(when: datetime, now: datetime | None) -> float:
    return ((now or now_datetime()) - when).total_seconds()
