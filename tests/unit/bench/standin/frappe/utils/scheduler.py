from frappe.utils.background_jobs import enqueue  # noqa: F401


def start_scheduler():
    raise AssertionError("Frappe's own")
