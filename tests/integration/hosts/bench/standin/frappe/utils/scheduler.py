from functools import lru_cache

import frappe
from frappe.utils.background_jobs import enqueue  # noqa: F401


def start_scheduler():
    raise AssertionError("Frappe's own")


def toggle_scheduler(enable):
    frappe.db.set_single_value("System Settings", "enable_scheduler", enable)


@lru_cache(maxsize=1)
def schedule_jobs_based_on_activity(check_time=None):
    return not is_dormant()


def is_dormant(check_time=None):
    return bool(frappe.db.values().get("dormant"))


if frappe.STABLE_16:
    is_dormant = lru_cache(maxsize=1)(is_dormant)
    is_dormant.clear_cache = is_dormant.cache_clear

    def is_schduler_process_running():
        return False
