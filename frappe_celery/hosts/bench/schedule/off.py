"""Why a site is not scheduled, as Frappe's scheduler decides it (FRAPPE_FACTS 'Scheduler')."""

from __future__ import annotations

import inspect

import frappe
from frappe.utils import cint, scheduler


def why_off() -> str | None:
    """What the connected site itself says; None: it is scheduled. (Not what its files say.)"""
    if not cint(frappe.db.get_single_value("System Settings", "enable_scheduler")):
        return "enable_scheduler is off in its System Settings"
    # Unwrapped: Frappe keeps the answer for an hour, in which nobody's return would be seen.
    if not inspect.unwrap(scheduler.schedule_jobs_based_on_activity)():
        days = cint(frappe.get_system_settings("dormant_days")) or 4
        return f"it is dormant: nobody was there for {days} days, and jobs ran in the last 24 hours"
    return None
