"""What the reports show and the types find: `… prepared SITE DOCUMENTS COMPANY`.

In the bench's Python, once before any side's turn. COMPANY is made and worked in, as it stands
first among the companies; '': the site's own is.
"""

from __future__ import annotations

import json
import sys

import frappe

from benchmarks.bench.side import in_site
from benchmarks.erpnext.loads import REMARKS
from benchmarks.erpnext.prepared import prepare
from benchmarks.schedule_types.work import make_work


def main() -> None:
    site, documents, company = sys.argv[1:]
    with in_site(site):
        frappe.set_user("Administrator")
        if company:
            _make(company)
        prepare(int(documents))
        frappe.set_user("Administrator")
        for doctype in REMARKS:
            for name in frappe.get_all(doctype, {REMARKS[doctype]: "each"}, pluck="name"):
                frappe.get_doc(doctype, name).submit()
        make_work()
        frappe.db.commit()
    print(json.dumps({}))


def _make(company: str) -> None:
    country, currency = frappe.db.get_value("Company", {}, ["country", "default_currency"])
    frappe.get_doc(
        doctype="Company",
        company_name=company,
        abbr="AB",
        country=country,
        default_currency=currency,
    ).insert()


if __name__ == "__main__":
    main()
