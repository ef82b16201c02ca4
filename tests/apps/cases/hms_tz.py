"""Documents for functions of hms_tz: patients, their visits, and what an insurance pays."""

from __future__ import annotations

from tests.apps.documents import Document, Documents, at, case, day, doc

API = "hms_tz.nhif.api"
HOSPITAL = "Shree Hindu Mandal Hospital - Dar es Salaam"
"""The only one whose visits the claims are made of."""
COMPANY = doc("Company", "Harbour", company_name="Harbour", abbr="HB", default_currency="EUR",
              country="Germany")  # fmt: skip


def visits() -> Documents:
    """One of yesterday that was closed, one of today."""
    own = {"patient": "P1", "insurance_company": "NHIF", "company": HOSPITAL, "status": "Closed"}
    met = {"patient": "P1", "docstatus": 1, "duplicated": 0, "company": HOSPITAL}
    return [
        doc("Patient", "P1", first_name="Ada", patient_name="Ada", sex="Female", status="Active"),
        doc("Patient Appointment", "A1", appointment_date=day(-1), **own),
        doc("Patient Appointment", "A2", appointment_date=day(), **own),
        doc("Patient Encounter", "E1", appointment="A1", encounter_date=day(-1), **met),
        doc("Patient Encounter", "E2", appointment="A2", encounter_date=day(), **met),
    ]


@case(f"{API}.healthcare_utils.auto_create_nhif_patient_claims")
@case(f"{API}.healthcare_utils.enqueue_auto_create_nhif_patient_claims")
def _() -> Documents:
    return visits()


@case(f"{API}.healthcare_utils.create_invoiced_items_if_not_created")
def _() -> Documents:
    lab = {"doctype": "Lab Prescription", "name": "LP1", "lab_test_code": "Blood"}
    sold = {"doctype": "Sales Invoice Item", "item_code": "Blood", "qty": 1, "rate": 5,
            "reference_dt": "Lab Prescription", "reference_dn": "LP1"}  # fmt: skip
    met = {"patient": "P1", "docstatus": 1, "patient_sex": "Female", "company": "Harbour"}
    return [
        COMPANY,
        doc("Patient", "P1", first_name="Ada", patient_name="Ada", sex="Female", status="Active"),
        doc("Lab Test Template", "Blood", lab_test_name="Blood", lab_test_code="Blood"),
        doc("Patient Encounter", "E1", encounter_date=day(), lab_test_prescription=[lab], **met),
        doc("Sales Invoice", "S1", patient="P1", posting_date=day(), docstatus=1, items=[sold],
            company="Harbour"),
    ]  # fmt: skip


@case(f"{API}.healthcare_utils.delete_or_cancel_draft_document")
def _() -> Documents:
    seen = {"patient": "P1", "appointment_type": "Visit", "status": "Open"}
    return [
        doc("Patient", "P1", first_name="Ada", patient_name="Ada", sex="Female", status="Active"),
        doc("Patient Appointment", "A1", appointment_date=day(-9), **seen),
        doc("Patient Appointment", "A2", appointment_date=day(-2), **seen),
        doc("Vital Signs", "V1", patient="P1", signs_date=day(-9)),
        doc("Vital Signs", "V2", patient="P1", signs_date=day(-2)),
    ]


@case(f"{API}.healthcare_utils.set_uninvoiced_so_closed")
def _() -> Documents:
    sold = [{"doctype": "Sales Order Item", "item_code": "Rope", "qty": 2, "rate": 5}]
    order = {"customer": "Ada", "company": "Harbour", "docstatus": 1, "status": "To Bill"}
    order |= {"transaction_date": day(-2), "delivery_date": day(9), "items": sold}
    return [
        COMPANY,
        doc("Customer", "Ada", customer_name="Ada"),
        doc("Sales Order", "SO1", **order),
        doc("Sales Order", "SO2", **order, creation=at(1)),
    ]


def insured(**item: object) -> list[Document]:
    """What the insurance pays for."""
    package = {"itemcode": "11", "schemeid": "1001", "packageid": "101", "company": "Harbour"}
    package |= {"facilitycode": "777", "unitprice": "25.50", "isactive": "1"}
    package |= {"maximumquantity": "4", "isrestricted": "1", "facilitylevelcode": "2"}
    code = {"doctype": "Item Customer Detail", "customer_name": "NHIF", "ref_code": "11"}
    return [
        *COMPANY,
        *doc("UOM", "Nos", uom_name="Nos", enabled=1),
        *doc("Company NHIF Settings", "Harbour", company="Harbour", facility_code="777", enable=1),
        *doc("Item", "Blood", item_name="Blood", item_code="Blood", stock_uom="Nos",
             item_group="All", customer_items=[code], is_sales_item=1, **item),
        *doc("NHIF Price Package", "N1", **package),
        *doc("NHIF Price Package", "N2", **{**package, "itemcode": "12", "schemeid": "1002"}),
    ]  # fmt: skip


@case(f"{API}.insurance_company.process_insurance_coverages", kwargs="Harbour")
def _() -> Documents:
    plan = {"insurance_company": "NHIF", "is_active": 1, "company": "Harbour"}
    return [
        insured(),
        doc("Lab Test Template", "Blood", lab_test_name="Blood", lab_test_code="B", item="Blood"),
        doc("Healthcare Insurance Coverage Plan", "C1", nhif_scheme_id="1001", **plan),
        doc("Healthcare Insurance Coverage Plan", "C2", nhif_scheme_id="1003", **plan),
    ]


@case(f"{API}.insurance_company.process_prices_list", kwargs="Harbour")
def _() -> Documents:
    return [
        insured(),
        doc("Price List", "NHIF-101-777", price_list_name="NHIF-101-777", currency="EUR",
            selling=1, enabled=1),
        doc("Item Price", "IP1", item_code="Blood", price_list="NHIF-101-777", currency="EUR",
            selling=1, price_list_rate=20, uom="Nos"),
    ]  # fmt: skip


@case(f"{API}.patient.update_cash_limit", kwargs={"new_value": "250.5"})
def _() -> Documents:
    return [
        doc("Patient", "P1", first_name="Ada", status="Active", cash_limit=100),
        doc("Patient", "P2", first_name="Bo", status="Active", cash_limit=250.5),
        doc("Patient", "P3", first_name="Cy", status="Disabled", cash_limit=100),
    ]
