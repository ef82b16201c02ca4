"""Documents for functions of verenigingen: members, who leaves, and their bank mandates."""

from __future__ import annotations

from tests.apps.documents import Documents, case, day, doc

ENDINGS = "verenigingen.utils.termination_utils"


@case("verenigingen.api.membership_application_review.send_overdue_notifications")
def _() -> Documents:
    asked = {"application_status": "Pending", "first_name": "Ada", "last_name": "Lane"}
    return [doc("Member", "M1", full_name="Ada Lane", application_date=day(-20), **asked)]


@case("verenigingen.utils.session_cleanup.cleanup_corrupted_sessions")
def _() -> Documents:
    return []


@case(f"{ENDINGS}.generate_weekly_termination_report")
@case(f"{ENDINGS}.process_overdue_termination_requests")
def _() -> Documents:
    asked = {"termination_type": "Voluntary", "requested_by": "Administrator"}
    requests = (("T1", "Pending", day(-9)), ("T2", "Pending", day(-2)), ("T3", "Draft", day(-1)))
    crew = [("ada", "Verenigingen Administrator"), ("bo", "System Manager"), ("cy", "Member")]
    return [
        *(doc("User", f"{name}@example.com", email=f"{name}@example.com", first_name=name,
              enabled=1, role_profile_name=profile) for name, profile in crew),
        *(doc("Membership Termination Request", name, status=status, request_date=date,
              member_name=f"Member of {name}", modified=date, **asked)
          for name, status, date in requests),
    ]  # fmt: skip


@case("verenigingen.verenigingen.doctype.member.mixins.sepa_mixin.check_sepa_mandate_discrepancies")
def _() -> Documents:
    paid = {"payment_method": "SEPA Direct Debit", "last_name": "Lane"}
    signed = {"status": "Active", "is_active": 1, "mandate_type": "RCUR", "scheme": "SEPA",
              "sign_date": day(-90)}  # fmt: skip
    old, new = "NL91ABNA0417164300", "NL02RABO0123456789"
    names = [("Ada", new, "Ada Lane", old, "Ada Lane"), ("Bo", old, "Bo Lane.", old, "Bo Lane"),
             ("Cy", old, "Quay Ltd", old, "Cy Lane")]  # fmt: skip
    return [
        *(doc("Member", name, first_name=name, full_name=f"{name} Lane", iban=iban,
              bank_account_name=holder, **paid) for name, iban, holder, *_ in names),
        doc("Member", "Di", first_name="Di", full_name="Di Lane", iban=old, **paid),
        *(doc("SEPA Mandate", f"of {name}", mandate_id=f"of {name}", member=name, iban=iban,
              account_holder_name=holder, **signed) for name, *_, iban, holder in names),
    ]  # fmt: skip
