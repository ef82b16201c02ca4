"""Something to do for jobs that else find nothing: `python -m benchmarks.schedule_types.work SITE`.

In the bench's Python. What is due, overdue or expired today, and mail that no server takes.
"""

from __future__ import annotations

import sys
from typing import Any

import frappe
from frappe.utils import add_days, add_to_date, add_years, now_datetime, nowdate

from benchmarks.bench.side import in_site
from benchmarks.erpnext.prepared import CLERK, CUSTOMERS, ITEMS, company


def main() -> None:
    with in_site(sys.argv[1]):
        make_work()
    print("{}")


def make_work() -> None:
    """In the site in which one is."""
    frappe.set_user("Administrator")
    frappe.get_doc(
        doctype="Email Account",
        name="Bench",
        email_account_name="Bench",
        email_id="bench@bench.test",
        enable_outgoing=1,
        default_outgoing=1,
        smtp_server="mail.bench.test",
        no_smtp_authentication=1,
    ).db_insert()  # which does not try the server
    frappe.sendmail(recipients=[CLERK], subject="Waits", message="for a server")
    for document in _overdue():
        frappe.get_doc(document).insert()
    quotation = frappe.get_doc(_quotation()).insert()
    quotation.submit()
    frappe.db.set_value("Quotation", quotation.name, "valid_till", _yesterday())
    frappe.db.commit()


def _yesterday() -> str:
    return str(add_days(nowdate(), -1))


def _overdue() -> list[dict[str, Any]]:
    here = company().name
    return [
        {
            "doctype": "Employee",
            "first_name": "Born today",
            "company": here,
            "gender": "Other",
            "date_of_birth": add_years(nowdate(), -30),
            "date_of_joining": add_years(nowdate(), -5),
            "personal_email": CLERK,
            "prefered_contact_email": "Personal Email",
        },
        {"doctype": "Task", "subject": "Overdue", "exp_end_date": _yesterday()},
        {
            "doctype": "Job Opening",
            "job_title": "Closed",
            "company": here,
            "designation": frappe.db.get_value("Designation", {}),
            "status": "Open",
            "closes_on": nowdate(),
        },
        {
            "doctype": "Event",
            "subject": "Today",
            "event_type": "Public",
            "starts_on": add_to_date(now_datetime(), hours=1),
            "send_reminder": 1,
        },
        {
            "doctype": "Email Digest",
            "name": "Daily",
            "enabled": 1,
            "company": here,
            "frequency": "Daily",
            "recipients": [{"recipient": CLERK}],
            "income": 1,
        },
        {
            "doctype": "Notification",
            "name": "Due",
            "subject": "Due",
            "document_type": "Task",
            "event": "Days After",
            "date_changed": "exp_end_date",
            "days_in_advance": 1,
            "channel": "Email",
            "message": "due",
            "recipients": [{"receiver_by_role": "Stock Manager"}],
        },
    ]


def _quotation() -> dict[str, Any]:
    return {
        "doctype": "Quotation",
        "company": company().name,
        "quotation_to": "Customer",
        "party_name": CUSTOMERS[0],
        "items": [{"item_code": ITEMS[0], "qty": 1, "rate": 10}],
    }


if __name__ == "__main__":
    main()
