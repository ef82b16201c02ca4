"""Documents for functions of credlawn: lists of leads, and links that were clicked."""

from __future__ import annotations

from tests.apps.documents import Documents, at, case, day, doc

SCRIPTS = "credlawn.scripts"


@case(
    "credlawn.credlawn.doctype.campaign.campaign.insert_campaign_data",
    **{"campaign_name": "Spring", "volume": 2, "data_type": "Sailor", "data_source": "Vendor"},
    **{"campaign_date": "2025-03-01", "campaign_type": "SMS", "login_link": "Harbour"},
    template_name="Hello",
)
def _() -> Documents:
    sailor = {"data_type": "Sailor", "data_source": "Vendor"}
    return [
        doc("Campaign", "Spring", campaign_name="Spring", volume=2, **sailor),
        doc("Bank Links", "Harbour", full_link="https://bank.example.com/{}"),
        doc("Database", "01511", mobile_no="01511", customer_name="Ada", **sailor),
        doc("Database", "1512", mobile_no="1512", customer_name="Bo", **sailor),
        doc("Database", "1513", mobile_no="1513", data_type="Cook", data_source="Vendor"),
    ]


@case(f"{SCRIPTS}.clean_redirect_link.delete_redirect_link")
def _() -> Documents:
    return [
        doc("Campaigndata", "aaaaa", parent="Spring", parenttype="Campaign"),
        doc("Website Route Redirect", "W1", source="aaaaa", target="/ada"),
        doc("Website Route Redirect", "W2", source="aaaab", target="/bo"),
    ]


@case(f"{SCRIPTS}.create_adobe_database_from_adobe.update_adobe_database_records")
def _() -> Documents:
    known = {"reference_no": "R1", "promo_code": "SAIL", "final_decision_date": "2025-02-01"}
    return [
        doc("Adobe", "R1", **{**known, "promo_code": "ROPE"}, customer_name="Ada"),
        doc("Adobe", "R2", reference_no="R2", customer_name="Bo", vkyc_expire_date=at(3)),
        doc("Adobe Database", "R1", **known),
    ]


@case(f"{SCRIPTS}.delete_bot_click_entry.delete_bot_click_records")
def _() -> Documents:
    return [
        doc("Redirect", "1", source="aaaaa", browser="Googlebot"),
        doc("Redirect", "2", source="aaaaa", browser="Firefox"),
    ]


@case(f"{SCRIPTS}.find_duplicate_in_adobe.update_file_type")
def _() -> Documents:
    return [
        doc("Adobe", "R1", reference_no="R1", duplicate_finder="ada", dap_final_flag="Yes "),
        doc("Adobe", "R2", reference_no="R2", duplicate_finder="ada"),
        doc("Adobe", "R3", reference_no="R3", duplicate_finder="bo", dap_final_flag="no"),
    ]


@case(f"{SCRIPTS}.update_campaign_lead_status.update_status")
def _() -> Documents:
    return [
        doc("Lead Status Update", "L1", source="aaaaa", lead_status="Follow up", reference_no="7"),
        doc("Lead Status Update", "L2", source="aaaab", lead_status="CNR"),
        doc("Lead Status Update", "L3", source="aaaac", lead_status="CNR"),
        doc("Blasting", "aaaaa", link="aaaaa", lead_status="Pending"),
        doc("Blasting", "aaaab", link="aaaab", lead_status="IP Approved"),
    ]


@case(f"{SCRIPTS}.update_employee_age_n_tenure.scheduled_employee_update")
def _() -> Documents:
    born = {"date_of_birth": "1990-02-28", "joining_date": "2020-02-29"}
    return [
        doc("Employee", "1", employee_code=1, employee_name="Ada", **born),
        doc("Employee", "2", employee_code=2, employee_name="Bo", joining_date=day(-45),
            last_working_date=day(-1)),
    ]  # fmt: skip


@case(
    "credlawn.webhook.sms_delivery_report.process_sms_delivery",
    headers={"Agent": "Gull"},
    data={"to": ["1511"], "sent": True, "cost": 0.25, "note": None},
)
def _() -> Documents:
    return []
