"""Documents for functions of india_compliance: logs of GST, and fields of ERPNext's documents."""

from __future__ import annotations

from tests.apps.cases.hrms import HARBOUR
from tests.apps.documents import Documents, case, doc, single


@case(
    "india_compliance.gst_india.doctype.gst_return_log.gst_return_log.process_gstr_1_returns_info",
    company="Harbour",
    gstin="24AAQCA8719H1ZC",
    response={
        "EFiledlist": [
            {
                "rtntype": "GSTR1",
                "ret_prd": "032024",
                "status": "Filed",
                "arn": "AA1",
                "dof": "11-04-2024",
            },
            {
                "rtntype": "GSTR1",
                "ret_prd": "042024",
                "status": "Filed",
                "arn": "AA2",
                "dof": "11-05-2024",
            },
            {
                "rtntype": "GSTR3B",
                "ret_prd": "042024",
                "status": "Filed",
                "arn": "AA3",
                "dof": "20-05-2024",
            },
        ]
    },
)
def _() -> Documents:
    april = {"gstin": "24AAQCA8719H1ZC", "return_period": "042024", "return_type": "GSTR1"}
    return [
        doc("Company", "Harbour", abbr="HB", default_currency="INR", country="India"),
        doc("GST Return Log", "GSTR1-042024-24AAQCA8719H1ZC", company="Harbour", **april),
    ]


@case(
    "india_compliance.gst_india.doctype.gstr_import_log.gstr_import_log._create_import_log",
    gstin="24AAQCA8719H1ZC",
    return_type="GSTR2a",
    return_period="042024",
    classification="B2B",
    request_id="r-1",
)
def _() -> Documents:
    log = {"gstin": "24AAQCA8719H1ZC", "return_type": "GSTR2a", "return_period": "042024"}
    return [
        doc("GSTR Import Log", "L1", classification="B2B", data_not_found=1, **log),
        doc("GSTR Import Log", "L2", classification="CDN", data_not_found=1, **log),
    ]


@case(
    "india_compliance.gst_india.utils.e_invoice._log_e_invoice",
    log_data={
        "name": "irn-1",
        "irn": "irn-1",
        "sales_invoice": "SI-1",
        "acknowledgement_number": "112",
    },
)
def _() -> Documents:
    return [doc("Sales Invoice", "SI-1", customer="Ada", company="Harbour", docstatus=1)]


@case(
    "india_compliance.gst_india.utils.api.create_integration_request",
    url="https://example.com/ping",
    request_id="r-1",
    request_headers={"accept": "text/plain"},
    data={"b": 2, "a": [1, None]},
    error={"message": "no"},
    reference_doctype="Sales Invoice",
    reference_name="SI-1",
)
def _() -> Documents:
    return [doc("Sales Invoice", "SI-1", customer="Ada", company="Harbour", docstatus=1)]


ROPE = {"item_code": "rope", "item_name": "Rope", "item_group": "Gear", "stock_uom": "Metre"}


@case(
    "india_compliance.gst_india.doctype.gst_hsn_code.gst_hsn_code.update_item_document",
    taxes=[{"item_tax_template": "Low", "tax_category": "", "valid_from": "2025-01-01"}],
    hsn_code="560750",
)
def _() -> Documents:
    return [
        doc("Item Group", "Gear", item_group_name="Gear"),
        doc("UOM", "Metre", uom_name="Metre"),
        doc("Company", "Harbour", company_name="Harbour", **HARBOUR),
        doc("Item Tax Template", "Low", title="Low", company="Harbour"),
        doc("GST HSN Code", "560750", hsn_code="560750", description="Ropes"),
        doc("Item", "rope", gst_hsn_code="560750", **ROPE),
        doc(
            "Item",
            "sail",
            gst_hsn_code="630619",
            **{**ROPE, "item_code": "sail", "item_name": "Sail"},
        ),
    ]


@case("india_compliance.gst_india.doctype.gst_settings.gst_settings.update_e_invoice_status")
def _() -> Documents:
    sold = {"customer": "Ada", "company": "Harbour", "docstatus": 1, "posting_date": "2025-03-01"}
    return [
        single("GST Settings", enable_e_invoice=0),
        doc("Sales Invoice", "SI-1", einvoice_status="Pending", **sold),
        doc("Sales Invoice", "SI-2", einvoice_status="Generated", **sold),
        doc("Sales Invoice", "SI-3", einvoice_status="Pending", **{**sold, "docstatus": 0}),
    ]


@case("india_compliance.audit_trail.setup.create_property_setters_for_versioning")
def _() -> Documents:
    return []


@case(
    "india_compliance.gst_india.doctype.purchase_reconciliation_tool.purchase_reconciliation_tool"
    ".auto_reconcile"
)
def _() -> Documents:
    days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    return [
        single("GST Settings", enable_api=1, api_secret="*****", enable_auto_reconciliation=1,
               inward_supply_period=2, **{f"reconcile_on_{name}": 1 for name in days}),
        doc("GST Credential", "G1", parent="GST Settings", parenttype="GST Settings",
            parentfield="credentials", idx=1, company="Harbour", service="Returns",
            gstin="24AAQCA8719H1ZC", username="crew"),
        doc("Company", "Harbour", company_name="Harbour", **HARBOUR),
    ]  # fmt: skip
