from functools import lru_cache

import frappe
from frappe.utils.background_jobs import enqueue  # noqa: F401


def start_scheduler():
    raise AssertionError("Frappe's own")


def toggle_scheduler(enable):
    frappe.db.set_single_value("System Settings", "enable_scheduler", enable)


@lru_cache(maxsize=1)
def schedule_jobs_based_on_activity(check_time=None):
    return not frappe.db.values().get("dormant")
