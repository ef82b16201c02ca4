"""Documents for functions of beams: who was absent, what is due, and the mails about it."""

from __future__ import annotations

from tests.apps.documents import Document, Documents, case, day, doc, single, weekday

ATTENDANCE = "beams.beams.custom_scripts.attendance.attendance"
ADMIN = "beams.beams.doctype.beams_admin_settings.beams_admin_settings"
HR = "beams.beams.doctype.beams_hr_settings.beams_hr_settings"


def template(text: str, subject: str = "Hello") -> list[Document]:
    """What a mail says."""
    return doc("Email Template", "Mail", subject=subject, response=text, use_html=0)


def user(name: str, *roles: str) -> list[Document]:
    """A user with roles."""
    mail = f"{name.lower()}@example.com"
    has = [{"doctype": "Has Role", "role": role} for role in roles]
    made = [row for role in roles for row in doc("Role", role, role_name=role)]
    own = doc("User", mail, email=mail, enabled=1, first_name=name, full_name=name, roles=has,
              user_type="System User")  # fmt: skip
    return [*made, *own]


def person(name: str, *roles: str, **fields: str) -> list[Document]:
    """An employee, and the user."""
    own = {"employee_name": name, "first_name": name, "employee": name, "company": "Harbour"}
    own |= {"user_id": f"{name.lower()}@example.com", "status": "Active"}
    own |= {"date_of_joining": "2020-01-01"}
    return [*doc("Employee", name, **{**own, **fields}), *user(name, *roles)]


def absent(*names: str) -> Documents:
    """People who were not there the day before yesterday; the last one had leave."""
    gone = {"attendance_date": day(-2), "status": "Absent", "docstatus": 1, "company": "Harbour"}
    rows = [doc("Attendance", name, employee=name, employee_name=name, **gone) for name in names]
    leave = {"from_date": day(-3), "to_date": day(-2), "status": "Approved", "docstatus": 1}
    leave |= {"leave_type": "Shore leave", "total_leave_days": 2, "company": "Harbour"}
    return [*rows, doc("Leave Application", "L1", employee=names[-1], **leave)]


COMPANY = doc("Company", "Harbour", company_name="Harbour", abbr="HB", default_currency="EUR",
              country="Germany")  # fmt: skip
FEASTS = doc("Holiday List", "Feasts", from_date="2025-01-01", to_date=day(90))


@case(f"{ATTENDANCE}.send_absence_reminder")
def _() -> Documents:
    return [
        single("Beams HR Settings", absence_reminder_duration=2, absence_reminder_template="Mail"),
        COMPANY, FEASTS,
        template("{{ employee_id }}, {{ attendance_date }}", "Absent: {{ employee_name }}"),
        doc("Leave Type", "Unpaid", leave_type_name="Unpaid", is_lwp=1, include_holiday=1),
        doc("Employment Type", "Crew", employee_type_name="Crew", penalty_leave_type="Unpaid"),
        doc("Fiscal Year", "2026", year_start_date=f"{day()[:4]}-01-01",
            year_end_date=f"{day()[:4]}-12-31", year="2026"),
        person("Ada"),
        person("Bo", employment_type="Crew", reports_to="Ada", holiday_list="Feasts"),
        person("Cy", employment_type="Crew", holiday_list="Feasts"),
        *absent("Bo", "Cy"),
    ]  # fmt: skip


@case(f"{ATTENDANCE}.send_absent_reminder")
def _() -> Documents:
    return [
        single("Beams HR Settings", leave_application_reminder_duration=2,
               leave_application_template="Mail"),
        template("{{ employee_id }}, {{ attendance_date }}", "Absent: {{ employee_name }}"),
        person("Ada"), person("Bo"), person("Cy", user_id=""), person("Di"),
        *absent("Ada", "Bo", "Cy", "Di"),
    ]  # fmt: skip


@case("beams.beams.custom_scripts.vehicle.vehicle.send_vehicle_document_reminders")
def _() -> Documents:
    papers = [
        {"doctype": "Vehicle Documents", "document": paper, "expiry_date": expiry}
        for paper, expiry in (("Pass", day(7)), ("Stamp", day(-4)), ("Stamp", day(9)))
    ]
    return [
        doc("Vehicle Document", "Pass", document_name="Pass", reminder_before=7),
        doc("Vehicle Document", "Stamp", document_name="Stamp"),
        doc("Vehicle", "HB-1", license_plate="HB-1", model="Van", vehicle_documents=papers),
        doc("Vehicle", "HB-2", license_plate="HB-2", model="Bus", vehicle_documents=papers[2:]),
        user("Ada", "Admin"), user("Bo", "Employee"),
    ]  # fmt: skip


@case(f"{ADMIN}.send_asset_audit_reminder")
def _() -> Documents:
    seen = [("A1", "Winch", day(-9)), ("A2", "Crane", day(-2))]
    return [
        single("BEAMS Admin Settings", asset_auditing_notification=1, notify_after=5,
               asset_auditing_notification_template="Mail"),
        template("unused"), user("Ada", "Technical Store Head"), user("Bo"),
        *(doc("Asset", name, asset_name=title, asset_owner="bo@example.com", company="Harbour")
          for name, title, _ in seen),
        *(doc("Asset Auditing", f"of {name}", asset=name, posting_date=date, docstatus=1)
          for name, _, date in seen),
    ]  # fmt: skip


@case(f"{ADMIN}.send_asset_reservation_notifications")
def _() -> Documents:
    return [
        single("BEAMS Admin Settings", notification_for_asset_reservation=1,
               notification_for_asset_reservation_before=2,
               role_receiving_asset_reservation_notification="Admin",
               notification_template_for_asset_reservation="Mail"),
        template("Reserved: {{ reservation.name }}", "Soon"),
        doc("Asset Reservation Log", "L1", reservation_from=f"{day(2)} 08:30:00"),
        doc("Asset Reservation Log", "L2", reservation_from=f"{day(3)} 00:00:00"),
        user("Ada", "Admin"), user("Bo", "Employee"),
    ]  # fmt: skip


@case(f"{HR}.send_appraisal_reminders")
def _() -> Documents:
    return [
        single("Beams HR Settings", enable_appraisal_reminder=1, appraisal_creation_period=30,
               appraisal_reminder_template="Mail"),
        template("{{ user_full_name }}: {{ employee }} since {{ appraisal_creation_period }} days"),
        person("Ada", "HR Manager"), person("Bo", date_of_joining=day(-30)),
    ]  # fmt: skip


@case(f"{HR}.send_shift_publication_notifications")
def _() -> Documents:
    return [
        single("Beams HR Settings", enable_shift_notification=1, shift_publication_day=weekday(2),
               send_shift_creation_reminder=2, shift_creation_reminder_template="Mail",
               shift_publisher_role="Shift Publisher"),
        template("Publish, {user_full_name}", "Shifts"),
        user("Ada", "Shift Publisher"), user("Bo", "Employee"),
    ]  # fmt: skip


@case("beams.beams.doctype.compensatory_leave_log.compensatory_leave_log.expire_leave_allocation")
def _() -> Documents:
    year = {"from_date": "2025-01-01", "to_date": day(90), "leave_type": "Bonus", "docstatus": 1}
    granted = {"total_leaves_allocated": 5, "new_leaves_allocated": 5, "company": "Harbour"}
    granted["naming_series"] = "HR-LAL-.YYYY.-"
    over = {"start_date": day(-40), "end_date": day(-2), "leave_type": "Bonus"}
    taken = {"from_date": day(-9), "to_date": day(-8), "status": "Approved", "docstatus": 1}
    return [
        COMPANY, FEASTS,
        person("Ada", holiday_list="Feasts"), person("Bo", holiday_list="Feasts"),
        doc("Leave Type", "Bonus", leave_type_name="Bonus", include_holiday=1, is_compensatory=1,
            max_leaves_allowed=30),
        doc("Leave Allocation", "LA1", employee="Ada", employee_name="Ada", **year, **granted),
        doc("Leave Allocation", "LA2", employee="Bo", employee_name="Bo", **year, **granted),
        doc("Compensatory Leave Log", "CL1", employee="Ada", **over),
        doc("Compensatory Leave Log", "CL2", employee="Bo", **over),
        doc("Leave Application", "L1", employee="Bo", leave_type="Bonus", **taken),
    ]  # fmt: skip
