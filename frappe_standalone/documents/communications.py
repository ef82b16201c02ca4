"""Communication as Frappe's controller keeps it: a mail, a call or a talk about a document."""

from __future__ import annotations

from email.utils import getaddresses, parseaddr
from typing import Any

from frappe_standalone.documents.comments import keep_comment
from frappe_standalone.documents.contacts import get_contact_name
from frappe_standalone.documents.document import Document
from frappe_standalone.documents.documents import get_doc, get_parent_doc
from frappe_standalone.documents.meta import get_meta
from frappe_standalone.documents.users import is_system_user, uses_desk
from frappe_standalone.exceptions import CircularLinkingError, ValidationError
from frappe_standalone.local import local
from frappe_standalone.site.context import ADMINISTRATOR
from frappe_standalone.site.requests import GUEST
from frappe_standalone.utils.dates import time_diff_in_seconds
from frappe_standalone.utils.text import split_emails, strip_html, validate_email_address


class Communication(Document):
    """What was said about a document; `timeline_links` are those of the people who said it."""

    delivery_status: Any
    reference_owner: Any
    seen: Any
    send_after: Any
    sender: Any
    sender_full_name: Any
    sent_or_received: Any
    status: Any
    subject: Any
    timeline_links: Any
    user: Any

    def validate(self) -> None:
        """Check what it refers to, and set what follows from other fields."""
        self._check_reference()
        self.user = self.user or local.session.user
        self.subject = self.subject or strip_html((self.content or "")[:141])
        if not self.sent_or_received:
            self.seen, self.sent_or_received = 1, "Sent"
        self.send_after = self.send_after or None
        if self.communication_medium == "Email":
            self._check_addresses()
            self._link_contacts()
        self._set_sender()
        if self.is_new():
            self.status = "Linked" if self.reference_doctype and self.reference_name else "Open"
            self.delivery_status = "Scheduled" if self.send_after else self.delivery_status

    def _check_reference(self) -> None:
        doctype, name = self.reference_doctype, self.reference_name
        if not (doctype and name):
            return
        self.reference_owner = self.reference_owner or local.db.get_value(doctype, name, "owner")
        if get_meta(doctype).istable:
            raise ValidationError(
                f"Cannot create a {self.communication_type} against a child document: {doctype}"
            )
        above, seen = get_parent_doc(self), {self.name}
        while above is not None and above.doctype == "Communication":
            if above.name in seen:
                raise CircularLinkingError(f"{above.name} is about itself, over {doctype} {name}")
            seen.add(above.name)
            above = get_parent_doc(above)

    def _check_addresses(self) -> None:
        if self.communication_type == "Communication" and not self.flags.in_receive:
            for listed in (self.recipients, self.cc, self.bcc):
                for address in split_emails(listed or ""):
                    validate_email_address(address, throw=True)

    def _link_contacts(self) -> None:
        sent = {"message_id": self.message_id, "sent_or_received": "Sent"}
        found = {(row.link_doctype, row.link_name): True for row in self.timeline_links}
        if self.sent_or_received != "Received" or not local.db.exists("Communication", sent):
            people = [each for each in (self.sender, self.recipients, self.cc, self.bcc) if each]
            names = [get_contact_name(address) for _, address in getaddresses(people)]
            for contact in filter(None, names):
                rows = get_doc("Contact", contact).links
                linked = [(row.link_doctype, row.link_name) for row in rows]
                found |= dict.fromkeys([("Contact", contact), *linked], True)
        self.timeline_links = []
        for link in found:
            self.add_link(*link)

    def add_link(self, link_doctype: str, link_name: str, autosave: bool = False) -> None:
        """Have it shown with another document."""
        link = {"link_doctype": link_doctype, "link_name": link_name}
        self.append("timeline_links", {**link, "communication_date": self.communication_date})
        if autosave:
            self.save(ignore_permissions=True)

    def _set_sender(self) -> None:
        if self.sender_full_name or not self.sender:
            return
        if self.sender == ADMINISTRATOR:
            user = local.db.get_value("User", ADMINISTRATOR, ["full_name", "email"])
            self.sender_full_name, self.sender = user or (ADMINISTRATOR, "admin@example.com")
        elif self.sender == GUEST:
            self.sender_full_name, self.sender = GUEST, None
        else:
            if self.sent_or_received == "Sent":
                validate_email_address(self.sender, throw=True)
            name, self.sender = parseaddr(self.sender)
            self.sender_full_name = (
                (name if name != self.sender else "")
                or local.db.get_value("User", self.sender, "full_name")
                or "".join(self._names_of_a_contact())
                or self.sender
            )

    def _names_of_a_contact(self) -> list[str]:
        fields = ["first_name", "last_name"]
        found = local.db.get_value("Contact", {"email_id": self.sender}, fields) or ()
        return [name or "" for name in found]

    def after_insert(self) -> None:
        """An answer to another one: that is replied to."""
        is_answer = self.reference_doctype == "Communication" and self.reference_name
        if is_answer and self.sent_or_received == "Sent":
            local.db.set_value("Communication", self.reference_name, "status", "Replied")

    def on_update(self) -> None:
        """Tell what it is about: it keeps the text, is open again, and was responded to."""
        keep_comment(self, self.sender or self.owner)
        about = get_parent_doc(self)
        if about is None:
            return
        if callable(method := getattr(type(about), "on_communication_update", None)):
            method(about, self)
            return
        status = about.meta.get_field("status")
        may_open = status is not None and "Open" in str(status.options).split("\n")
        if may_open and about.status == "Replied" and self.sent_or_received == "Received":
            about.db_set("status", "Open")
        self._note_response(about)
        about.run_method("notify_communication", self)
        about.notify_update()

    def _note_response(self, about: Any) -> None:
        has = about.meta.has_field
        if not has("first_response_time") or about.get("first_response_time"):
            return
        is_response = (self.sent_or_received, self.communication_type) == ("Sent", "Communication")
        if is_response and (is_system_user(self.sender) or uses_desk()):
            if has("first_responded_on"):
                about.db_set("first_responded_on", self.creation)
            took = time_diff_in_seconds(self.creation, about.creation)
            about.db_set("first_response_time", round(took, 2))


Communication.__module__ = "frappe.core.doctype.communication.communication"
