"""Documents for functions of one_compliance: what customers have to do, and the projects of it."""

from __future__ import annotations

from tests.apps.documents import Document, Documents, case, day, doc, single

EVENTS = "one_compliance.one_compliance.doc_events"
AGREEMENT = "one_compliance.one_compliance.doctype.compliance_agreement.compliance_agreement"
COMPANY = doc("Company", "Harbour", company_name="Harbour", abbr="HB", default_currency="EUR",
              country="Germany")  # fmt: skip


def agreement(name: str, **fields: object) -> list[Document]:
    """Of the harbour with a customer."""
    own = {"customer": "Ada", "customer_name": "Ada", "company": "Harbour", "posting_date": day(-9)}
    return doc("Compliance Agreement", name, **{**own, "invoice_based_on": "Project", **fields})


def yearly() -> Documents:
    """What is done each year, and how."""
    steps = [
        {"doctype": "Project Template Task", "task": "TT1", "subject": "Read", "type": "Employee",
         "employee_or_group": "Bo"},
        {"doctype": "Project Template Task", "task": "TT2", "subject": "Write"},
    ]  # fmt: skip
    return [
        COMPANY,
        doc("Customer", "Ada", customer_name="Ada"),
        doc("User", "bo@example.com", email="bo@example.com", enabled=1, first_name="Bo"),
        doc("Employee", "Bo", employee="Bo", employee_name="Bo", first_name="Bo", status="Active",
            user_id="bo@example.com", company="Harbour"),
        doc("Task", "TT1", subject="Read", is_template=1, status="Template", expected_time=2),
        doc("Task", "TT2", subject="Write", is_template=1, status="Template"),
        doc("Project Template", "Audit", tasks=steps, custom_project_duration=14),
        doc("Category Type", "Books", category_type="Books"),
        doc("Compliance Category", "Tax", compliance_category="Tax"),
        doc("Compliance Sub Category", "Tax-Audit", compliance_category="Tax", sub_category="Audit",
            project_template="Audit", repeat_on="Yearly", head_of_department="Bo", enabled=1,
            category_type="Books"),
    ]  # fmt: skip


DETAILS = [{"doctype": "Compliance Category Details", "compliance_category": "Tax",
            "compliance_sub_category": "Tax-Audit", "rate": 100, "compliance_date": day(),
            "sub_category_name": "Audit"}]  # fmt: skip


@case(f"{EVENTS}.company.replace_abbr", company="Harbour", old="HB", new="HR")
def _() -> Documents:
    own = {"company": "Harbour", "lft": 1, "rgt": 2}
    return [
        COMPANY,
        doc("Account", "Cash - HB", account_name="Cash", **own),
        doc("Cost Center", "Main - HB", cost_center_name="Main", **own),
        doc("Warehouse", "Shed - XX", warehouse_name="Shed", **own),
        doc("Department", "Deck - HB", department_name="Deck", **own),
    ]


@case(f"{EVENTS}.customer.create_project_from_customer_scheduler")
def _() -> Documents:
    kind = {"customer_type": "Individual", "compliance_customer_type": "Firm"}
    return [
        *yearly(),
        single("Compliance Settings", din_kyc_sub_category="Tax-Audit"),
        doc("DefaultValue", "own company", parent="__default", parenttype="__default",
            parentfield="system_defaults", defkey="company", defvalue="Harbour"),
        doc("Customer Type", "Firm", customer_type="Firm", auditing_process=1),
        doc("Customer", "Cy", customer_name="Cy", **kind, custom_audit_list=[
            {"doctype": "Audit List", "firm_name": "Gull", "notify_before_expiry_date": day()}]),
        doc("Customer", "Di", customer_name="Di", **kind, disabled=1),
    ]  # fmt: skip


@case(f"{EVENTS}.project.set_status_to_overdue")
def _() -> Documents:
    return [
        doc("Project", "P1", project_name="Mast", status="Open", expected_end_date=day(-1)),
        doc("Project", "P2", project_name="Keel", status="Open", expected_end_date=day()),
        doc("Project", "P3", project_name="Sail", status="Completed", expected_end_date=day(-9)),
    ]


@case(f"{AGREEMENT}.change_agreement_status_scheduler")
def _() -> Documents:
    return [
        agreement("CA1", status="Active", valid_from=day(3)),
        agreement("CA2", status="Active", valid_from=day(-9), valid_upto=day(-1)),
        agreement("CA3", status="Open", valid_from=day(-9), valid_upto=day(-1),
                  has_long_term_validity=1),
        agreement("CA4", status="Hold", valid_from=day(-9), valid_upto=day(-1)),
    ]  # fmt: skip


@case(f"{AGREEMENT}.compliance_agreement_daily_scheduler")
def _() -> Documents:
    active = {"status": "Active", "workflow_state": "Customer Approved", "valid_from": day(-9)}
    return [
        *yearly(),
        agreement("CA1", compliance_category_details=DETAILS, docstatus=1, **active),
        agreement("CA2", invoice_based_on="Consolidated", next_invoice_date=day(), **active),
    ]


@case(f"{AGREEMENT}.create_project_against_sub_category", compliance_agreement="CA1",
      compliance_sub_category="Tax-Audit", compliance_date=None,
      compliance_category_details_id="CA1-compliance_category_details-1")  # fmt: skip
def _() -> Documents:
    return [*yearly(), agreement("CA1", status="Active", valid_from=day(-9),
                                 compliance_category_details=DETAILS)]  # fmt: skip
