"""Documents for functions of hrms: people, their shifts, leaves, wages and feasts."""

from __future__ import annotations

from typing import Any

from tests.apps.documents import Document, Documents, at, case, day, doc, single


@case(
    "hrms.hr.doctype.shift_assignment.shift_assignment.mark_expired_shift_assignments_as_inactive"
)
def _() -> Documents:
    watch = {"shift_type": "Dog watch", "start_date": day(-40), "docstatus": 1, "status": "Active"}
    return [
        doc("Shift Assignment", "S1", employee="E1", end_date=day(-1), **watch),
        doc("Shift Assignment", "S2", employee="E2", end_date=day(0), **watch),
        doc("Shift Assignment", "S3", employee="E3", **watch),
        doc("Shift Assignment", "S4", employee="E4", end_date=day(-9), **{**watch, "docstatus": 0}),
    ]


@case("hrms.hr.doctype.job_opening.job_opening.close_expired_job_openings")
def _() -> Documents:
    job = {"designation": "Rigger", "company": "Harbour", "status": "Open", "posted_on": at(-60)}
    return [
        doc("Company", "Harbour", abbr="HB", default_currency="EUR"),
        doc("Designation", "Rigger", designation_name="Rigger"),
        doc("Job Opening", "J1", job_title="Rigger", closes_on=day(-2), **job),
        doc("Job Opening", "J2", job_title="Second rigger", closes_on=day(2), **job),
        doc("Job Opening", "J3", job_title="Third rigger", **job),
    ]


ALTERNATING = "Alternating entries as IN and OUT during the same shift"
HARBOUR = {
    "abbr": "HB",
    "country": "Germany",
    "default_currency": "EUR",
    "reporting_currency": "EUR",
}


WORKS = {"company": "Harbour", "status": "Active", "date_of_joining": "2020-01-01"}


def people(*names: str) -> list[Document]:
    """A company, and employees of it."""
    rows = doc("Company", "Harbour", company_name="Harbour", **HARBOUR)
    for name in names:
        mail = f"{name.lower()}@example.com"
        employee = {
            "first_name": name,
            "employee_name": name,
            "employee": name,
            "prefered_email": mail,
        }
        rows += doc("Employee", name, **employee, personal_email=mail, **WORKS)
    return rows


def holidays(*days: Document) -> list[Document]:
    """What the company takes off."""
    span = {"from_date": "2025-01-01", "to_date": day(300)}
    given = {"holiday_list": "Feasts", "applicable_for": "Company", "assigned_to": "Harbour"}
    given |= {"holiday_list_start": "2025-01-01", "holiday_list_end": day(300), "docstatus": 1}
    return [
        *doc("Holiday List", "Feasts", holiday_list_name="Feasts", holidays=[*days], **span),
        *doc("Holiday List Assignment", "HLA", from_date="2025-01-01", **given),
    ]


@case("hrms.hr.doctype.shift_type.shift_type.process_auto_attendance_for_all_shifts")
def _() -> Documents:
    watch = {"shift": "Watch", "shift_start": at(-2, 8), "shift_end": at(-2, 16)}
    watch |= {"shift_actual_start": at(-2, 7), "shift_actual_end": at(-2, 17), "offshift": 0}
    shift = {
        "start_time": "08:00:00",
        "end_time": "16:00:00",
        "enable_auto_attendance": 1,
        "process_attendance_after": day(-3),
        "last_sync_of_checkin": at(-1, 20),
        "determine_check_in_and_check_out": ALTERNATING,
        "working_hours_calculation_based_on": "First Check-in and Last Check-out",
        "working_hours_threshold_for_half_day": 4,
        "working_hours_threshold_for_absent": 1,
        "enable_late_entry_marking": 1,
        "late_entry_grace_period": 10,
        "holiday_list": "Feasts",
    }
    feasts = [{"doctype": "Holiday", "holiday_date": day(-3), "description": "Regatta"}]
    return [
        people("Ada", "Bo", "Cy"),
        doc("Holiday List", "Feasts", from_date=day(-30), to_date=day(30), holidays=feasts),
        doc("Shift Type", "Watch", **shift),
        doc("Shift Assignment", "A1", employee="Cy", shift_type="Watch", company="Harbour",
            start_date=day(-20), status="Active", docstatus=1),
        doc("Employee Checkin", "C1", employee="Ada", time=at(-2, 8, 30), log_type="IN", **watch),
        doc("Employee Checkin", "C2", employee="Ada", time=at(-2, 16, 2), log_type="OUT", **watch),
        doc("Employee Checkin", "C3", employee="Bo", time=at(-2, 8, 2), log_type="IN", **watch),
        doc("Employee Checkin", "C4", employee="Bo", time=at(-2, 10, 32), log_type="OUT", **watch),
    ]  # fmt: skip


@case("hrms.hr.utils.allocate_earned_leaves")
def _() -> Documents:
    schedule = [
        {"doctype": "Earned Leave Schedule", "allocation_date": day(-30), "number_of_leaves": 2,
         "is_allocated": 1, "attempted": 1},
        {"doctype": "Earned Leave Schedule", "allocation_date": day(), "number_of_leaves": 2},
    ]  # fmt: skip
    year = {"from_date": day(-60), "to_date": day(300), "leave_type": "Shore leave", "docstatus": 1}
    granted = {"leave_policy": "P1", "leave_policy_assignment": "PA", "company": "Harbour", **year}
    granted |= {"total_leaves_allocated": 2, "new_leaves_allocated": 2}
    ledger = {"transaction_type": "Leave Allocation", "leaves": 2, "company": "Harbour", **year}
    policy = [
        {"doctype": "Leave Policy Detail", "leave_type": "Shore leave", "annual_allocation": 24}
    ]
    small = [
        {"doctype": "Leave Policy Detail", "leave_type": "Shore leave", "annual_allocation": 3}
    ]
    return [
        people("Ada", "Bo"),
        doc("Leave Type", "Shore leave", leave_type_name="Shore leave", is_earned_leave=1,
            earned_leave_frequency="Monthly", max_leaves_allowed=30, rounding="0.5"),
        doc("User", "Administrator", enabled=1),
        doc("Has Role", "HR", parent="Administrator", parenttype="User", role="HR Manager"),
        doc("Leave Policy", "P1", title="Crew", leave_policy_details=policy, docstatus=1),
        doc("Leave Policy", "P2", title="Cadets", leave_policy_details=small, docstatus=1),
        doc("Leave Allocation", "LA1", employee="Ada", earned_leave_schedule=schedule, **granted),
        doc("Leave Allocation", "LA2", employee="Bo", earned_leave_schedule=schedule,
            **{**granted, "leave_policy": "P2"}),
        doc("Leave Ledger Entry", "LL1", employee="Ada", transaction_name="LA1", **ledger),
        doc("Leave Ledger Entry", "LL2", employee="Bo", transaction_name="LA2", **ledger),
    ]  # fmt: skip


@case("hrms.hr.doctype.leave_ledger_entry.leave_ledger_entry.process_expired_allocation")
def _() -> Documents:
    over = {"leave_type": "Shore leave", "company": "Harbour", "docstatus": 1}
    over |= {"from_date": day(-90), "to_date": day(-1)}
    entry = {"transaction_type": "Leave Allocation", **over}
    taken = {**over, "from_date": day(-20), "to_date": day(-18)}
    carried = {"is_carry_forward": 1, "leave_type": "Carried leave"}
    return [
        people("Ada", "Bo"),
        doc("Leave Type", "Shore leave", leave_type_name="Shore leave", include_holiday=1),
        doc("Leave Type", "Carried leave", leave_type_name="Carried leave", include_holiday=1,
            is_carry_forward=1, expire_carry_forwarded_leaves_after_days=30),
        doc("Leave Allocation", "LA1", employee="Ada", total_leaves_allocated=5, **over),
        doc("Leave Allocation", "LA2", employee="Bo", total_leaves_allocated=4,
            **{**over, "leave_type": "Carried leave"}),
        doc("Leave Ledger Entry", "LL1", employee="Ada", transaction_name="LA1", leaves=5, **entry),
        doc("Leave Ledger Entry", "LL2", employee="Ada", transaction_type="Leave Application",
            transaction_name="AP1", leaves=-3, **taken),
        doc("Leave Ledger Entry", "LL3", employee="Bo", transaction_name="LA2", leaves=4,
            **{**entry, **carried}),
    ]  # fmt: skip


@case("hrms.hr.utils.generate_leave_encashment")
def _() -> Documents:
    over = {"from_date": day(-300), "to_date": day(-1), "leave_type": "Shore leave", "docstatus": 1}
    over |= {"company": "Harbour"}
    return [
        single("HR Settings", auto_leave_encashment=1),
        people("Ada", "Bo"),
        doc("Leave Type", "Shore leave", leave_type_name="Shore leave", allow_encashment=1,
            max_encashable_leaves=6, non_encashable_leaves=1, include_holiday=1),
        doc("DefaultValue", "own currency", parent="__default", parenttype="__default",
            parentfield="system_defaults", defkey="currency", defvalue="EUR"),
        doc("Leave Period", "LP", from_date=day(-300), to_date=day(60), company="Harbour"),
        doc("Salary Structure", "Wage", company="Harbour", is_active="Yes", docstatus=1,
            leave_encashment_amount_per_day=50, currency="EUR"),
        doc("Salary Structure Assignment", "SA1", employee="Ada", salary_structure="Wage",
            from_date=day(-200), company="Harbour", currency="EUR", docstatus=1,
            leave_encashment_amount_per_day=60),
        doc("Leave Allocation", "LA1", employee="Ada", leave_period="LP", total_leaves_allocated=9,
            new_leaves_allocated=9, **over),
        doc("Leave Allocation", "LA2", employee="Bo", leave_period="LP", **over),
        doc("Leave Ledger Entry", "LL1", employee="Ada", transaction_type="Leave Allocation",
            transaction_name="LA1", leaves=9, **over),
    ]  # fmt: skip


def account(name: str, **fields: Any) -> list[Document]:
    """An account of the company."""
    own = {
        "account_name": name[:-5],
        "company": "Harbour",
        "account_currency": "EUR",
        "is_group": 0,
    }
    return doc("Account", name, lft=1, rgt=2, **own, **fields)


MONTH = {
    **{"start_date": "2025-03-01", "end_date": "2025-03-31", "posting_date": "2025-03-31"},
    **{"company": "Harbour", "currency": "EUR", "exchange_rate": 1, "payroll_frequency": "Monthly"},
}


PAYROLL = "hrms.payroll.doctype.payroll_entry.payroll_entry"


@case(
    f"{PAYROLL}.submit_salary_slips_for_employees",
    payroll_entry={"doc": ["Payroll Entry", "PE"]},
    salary_slips=[["Slip 1"], ["Slip 2"]],
    publish_progress=False,
)
def _() -> Documents:
    wage = [{"doctype": "Salary Detail", "salary_component": "Wage", "abbr": "W", "amount": 2000}]
    slip = {"salary_structure": "Wage", "payroll_entry": "PE", "earnings": wage, "status": "Draft"}
    slip |= {"gross_pay": 2000, "total_working_days": 31, "payment_days": 31, **MONTH}
    return [
        people("Ada", "Bo"),
        holidays(),
        doc("Currency", "EUR", fraction="Cent", fraction_units=100),
        doc("Fiscal Year", "2025", year="2025", year_start_date="2025-01-01",
            year_end_date="2025-12-31"),
        account("Wages - HB", root_type="Expense", report_type="Profit and Loss"),
        account("Pay - HB", root_type="Liability", report_type="Balance Sheet"),
        doc("Cost Center", "Main - HB", cost_center_name="Main", company="Harbour", lft=1, rgt=2),
        doc("Salary Component", "Wage", salary_component="Wage", type="Earning",
            salary_component_abbr="W", accounts=[{"doctype": "Salary Component Account",
            "company": "Harbour", "account": "Wages - HB"}]),
        doc("Salary Structure", "Wage", company="Harbour", is_active="Yes", docstatus=1,
            currency="EUR"),
        doc("Salary Structure Assignment", "SA1", employee="Ada", salary_structure="Wage",
            from_date="2025-01-01", company="Harbour", currency="EUR", docstatus=1, base=2000),
        doc("Payroll Entry", "PE", docstatus=1, status="Submitted", cost_center="Main - HB",
            payroll_payable_account="Pay - HB", **MONTH),
        doc("Salary Slip", "Slip 1", employee="Ada", employee_name="Ada", net_pay=2000, **slip),
        doc("Salary Slip", "Slip 2", employee="Bo", employee_name="Bo", net_pay=-5, **slip),
    ]  # fmt: skip


@case(
    f"{PAYROLL}.create_salary_slips_for_employees",
    employees=["Ada", "Bo"],
    args={"dict": {"payroll_entry": "PE", "salary_slip_based_on_timesheet": 0, **MONTH}},
    publish_progress=False,
)
def _() -> Documents:
    wage = [
        {"doctype": "Salary Detail", "salary_component": "Wage", "abbr": "W", "amount": 2000.25}
    ]
    return [
        people("Ada", "Bo"),
        holidays(),
        doc("Currency", "EUR", fraction="Cent", fraction_units=100),
        doc("Fiscal Year", "2025", year="2025", year_start_date="2025-01-01",
            year_end_date="2025-12-31"),
        doc("Salary Component", "Wage", salary_component="Wage", type="Earning",
            salary_component_abbr="W"),
        doc("Salary Structure", "Wage", company="Harbour", is_active="Yes", docstatus=1,
            currency="EUR", payroll_frequency="Monthly", earnings=wage),
        doc("Salary Structure Assignment", "SA1", employee="Ada", salary_structure="Wage",
            from_date="2025-01-01", company="Harbour", currency="EUR", docstatus=1, base=2000),
        doc("Salary Structure Assignment", "SA2", employee="Bo", salary_structure="Wage",
            from_date="2025-01-01", company="Harbour", currency="EUR", docstatus=1, base=1000),
        doc("Payroll Entry", "PE", docstatus=1, status="Queued", payroll_payable_account="Pay - HB",
            cost_center="Main - HB", **MONTH),
    ]  # fmt: skip


@case(
    "hrms.payroll.doctype.salary_structure.salary_structure.assign_salary_structure_for_employees",
    employees=["Ada", "Bo", "Cy"],
    salary_structure={"doc": ["Salary Structure", "Wage"]},
    payroll_payable_account="Pay - HB",
    from_date="2025-02-01",
    base=1500,
    variable=20,
)
def _() -> Documents:
    return [
        people("Ada", "Bo", "Cy"),
        account("Pay - HB", root_type="Liability", report_type="Balance Sheet"),
        doc("Cost Center", "Main - HB", cost_center_name="Main", company="Harbour", lft=1, rgt=2),
        doc("Salary Structure", "Wage", company="Harbour", is_active="Yes", docstatus=1,
            currency="EUR", payroll_frequency="Monthly"),
        doc("Salary Structure Assignment", "SA1", employee="Bo", salary_structure="Wage",
            from_date="2025-02-01", company="Harbour", currency="EUR", docstatus=1, base=2000),
    ]  # fmt: skip


@case("hrms.hr.doctype.daily_work_summary_group.daily_work_summary_group.send_summary")
def _() -> Documents:
    users = [{"doctype": "Daily Work Summary Group User", "user": "ada@example.com",
              "email": "ada@example.com"}]  # fmt: skip
    said = {"reference_doctype": "Daily Work Summary", "communication_type": "Communication"}
    said |= {"sent_or_received": "Received", "sender": "ada@example.com", "content": "Knots"}
    summary = {"daily_work_summary_group": "Crew", "email_sent_to": "ada@example.com"}
    return [
        doc("User", "ada@example.com", email="ada@example.com", enabled=1, full_name="Ada",
            user_image=""),
        doc("Daily Work Summary Group", "Crew", users=users, message="What?"),
        doc("Daily Work Summary", "D1", status="Open", **summary),
        doc("Daily Work Summary", "D2", status="Sent", **summary),
        doc("Communication", "C1", reference_name="D1", text_content="Knots", **said),
    ]  # fmt: skip


@case("hrms.hr.doctype.interview.interview.send_interview_reminder")
def _() -> Documents:
    talk = {"job_applicant": "ada@example.com", "interview_round": "First", "status": "Pending"}
    talk |= {"scheduled_on": day(), "from_time": "23:58:00", "to_time": "23:59:00"}
    asks = [{"doctype": "Interview Detail", "interviewer": "bo@example.com"}]
    return [
        single("HR Settings", send_interview_reminder=1, interview_reminder_template="Talk",
               remind_before="23:59:59", hiring_sender_email="hr@example.com"),
        doc("Email Template", "Talk", subject="A talk", response="At {{ from_time }}", use_html=0),
        doc("Interview", "I1", interview_details=asks, **talk),
        doc("Interview", "I2", interview_details=asks, **{**talk, "status": "Cleared"}),
    ]  # fmt: skip


def feasts(**settings: Any) -> Documents:
    """Holidays of employees, and what HR Settings say of reminders."""
    days = [
        {"doctype": "Holiday", "holiday_date": day(3), "description": "Regatta"},
        {"doctype": "Holiday", "holiday_date": day(4), "description": "Sunday", "weekly_off": 1},
        {"doctype": "Holiday", "holiday_date": day(25), "description": "Launch"},
    ]
    return [
        single("HR Settings", sender_email="hr@example.com", **settings),
        holidays(*days),
        people("Ada", "Bo"),
    ]


@case("hrms.controllers.employee_reminders.send_reminders_in_advance_monthly")
def _() -> Documents:
    return feasts(send_holiday_reminders=1, frequency="Monthly")


@case("hrms.controllers.employee_reminders.send_reminders_in_advance_weekly")
def _() -> Documents:
    return feasts(send_holiday_reminders=1, frequency="Weekly")


@case(
    "hrms.hr.doctype.shift_schedule_assignment.shift_schedule_assignment.process_auto_shift_creation"
)
def _() -> Documents:
    days = [
        {"doctype": "Assignment Rule Day", "day": name} for name in ("Monday", "Tuesday", "Friday")
    ]
    plan = {
        "employee": "Ada",
        "company": "Harbour",
        "shift_schedule": "Early",
        "shift_status": "Active",
    }
    return [
        people("Ada"),
        doc("Shift Type", "Watch", start_time="08:00:00", end_time="16:00:00"),
        doc("Shift Schedule", "Early", frequency="Every Week", shift_type="Watch",
            repeat_on_days=days),
        doc("Shift Schedule Assignment", "P1", enabled=1, create_shifts_after=day(-10), **plan),
        doc("Shift Schedule Assignment", "P2", enabled=0, create_shifts_after=day(-10), **plan),
        doc("Shift Schedule Assignment", "P3", enabled=1, create_shifts_after=day(2), **plan),
    ]  # fmt: skip


@case("hrms.hr.doctype.shift_type.shift_type.update_last_sync_of_checkin")
def _() -> Documents:
    own = {"enable_auto_attendance": 1, "auto_update_last_sync": 1}
    own |= {
        "begin_check_in_before_shift_start_time": 60,
        "allow_check_out_after_shift_end_time": 30,
    }
    return [
        doc("Shift Type", "Day", start_time="00:30:00", end_time="01:00:00", **own),
        doc("Shift Type", "Night", start_time="22:00:00", end_time="06:00:00", **own),
        doc("Shift Type", "Late", start_time="00:30:00", end_time="01:00:00",
            last_sync_of_checkin=at(3), **own),
    ]  # fmt: skip


@case("hrms.controllers.employee_reminders.send_birthday_reminders")
def _() -> Documents:
    born = f"1990-{day()[5:]}"
    who = people("Ada", "Bo", "Cy")
    next(row for row in who if row["name"] == "Ada")["date_of_birth"] = born
    return [single("HR Settings", send_birthday_reminders=1, sender_email="hr@example.com"), who]
