"""Contacts and their addresses, as Frappe's controllers keep them: Contact and Address."""

from __future__ import annotations

from typing import Any

from frappe_standalone.documents.document import Document
from frappe_standalone.documents.documents import get_doc
from frappe_standalone.documents.naming import append_number_if_name_exists
from frappe_standalone.documents.series import make_autoname
from frappe_standalone.exceptions import ValidationError
from frappe_standalone.local import local
from frappe_standalone.utils.text import cstr


class Linked(Document):
    """What has `links` to other documents (Dynamic Link)."""

    links: Any

    def _keep_links(self) -> None:
        """Each once; with the title of its document where none was there twice."""
        for row in self.links:
            row.link_title = get_doc(row.link_doctype, row.link_name).get_title() or row.link_name
        links = dict.fromkeys((row.link_doctype, row.link_name) for row in self.links)
        if len(links) < len(self.links):
            self.links = []
            for doctype, name in links:
                self.append("links", {"link_doctype": doctype, "link_name": name})

    def has_link(self, doctype: str, name: str) -> bool:
        """Whether one of its links leads there."""
        return any((row.link_doctype, row.link_name) == (doctype, name) for row in self.links)

    def has_common_link(self, doc: Any) -> bool:
        """Whether another one's links lead where one of its own does."""
        return any(self.has_link(row.link_doctype, row.link_name) for row in doc.links)


class Contact(Linked):
    """A person: `email_id`, `phone` and `mobile_no` are those of its rows that are primary."""

    email_id: Any
    full_name: Any
    user: Any

    def autoname(self) -> None:
        """Its full name, with that of what it is linked to first."""
        first = "".join(f"-{cstr(row.link_name).strip()}" for row in self.links[:1])
        self.name = append_number_if_name_exists("Contact", f"{self._get_full_name()}{first}")

    def validate(self) -> None:
        """Set what follows from other fields."""
        self.full_name = self._get_full_name()
        if len(self.email_ids) == 1:
            self.email_ids[0].is_primary = 1
        self.email_id = self._primary("email_ids", "email_id", "is_primary", "Email ID").strip()
        for field, label in (("phone", "Phone"), ("mobile_no", "Mobile No")):
            self.set(field, self._primary("phone_nos", "phone", f"is_primary_{field}", label))
        if not self.user and self.email_id:
            self.user = local.db.get_value("User", {"email": self.email_id})
        self._keep_links()

    def _primary(self, table: str, field: str, mark: str, label: str) -> str:
        found = [row.get(field) for row in self.get(table) if row.get(mark)]
        if len(found) > 1:
            raise ValidationError(f"Only one {label} can be set as primary.")
        return found[0] if found else ""

    def _get_full_name(self) -> str:
        names = (cstr(name).strip() for name in (self.first_name, self.middle_name, self.last_name))
        return " ".join(filter(None, names)) or cstr(self.company_name)

    def get_link_for(self, link_doctype: str) -> str | None:
        """The first document of that doctype that it is linked to."""
        return next((row.link_name for row in self.links if row.link_doctype == link_doctype), None)

    def add_email(self, email_id: str, is_primary: Any = 0, autosave: bool = False) -> None:
        """Add an address that it has not yet."""
        self._add("email_ids", {"email_id": email_id}, autosave, is_primary=is_primary)

    def add_phone(
        self,
        phone: str,
        is_primary_phone: Any = 0,
        is_primary_mobile_no: Any = 0,
        autosave: bool = False,
    ) -> None:
        """Add a number that it has not yet."""
        marks = {"is_primary_phone": is_primary_phone, "is_primary_mobile_no": is_primary_mobile_no}
        self._add("phone_nos", {"phone": phone}, autosave, **marks)

    def _add(self, table: str, value: dict[str, Any], autosave: bool, **marks: Any) -> None:
        doctype = self.meta.get_field(table).options  # type: ignore[union-attr]
        if local.db.exists(doctype, {**value, "parent": self.name}):
            return
        self.append(table, {**value, **marks})
        if autosave:
            self.save(ignore_permissions=True)


def get_contact_name(email_id: str) -> str | None:
    """The contact that has this address."""
    rows = {"email_id": email_id, "parenttype": "Contact"}
    names = local.db.get_all("Contact Email", rows, pluck="parent")
    return next((name for name in names if local.db.exists("Contact", name)), None)


_PREFERRED = ("is_primary_address", "is_shipping_address")


class Address(Linked):
    """An address: of all that the same document is linked to one is primary, one for shipping."""

    address_title: Any

    def autoname(self) -> None:
        """Its title, which is that of its first link where it has none, and its type.

        Raises:
            ValidationError: it has neither title nor link.
        """
        if not self.address_title and self.links:
            self.address_title = self.links[0].link_title or self.links[0].link_name
        if not self.address_title:
            raise ValidationError("Address Title is mandatory.")
        self.name = f"{cstr(self.address_title).strip()}-{cstr(self.address_type).strip()}"
        if local.db.exists("Address", self.name):
            self.name = make_autoname(f"{self.name}-.#")

    def validate(self) -> None:
        """Link it as its owner's contact is, where it has no link; only one is preferred."""
        contact = None if self.links else local.db.get_value("Contact", {"email_id": self.owner})
        for row in get_doc("Contact", contact).links if contact else ():
            self.append("links", {"link_doctype": row.link_doctype, "link_name": row.link_name})
        for field in filter(self.get, _PREFERRED):
            for row in self.links:
                self._prefer(field, {"link_doctype": row.link_doctype, "link_name": row.link_name})
        self._keep_links()

    def _prefer(self, field: str, link: dict[str, str]) -> None:
        linked = {**link, "parenttype": "Address"}
        names = local.db.get_all("Dynamic Link", linked, pluck="parent")
        preferred = {"name": ["in", names], field: 1, "disabled": 0}
        former = names and local.db.get_value("Address", preferred, "name")
        if former:
            local.db.set_value("Address", former, field, 0)


Contact.__module__ = "frappe.contacts.doctype.contact.contact"
Address.__module__ = "frappe.contacts.doctype.address.address"
