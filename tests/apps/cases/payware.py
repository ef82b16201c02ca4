"""Documents for functions of payware: what a clock told, and pay that is repeated."""

from __future__ import annotations

from tests.apps.documents import Documents, at, case, day, doc, single

BIOMETRIC = "payware.payware.doctype.biometric_settings.biometric_settings"
COMPANY = doc("Company", "Harbour", company_name="Harbour", abbr="HB", default_currency="EUR",
              country="Germany")  # fmt: skip
ADA = doc("Employee", "Ada", employee_name="Ada", first_name="Ada", status="Active",
          company="Harbour", date_of_joining="2020-01-01", enable_biometric=1, biometric_id="7",
          biometric_code="7")  # fmt: skip
SHIFTS = [
    COMPANY, ADA,
    single("Biometric Settings", enable_biometric_master=1, auto_checkin=1, auto_shift=1,
           default_shift_type="Watch"),
    doc("Shift Type", "Watch", start_time="08:00:00", end_time="16:00:00"),
]  # fmt: skip


@case(f"{BIOMETRIC}.auto_make_employee_checkin")
def _() -> Documents:
    clock = {"status": "Waiting", "terminal_alias": "Gate"}
    return [
        *SHIFTS,
        doc("Transactions Log", "T1", emp="7", punch_time=at(-1), punch_state="0", **clock),
    ]


@case(f"{BIOMETRIC}.auto_shift_assignment_for_active_today")
def _() -> Documents:
    return SHIFTS


@case("payware.payware.utils.generate_additional_salary_records")
def _() -> Documents:
    pay = {
        "salary_component": "Bonus", "type": "Earning", "company": "Harbour", "docstatus": 1,
        "amount": 50, "currency": "EUR", "overwrite_salary_structure_amount": 0,
        "auto_repeat_end_date": day(200), "employee": "Ada", "employee_name": "Ada",
    }  # fmt: skip
    return [
        COMPANY, ADA,
        doc("Salary Component", "Bonus", salary_component="Bonus", type="Earning",
            salary_component_abbr="B"),
        doc("Additional Salary", "A1", auto_repeat_frequency="Monthly", payroll_date=day(-28),
            **pay),
        doc("Additional Salary", "A2", auto_repeat_frequency="None", payroll_date=day(-28), **pay),
    ]  # fmt: skip
