"""As Frappe v15's, and as v16's when `version_16` is called: runs by name instead of by method."""

from datetime import datetime, timedelta
from random import randint

import frappe
from frappe.model.document import Document
from frappe.utils.background_jobs import enqueue


class ScheduledJobType(Document):
    doctype = "Scheduled Job Type"

    @property
    def rq_job_id(self):
        return f"scheduled_job::{self.method}"

    def get_next_execution(self):
        if self.frequency == "Hourly Maintenance":
            return self.last_execution.replace(minute=0, second=0) + timedelta(hours=1)
        assert self.frequency == "Daily Long"
        midnight = self.last_execution.replace(hour=0) + timedelta(days=1)
        return midnight if frappe.STABLE_16 else midnight + timedelta(seconds=randint(1, 600))

    def is_event_due(self):
        return self.get_next_execution() <= datetime.now()

    def enqueue(self, force=False):
        return bool(force or self.is_event_due()) and bool(
            enqueue(
                f"{__name__}.run_scheduled_job",
                job_type=self.method,
                job_id=self.rq_job_id.partition("::")[2],
            )
        )

    def execute(self):
        self.log_status("Start")
        try:
            frappe.get_attr(self.method)()
            frappe.db.commit()
            self.log_status("Complete")
        except Exception:
            frappe.db.rollback()
            self.log_status("Failed")

    def log_status(self, status):
        if status == self.__dict__.get("cannot_log"):
            raise OSError("cannot log")
        if status == "Start":
            self.db_set("last_execution", "now", update_modified=False)
        frappe.db.lines.append(f"log|{status}")
        frappe.db.commit()


def run_scheduled_job(job_type):
    try:
        ScheduledJobType(method=job_type).execute()
    except Exception as exc:
        print(f"printed: {exc}")


def version_16():
    global run_scheduled_job

    def run_scheduled_job(scheduled_job_type, job_type=None):
        pass

    ScheduledJobType.rq_job_id = property(lambda self: f"scheduled_job::{self.name}")


def sync_jobs():
    """Every method of the hooks is daily."""
    rows = [
        {"name": method, "method": method, "frequency": "Daily", "creation": "2026-01-01 00:00"}
        for method in frappe.cache.get_value("app_hooks")
    ]
    frappe.db.put("Scheduled Job Type", rows)
