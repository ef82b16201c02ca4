"""Documents for functions of next_pms: projects, hours of people, and mails about both."""

from __future__ import annotations

from typing import Any

from tests.apps.documents import Document, Documents, case, day, doc, single, weekday

HOURS = "next_pms.timesheet"
BILLING = "next_pms.project_currency.api.project_timesheet_billing_recalculation"
CREW = {"status": "Active", "department": "Deck", "designation": "Rigger", "company": "Harbour"}


def template(text: str, subject: str = "Hello") -> list[Document]:
    """What a mail says."""
    return doc("Email Template", "Mail", subject=subject, response=text, use_html=0)


def person(name: str, **fields: Any) -> list[Document]:
    """An employee, and the user."""
    mail = f"{name.lower()}@example.com"
    own = {"employee_name": name, "first_name": name, "employee": name, "user_id": mail}
    user = {"email": mail, "enabled": 1, "first_name": name, "full_name": name}
    return [*doc("Employee", name, **own, **CREW, **fields), *doc("User", mail, **user)]


def manager(name: str) -> list[Document]:
    """The user's role."""
    return doc("Has Role", f"role of {name}", parent=f"{name.lower()}@example.com",
               parenttype="User", parentfield="roles", role="Projects Manager")  # fmt: skip


@case("next_pms.project_currency.tasks.reminde_project_threshold.send_reminder_mail")
def _() -> Documents:
    budget = {"doctype": "Project Budget", "hours_purchased": 40}
    told = {
        "status": "Open", "custom_billing_type": "Retainer", "custom_email_template": "Mail",
        "custom_send_reminder_when_approaching_project_threshold_limit": 1,
        "custom_reminder_threshold_percentage": 80,
    }  # fmt: skip
    share = {"share_doctype": "Project", "share_name": "Mast", "read": 1}
    return [
        template("{{ project.project_name }}: {{ project.custom_reminder_threshold_percentage }}"),
        doc("Project", "Mast", project_name="Mast", **told,
            custom_project_budget_hours=[{**budget, "consumed_hours": 36}]),
        doc("Project", "Keel", project_name="Keel", **told,
            custom_project_budget_hours=[{**budget, "consumed_hours": 10}]),
        doc("Project", "Sail", project_name="Sail", **told),
        person("Ada"), person("Bo"), manager("Ada"),
        doc("DocShare", "D1", user="ada@example.com", **share),
        doc("DocShare", "D2", user="bo@example.com", **share),
    ]  # fmt: skip


@case(f"{BILLING}.recalculate_timesheet_billing", project_id="Mast", valid_from_date="2025-03-01")
def _() -> Documents:
    worked = {
        "doctype": "Timesheet Detail", "project": "Mast", "activity_type": "Rigging", "hours": 2.5,
        "from_time": "2025-03-03 09:00:00", "to_time": "2025-03-03 11:30:00", "is_billable": 1,
    }  # fmt: skip
    sheet = {"parent_project": "Mast", "employee": "Ada", "employee_name": "Ada", "currency": "EUR",
             "company": "Harbour", "exchange_rate": 1, "status": "Draft"}  # fmt: skip
    return [
        doc("Company", "Harbour", company_name="Harbour", abbr="HB", default_currency="EUR"),
        doc("Activity Type", "Rigging", activity_type="Rigging", billing_rate=60, costing_rate=20),
        doc("Project", "Mast", project_name="Mast", status="Open", company="Harbour",
            custom_billing_type="Time and Material", custom_currency="EUR",
            custom_default_hourly_billing_rate=80),
        person("Ada"),
        doc("Timesheet", "T1", start_date="2025-03-03", end_date="2025-03-03", time_logs=[worked],
            **sheet),
        doc("Timesheet", "T2", start_date="2025-02-03", end_date="2025-02-03", **sheet),
    ]  # fmt: skip


@case("next_pms.resource_management.tasks.no_allocation_reminder.send_reminder")
def _() -> Documents:
    given = {"customer": "Harbour", "hours_allocated_per_day": 8}
    away = {"leave_type": "Shore leave", "status": "Approved", "docstatus": 1}
    return [
        single("Timesheet Settings", send_missing_allocation_reminder=1, remind_on=weekday(),
               allocation_email_template="Mail",
               designations=[{"doctype": "Employee Department", "designation": "Rigger"}]),
        template("{% for one in missing_allocations %}{{ one.employee }}: "
                 "{{ one.dates|join(', ') }}{% endfor %}", "For {{ employee_name }}"),
        person("Ada"), person("Bo", reports_to="Ada"), person("Cy", reports_to="Ada"),
        person("Di", reports_to="Bo"),
        doc("Resource Allocation", "R1", employee="Bo", employee_name="Bo", **given,
            allocation_start_date=day(1), allocation_end_date=day(8)),
        doc("Leave Type", "Shore leave", leave_type_name="Shore leave"),
        doc("Leave Application", "L1", employee="Cy", from_date=day(1), to_date=day(9), **away),
    ]  # fmt: skip


@case(f"{HOURS}.api.project_status_update.send_publish_notifications", project="Mast",
      title="Raised", name="P1")  # fmt: skip
def _() -> Documents:
    return [person("Ada"), manager("Ada")]


@case(f"{HOURS}.api.team.trigger_notification_for_approved_or_rejected_timesheet",
      status="Rejected", employee="Ada", dates=["2025-03-03", "2025-03-04"],
      note="Too long")  # fmt: skip
def _() -> Documents:
    text = "{{ employee.employee_name }}: {{ note }} ({{ dates|join(', ') }}), {{ updated_by }}"
    return [
        single("Timesheet Settings", timesheet_rejection_template="Mail"),
        template(text, "Hours of {{ employee.name }}"),
        person("Ada"),
    ]


@case(f"{HOURS}.tasks.daily_reminder_for_time_entry.send_reminder")
def _() -> Documents:
    worked = {"start_date": day(-1), "end_date": day(-1)}
    return [
        single("Timesheet Settings", send_daily_reminder=1, daily_reminder_template="Mail",
               allowed_departments=[{"doctype": "Timesheet Department", "department": "Deck"}]),
        single("HR Settings", standard_working_hours=8),
        template("{{ employee.first_name }}: {{ hour }} of {{ daily_norm }} on {{ date }}"),
        person("Ada", custom_working_hours=30, custom_work_schedule="Per Week"),
        person("Bo"), person("Cy", holiday_list="Feasts"), person("Di"),
        doc("Holiday List", "Feasts", from_date=day(-9), to_date=day(9), holidays=[
            {"doctype": "Holiday", "holiday_date": day(-1), "description": "Regatta"}]),
        doc("Timesheet", "T1", employee="Bo", total_hours=5.5, **worked),
        doc("Timesheet", "T2", employee="Bo", total_hours=1.25, docstatus=1, **worked),
        doc("Timesheet", "T3", employee="Di", total_hours=8, **worked),
    ]  # fmt: skip


@case(f"{HOURS}.tasks.reminder_on_approval_request.send_mail", employee="Ada",
      reporting_manager="Bo", start_date="2025-03-03", end_date="2025-03-07",
      notes=None)  # fmt: skip
def _() -> Documents:
    text = "{{ employee.employee_name }} asks {{ reporting_manager.first_name }}, {{ start_date }}"
    return [
        single("Timesheet Settings", send_reminder_on_approval_request=1,
               approval_request_reminder_template="Mail"),
        template(text + "{% if notes %}: {{ notes }}{% endif %}"),
        person("Ada"), person("Bo"),
    ]  # fmt: skip


@case(f"{HOURS}.tasks.send_weekly_reminder.send_reminder")
def _() -> Documents:
    return [
        single("Timesheet Settings", send_weekly_approval_reminder=1,
               day_to_send_reminder=weekday(), weekly_approval_reminder_template="Mail",
               allowed_departments=[{"doctype": "Timesheet Department", "department": "Deck"}]),
        template("Approve the hours of {{ 'this' }} week"),
        person("Ada"), person("Bo"), manager("Ada"),
    ]  # fmt: skip
