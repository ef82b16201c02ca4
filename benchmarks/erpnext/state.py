"""What a load left behind, without what may differ: names made up, the order, and the time."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from typing import Any

import frappe

from benchmarks.bench.progress import exception_class

WHO = "owner, modified_by"
NAMED = "if(reference_doctype = 'Prepared Report', '', reference_name)"
TABLES: dict[str, tuple[str, str]] = {
    "Sales Invoice": ("name, docstatus, status, grand_total, outstanding_amount", WHO),
    "Stock Entry": ("name, docstatus, total_incoming_value, total_outgoing_value", WHO),
    "Journal Entry": ("name, docstatus, total_debit, total_credit", WHO),
    "GL Entry": (
        "voucher_type, voucher_no, account, party, cost_center, debit, credit, is_cancelled",
        WHO,
    ),
    "Payment Ledger Entry": ("voucher_type, voucher_no, account, party, amount", WHO),
    "Stock Ledger Entry": (
        "voucher_type, voucher_no, item_code, warehouse, actual_qty, incoming_rate, is_cancelled",
        WHO,
    ),
    "Bin": ("item_code, warehouse, actual_qty, valuation_rate, stock_value", "1"),
    "Repost Item Valuation": ("based_on, item_code, warehouse, voucher_no, status", WHO),
    "Customer": ("name, customer_group, territory", WHO),
    "Item": ("name, item_group, stock_uom", WHO),
    "Data Import": ("reference_doctype, status, payload_count", WHO),
    "Data Import Log": ("success, docname", "1"),
    "Comment": (f"reference_doctype, {NAMED}, comment_type", WHO),
    "Version": ("ref_doctype, docname", WHO),
    "Email Queue": ("status, reference_doctype, reference_name", "1"),
    "Notification Log": ("type, document_type, document_name, for_user", "1"),
}
"""Of each, the columns that say what came of it, and who did it."""

LEDGER_OF_REPOSTED = """
    select voucher_no, item_code, qty_after_transaction, valuation_rate, stock_value, count(*)
    from `tabStock Ledger Entry` where item_code like 'Bench Reposted %%' group by 1, 2, 3, 4, 5
"""


def of_site() -> dict[str, list[list[Any]]]:
    """Kind of record → rows of values, the last of which is how many are alike."""
    state = {}
    for doctype, (columns, who) in TABLES.items():
        state[doctype] = frappe.db.sql(
            f"select {columns}, {who}, count(*) from `tab{doctype}` group by {columns}, {who}"
        )
    state["ledger of what was reposted"] = frappe.db.sql(LEDGER_OF_REPOSTED)
    state["Prepared Report"] = [(*report, 1) for report in _reports()]
    return {kind: [[str(value) for value in row] for row in rows] for kind, rows in state.items()}


def logged_exceptions(known: set[str]) -> Counter[str]:
    """Classes of what is in the Error Log, without those of these names."""
    rows = frappe.get_all("Error Log", fields=["name", "error"])
    return Counter(exception_class(row.error) for row in rows if row.name not in known)


def _reports() -> list[tuple[Any, ...]]:
    fields = ["name", "report_name", "filters", "status", "owner"]
    return [
        (row.report_name, row.filters, row.status, row.owner, *_content(row.name))
        for row in frappe.get_all("Prepared Report", fields=fields)
    ]


def _content(name: str) -> tuple[int, float, float]:
    """Rows, and sums of debit and credit, of a prepared report's file; zeros without one."""
    attached = {"attached_to_doctype": "Prepared Report", "attached_to_name": name}
    files = frappe.get_all("File", filters=attached, pluck="name")
    if not files:
        return 0, 0.0, 0.0
    content = frappe.get_doc("File", files[0]).get_content()
    rows = json.loads(gzip.decompress(content))["result"]
    sums = (
        sum(float(row.get(side) or 0) for row in rows if isinstance(row, dict))
        for side in ("debit", "credit")
    )
    debit, credit = (round(value, 2) for value in sums)
    return len(rows), debit, credit
