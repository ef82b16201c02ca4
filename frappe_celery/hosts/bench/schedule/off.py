"""Why a site is not scheduled, as Frappe's scheduler decides it."""

from __future__ import annotations

import inspect

import frappe
from frappe.utils import cint, scheduler


def _is_active() -> bool:
    """Frappe's answer of now: it keeps one for an hour, in which nobody's return would be seen.

    From v16 on it keeps that of `is_dormant` by itself too.
    """
    is_active = inspect.unwrap(scheduler.schedule_jobs_based_on_activity)
    if is_active():
        return True
    forget = getattr(scheduler.is_dormant, "clear_cache", None)
    if forget is None:
        return False
    forget()
    return bool(is_active())


def why_off() -> str | None:
    """What the connected site itself says; None: it is scheduled. (Not what its files say.)"""
    if not cint(frappe.db.get_single_value("System Settings", "enable_scheduler")):
        return "enable_scheduler is off in its System Settings"
    if not _is_active():
        days = cint(frappe.get_system_settings("dormant_days")) or 4
        return f"it is dormant: nobody was there for {days} days, and jobs ran in the last 24 hours"
    return None
