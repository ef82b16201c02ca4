"""What is measured: each load enqueues as users' clicks and Frappe's own code do."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any

import frappe
from frappe.utils import add_days, nowdate

from benchmarks.erpnext.prepared import CUSTOMERS, DAYS_AGO, IMPORTS, company

REMARKS = {
    "Sales Invoice": "remarks",
    "Stock Entry": "remarks",
    "Journal Entry": "user_remark",
}
REPOSTING = "erpnext.stock.doctype.repost_item_valuation.repost_item_valuation"


def submit_each() -> int:
    """A job for each document, the kinds by turns."""
    kinds = [[(doctype, name) for name in _drafts(doctype, "each")] for doctype in REMARKS]
    documents = list(chain.from_iterable(zip(*kinds, strict=True)))
    for doctype, name in documents:
        frappe.enqueue_doc(doctype, name, "submit")
    return len(documents)


def submit_in_bulk() -> int:
    """As the button in a list does: a job for each kind."""
    from frappe.desk.doctype.bulk_update.bulk_update import submit_cancel_or_update_docs

    for doctype in REMARKS:
        submit_cancel_or_update_docs(doctype, _drafts(doctype, "bulk"))
    return len(REMARKS)


def import_data() -> int:
    """As the button of a Data Import does."""
    from frappe.core.doctype.data_import.data_import import form_start_import

    for doctype in IMPORTS:
        form_start_import(frappe.db.get_value("Data Import", {"reference_doctype": doctype}))
    return len(IMPORTS)


def repost() -> int:
    """As the scheduler does, which leads to a job for each item."""
    frappe.enqueue(f"{REPOSTING}.run_parallel_reposting", queue="long")
    return 1


def prepare_reports() -> int:
    """General Ledger, in several ways that users ask for it."""
    from frappe.core.doctype.prepared_report.prepared_report import make_prepared_report

    asked = report_filters()
    for filters in asked:
        make_prepared_report("General Ledger", filters)
    return len(asked)


def report_filters() -> list[dict[str, Any]]:
    here = company()
    all_of_it = {
        "company": here.name,
        "from_date": add_days(nowdate(), -DAYS_AGO),
        "to_date": nowdate(),
    }
    return [
        all_of_it,
        {**all_of_it, "account": [here.default_inventory_account]},
        {**all_of_it, "account": [here.stock_adjustment_account]},
        {**all_of_it, "party_type": "Customer", "party": CUSTOMERS[:1]},
        {**all_of_it, "show_opening_entries": 1},
        {**all_of_it, "show_cancelled_entries": 1},
    ]


def _drafts(doctype: str, group: str) -> list[str]:
    filters = {"docstatus": 0, REMARKS[doctype]: group}
    return list(frappe.get_all(doctype, filters=filters, pluck="name", order_by="name"))


LOADS: dict[str, Callable[[], int]] = {
    "each": submit_each,
    "bulk": submit_in_bulk,
    "import": import_data,
    "repost": repost,
    "reports": prepare_reports,
}
"""Each returns how many jobs it makes at least."""
