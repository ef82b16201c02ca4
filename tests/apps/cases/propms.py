"""Documents for functions of propms: houses and their leases."""

from __future__ import annotations

from typing import Any

from tests.apps.documents import Document, Documents, case, day, doc, single


def house(name: str, status: str, *ends: int) -> list[Document]:
    """A property, and leases of it that end so many days from today."""
    lease = {"property": name, "start_date": day(-300), "company": "Harbour", "customer": "Ada"}
    rows = doc("Property", name, name1=name, status=status, cost_center="Main - HB")
    for end in ends:
        rows += doc("Lease", f"{name}-{end}", end_date=day(end), **lease)
    return rows


@case("propms.auto_custom.statusChangeAfterLeaseExpire")
@case("propms.auto_custom.statusChangeBeforeLeaseExpire")
def _() -> Documents:
    return [
        house("Mole 1", "On Lease", -200, -3), house("Mole 2", "On Lease", -3, 40),
        house("Mole 3", "Off Lease in 3 Months", -1), house("Mole 4", "Available", -5),
        house("Mole 5", "On Lease", 150), house("Mole 6", "Booked", 20),
    ]  # fmt: skip


@case("propms.lease_invoice.leaseInvoiceAutoCreate")
def _() -> Documents:
    def due(offset: int, **fields: Any) -> Document:
        return {
            "doctype": "Lease Invoice Schedule", "date_to_invoice": day(offset), "paid_by": "Ada",
            "lease_item": "Rent", "qty": 1, "rate": 250, "currency": "EUR", "invoice_number": "",
            "sales_order_number": "", "invoice_item_group": "1", "document_type": "Sales Order",
            "schedule_start_date": day(offset), **fields,
        }  # fmt: skip

    return [
        single("Property Management Settings", invoice_start_date=day(-90)),
        single("Global Defaults", default_company="Harbour"),
        doc("Company", "Harbour", company_name="Harbour", abbr="HB", default_currency="EUR",
            country="Germany"),
        doc("Customer", "Ada", customer_name="Ada", default_currency="EUR"),
        doc("Item", "Rent", item_name="Rent", item_code="Rent", is_stock_item=0, stock_uom="Month",
            item_group="All", is_sales_item=1),
        doc("Cost Center", "Main - HB", cost_center_name="Main", company="Harbour", lft=1, rgt=2),
        house("Mole 1", "On Lease"),
        doc("Lease", "L1", property="Mole 1", company="Harbour", customer="Ada",
            end_date=day(200), lease_invoice_schedule=[due(-30), due(-1), due(30)]),
    ]  # fmt: skip
