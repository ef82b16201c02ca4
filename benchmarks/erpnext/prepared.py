"""What the loads work on, made once, before any side's turn.

`python -m benchmarks.erpnext.prepared SITE DOCUMENTS`, in the bench's Python.
Prints the versions of the site's apps as JSON.
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from typing import Any

import frappe
from frappe.utils import get_datetime, nowdate

from benchmarks.bench.side import in_site

CLERK = "clerk@bench.test"
"""Enqueues every job, so that an owner says whether a job ran as the one who asked."""
ROLES = (
    "System Manager",
    "Accounts Manager",
    "Accounts User",
    "Stock Manager",
    "Stock User",
    "Item Manager",
    "Sales Master Manager",
)
GROUPS = ("each", "bulk")
"""Loads that submit documents of their own; the word is in each document's remarks."""
ITEMS = [f"Bench Item {number}" for number in range(5)]
CUSTOMERS = [f"Bench Customer {number}" for number in range(5)]
REPOSTED = [f"Bench Reposted {number}" for number in range(4)]
IMPORTS = ("Customer", "Item")
DAYS_AGO = 3
"""When the stock of reposted items begins."""


def main() -> None:
    site, number = sys.argv[1], int(sys.argv[2])
    with in_site(site):
        prepare(number)
        apps = frappe.get_installed_apps()
    print(json.dumps({app: frappe.get_module(app).__version__ for app in apps}))


def prepare(number: int) -> None:
    """In the site in which one is, so many documents of each kind."""
    frappe.db.set_single_value("System Settings", "enable_scheduler", 1)
    frappe.db.set_single_value("Stock Reposting Settings", "enable_parallel_reposting", 1)
    _clerk()
    frappe.set_user(CLERK)
    _masters()
    for group in GROUPS:
        for index in range(number):
            _sales_invoice(group, index)
            _stock_entry(group, index)
            _journal_entry(group, index)
    for item in REPOSTED:
        _stock_to_repost(item, number)
    for doctype in IMPORTS:
        _data_import(doctype, number * 5)
    frappe.db.commit()


def company() -> Any:
    return frappe.get_doc("Company", frappe.get_all("Company", pluck="name", order_by="name")[0])


def warehouse() -> str:
    return str(frappe.db.get_value("Warehouse", {"company": company().name, "is_group": 0}))


def _clerk() -> None:
    frappe.get_doc(
        doctype="User",
        email=CLERK,
        first_name="Clerk",
        send_welcome_email=0,
        roles=[{"role": role} for role in ROLES],
    ).insert()


def _masters() -> None:
    for item in (*ITEMS, *REPOSTED):
        frappe.get_doc(_item(item)).insert()
    for customer in CUSTOMERS:
        frappe.get_doc(_customer(customer)).insert()


def _item(name: str) -> dict[str, Any]:
    document = {
        "doctype": "Item",
        "item_code": name,
        "item_name": name,
        "item_group": _leaf("Item Group"),
        "stock_uom": "Nos",
        "is_stock_item": 1,
    }
    if frappe.get_meta("Item").has_field("gst_hsn_code"):  # India Compliance wants 6 or 8 digits
        of_eight = {"name": ("like", "_" * 8)}
        document["gst_hsn_code"] = frappe.db.get_value("GST HSN Code", of_eight)
    return document


def _customer(name: str) -> dict[str, Any]:
    return {
        "doctype": "Customer",
        "customer_name": name,
        "customer_type": "Company",
        "customer_group": _leaf("Customer Group"),
        "territory": _leaf("Territory"),
    }


def _leaf(doctype: str) -> str:
    return str(frappe.db.get_value(doctype, {"is_group": 0}, order_by="name"))


def _sales_invoice(group: str, index: int) -> None:
    frappe.get_doc(
        doctype="Sales Invoice",
        company=company().name,
        customer=CUSTOMERS[index % len(CUSTOMERS)],
        due_date=nowdate(),
        remarks=group,
        items=[
            {"item_code": item, "qty": 1 + index % 3, "rate": 100 + index} for item in ITEMS[:2]
        ],
    ).insert()


def _stock_entry(group: str, index: int) -> None:
    frappe.get_doc(
        doctype="Stock Entry",
        company=company().name,
        stock_entry_type="Material Receipt",
        remarks=group,
        items=[
            {"item_code": item, "qty": 2, "t_warehouse": warehouse(), "basic_rate": 10}
            for item in (ITEMS[index % len(ITEMS)], ITEMS[(index + 1) % len(ITEMS)])
        ],
    ).insert()


def _journal_entry(group: str, index: int) -> None:
    accounts = company()
    amount = 50 + index
    frappe.get_doc(
        doctype="Journal Entry",
        company=accounts.name,
        posting_date=nowdate(),
        user_remark=group,
        accounts=[
            {"account": accounts.default_cash_account, "debit_in_account_currency": amount},
            {
                "account": accounts.default_income_account,
                "credit_in_account_currency": amount,
                "cost_center": accounts.cost_center,
            },
        ],
    ).insert()


def _stock_to_repost(item: str, number: int) -> None:
    """Receipts and issues by turns, then ledger and bin put wrong, and the order to repost."""
    begin = get_datetime(nowdate()) - timedelta(days=DAYS_AGO)
    for index in range(number):
        when = begin + timedelta(minutes=index)
        received = index % 2 == 0
        row = {"item_code": item, "qty": 3 if received else 1}
        row |= {"t_warehouse": warehouse()} if received else {"s_warehouse": warehouse()}
        entry = frappe.get_doc(
            doctype="Stock Entry",
            company=company().name,
            stock_entry_type="Material Receipt" if received else "Material Issue",
            set_posting_time=1,
            posting_date=when.date(),
            posting_time=when.time(),
            items=[{**row, "basic_rate": 10 + index}],
        )
        entry.insert()
        entry.submit()
    of_item = {"item_code": item, "warehouse": warehouse()}
    wrong = {"qty_after_transaction": 1, "valuation_rate": 1, "stock_value": 1}
    frappe.db.set_value("Stock Ledger Entry", of_item, wrong)
    frappe.db.set_value("Bin", of_item, {"actual_qty": 1, "stock_value": 1, "valuation_rate": 1})
    repost = frappe.get_doc(
        doctype="Repost Item Valuation",
        based_on="Item and Warehouse",
        company=company().name,
        posting_date=begin.date(),
        posting_time=begin.time(),
        allow_negative_stock=1,
        **of_item,
    )
    repost.insert()
    repost.submit()


def _data_import(doctype: str, rows: int) -> None:
    make = {"Customer": _customer, "Item": _item}[doctype]
    documents = [make(f"Imported {doctype} {index}") for index in range(rows)]
    columns = [name for name in documents[0] if name != "doctype"]
    labels = [frappe.get_meta(doctype).get_label(name) for name in columns]
    lines = [labels, *([str(document[name]) for name in columns] for document in documents)]
    attached = frappe.get_doc(
        doctype="File",
        file_name=f"{doctype}.csv",
        is_private=1,
        content="\n".join(",".join(line) for line in lines),
    ).insert()
    frappe.get_doc(
        doctype="Data Import",
        reference_doctype=doctype,
        import_type="Insert New Records",
        import_file=attached.file_url,
        mute_emails=1,
    ).insert()


if __name__ == "__main__":
    main()
