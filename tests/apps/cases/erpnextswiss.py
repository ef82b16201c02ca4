"""Documents for functions of erpnextswiss: tools to calibrate, towns, and unpaid invoices."""

from __future__ import annotations

from tests.apps.documents import Documents, case, day, doc, single

DOCTYPES = "erpnextswiss.erpnextswiss.doctype"
BKP = "erpnextswiss.erpnextswiss.page.bkp_importer.utils"


@case(f"{DOCTYPES}.inspection_equipment.inspection_equipment.check_calibration_status")
def _() -> Documents:
    tool = {"status": "Calibrated", "calibration_interval": 6, "last_calibration": day(-300)}
    return [
        doc("Inspection Equipment", "Scale", title="Scale", next_calibration=day(-90), **tool),
        doc("Inspection Equipment", "Rule", title="Rule", next_calibration=day(9), **tool),
    ]


@case(f"{DOCTYPES}.municipality.municipality.import_municipality",
      content='BFSnr,Municipality\n1,"Port, Old"\n2,Quay\n')  # fmt: skip
def _() -> Documents:
    return [doc("Municipality", "1", bfsnr="1", municipality="Port")]


@case(f"{DOCTYPES}.payment_reminder.payment_reminder.create_payment_reminders", company="Harbour")
def _() -> Documents:
    charges = [
        {"doctype": "ERPNextSwiss Settings Payment Reminder Charge", "reminder_level": level,
         "reminder_charge": charge} for level, charge in ((1, 0), (2, 20))
    ]  # fmt: skip
    owed = {"customer": "Ada", "company": "Harbour", "docstatus": 1, "currency": "EUR"}
    owed |= {"debit_to": "Debtors - HB", "posting_date": day(-60), "enable_lsv": 0}
    return [
        single("ERPNextSwiss Settings", payment_reminder_auto_submit=0, reminder_min_threshold=5,
               payment_reminder_charges=charges),
        doc("Company", "Harbour", company_name="Harbour", abbr="HB", default_currency="EUR"),
        doc("Customer", "Ada", customer_name="Ada", disabled=1),
        doc("Account", "Debtors - HB", account_name="Debtors", company="Harbour", lft=1, rgt=2),
        doc("Sales Invoice", "S1", due_date=day(-30), payment_reminder_level=1, grand_total=100,
            outstanding_amount=40.5, contact_email="ada@example.com", **owed),
        doc("Sales Invoice", "S2", due_date=day(-3), grand_total=20, outstanding_amount=20, **owed),
        doc("Sales Invoice", "S3", due_date=day(3), grand_total=20, outstanding_amount=20, **owed),
    ]  # fmt: skip


@case(f"{DOCTYPES}.pincode.pincode.import_pincodes",
      content="pincode,city,canton,canton_code,longitude,latitude,country_code\n"
              "8400,Port,Harbour,HB,8.7,47.5,CH\n8401,Quay,Harbour,HB,8.8,,CH\n")  # fmt: skip
def _() -> Documents:
    return [doc("Pincode", "8400-Port", title="8400-Port", pincode="8400", city="Port",
                country_code="ch")]  # fmt: skip


@case(f"{BKP}._calc_structur_organisation_totals", dt="Quotation", dn="Q1")
@case(f"{BKP}._transfer_structur_organisation_discounts", dt="Quotation", dn="Q1")
def _() -> Documents:
    sold = {"doctype": "Quotation Item", "item_code": "Rope", "qty": 2, "rate": 5, "amount": 10}
    return [doc("Quotation", "Q1", quotation_to="Customer", party_name="Ada", items=[sold])]


@case("erpnextswiss.erpnextswiss.print_queue.cleanup_print_queue")
def _() -> Documents:
    return [
        doc("Label Printer Job", "J1", status="Printed"),
        doc("Label Printer Job", "J2", status="Queued"),
        doc("Label Printer Job", "J3", status="Failed", creation=f"{day(1)} 08:00:00"),
    ]
