"""User and Role as Frappe's controllers keep them, but for what only Desk and logging in need."""

from __future__ import annotations

from typing import Any

from frappe_standalone.database import store
from frappe_standalone.documents.contacts import get_contact_name
from frappe_standalone.documents.document import Document
from frappe_standalone.documents.documents import get_doc, new_doc
from frappe_standalone.exceptions import ValidationError
from frappe_standalone.local import local
from frappe_standalone.missing import unsupported
from frappe_standalone.site.context import ADMINISTRATOR
from frappe_standalone.site.requests import GUEST
from frappe_standalone.utils.dates import get_system_timezone
from frappe_standalone.utils.text import scrub, validate_email_address

STANDARD_USERS = (GUEST, ADMINISTRATOR)


class User(Document):
    """A user, whose name is the email address; a Contact is made of it. No mail is sent."""

    email: Any
    full_name: Any
    new_password: Any
    time_zone: Any
    user_type: Any
    username: Any

    def autoname(self) -> None:
        """The email address, in small letters."""
        self.name = self.email = self.email.strip().lower()

    def before_insert(self) -> None:
        """Make the tables of its Contact, which MariaDB does only before anything is written."""
        new_doc("Contact")._prepare_tables()

    def validate(self) -> None:
        """Check it, and set what follows from other fields."""
        if self.role_profile_name:
            raise unsupported("a User's role_profile_name")
        self.new_password = None  # nobody logs in here by it
        if self.name in STANDARD_USERS and not self.enabled:
            raise ValidationError(f"User {self.name} cannot be disabled")
        if self.name not in STANDARD_USERS:
            self.email = self.name
            validate_email_address(self.email.strip(), throw=True)
        self._keep_roles()
        self.user_type = "System User" if self._has_desk_access() else "Website User"
        self.full_name = " ".join(filter(None, (self.first_name, self.last_name)))
        self._set_username()
        self.time_zone = self.time_zone or get_system_timezone()

    def _keep_roles(self) -> None:
        disabled = store.names("Role", {"disabled": 1})
        roles = {row.role: row for row in self.roles if row.role and row.role not in disabled}
        if self.name == GUEST:
            roles = {GUEST: roles[GUEST]} if GUEST in roles else {}
        if len(roles) < len(self.roles):
            self.set("roles", list(roles.values()))

    def _has_desk_access(self) -> bool:
        """Also by a role that only apps name: a Role has it unless it says otherwise."""
        roles = [row.role for row in self.roles if row.role != GUEST]
        without = store.names("Role", {"desk_access": 0, "name": ["in", roles]}) if roles else []
        return len(roles) > len(without)

    def _set_username(self) -> None:
        if not self.username and self.is_new() and self.first_name:
            self.username = scrub(self.first_name)
        self.username = (self.username or "").strip(" @")
        others = {"username": self.username, "name": ["!=", self.name]}
        if self.username and local.db.exists("User", others):
            self.username = ""

    def on_update(self) -> None:
        """Keep the Contact of it; Frappe does so in a job."""
        if self.name in STANDARD_USERS:
            return
        name = get_contact_name(self.email)
        contact = get_doc("Contact", name) if name else new_doc("Contact", user=self.name)
        fields = ("first_name", "last_name", "gender")
        contact.update({field: self.get(field) for field in fields})
        if not name:
            contact.add_email(self.email, is_primary=1)
        for field, mark in (("phone", "is_primary_phone"), ("mobile_no", "is_primary_mobile_no")):
            number = self.get(field)
            if number and number not in [row.phone for row in contact.phone_nos]:
                is_first = not any(row.get(mark) for row in contact.phone_nos)
                contact.add_phone(number, **{mark: int(is_first)})
        contact.flags.ignore_mandatory = True
        contact.save(ignore_permissions=True)

    def on_trash(self) -> None:
        """Take what was for it alone along, and let go of the rest.

        Raises:
            ValidationError: it is Administrator or Guest.
        """
        if self.name in STANDARD_USERS:
            raise ValidationError(f"User {self.name} cannot be deleted")
        store.delete("ToDo", {"allocated_to": self.name})
        for doctype, field in (("ToDo", "assigned_by"), ("Contact", "user")):
            if local.db.table_exists(doctype):
                store.update_where(doctype, {field: self.name}, {field: None})

    def append_roles(self, *roles: str) -> None:
        """Give it roles that it has not yet."""
        for role in roles:
            if role not in [row.role for row in self.roles]:
                self.append("roles", {"role": role})

    def add_roles(self, *roles: str) -> None:
        """The same, and store it."""
        self.append_roles(*roles)
        self.save()

    def remove_roles(self, *roles: str) -> None:
        """Take roles away, and store it."""
        for row in [row for row in self.roles if row.role in roles]:
            self.remove(row)
        self.save()

    def get_fullname(self) -> str:
        """First and last name."""
        return f"{self.first_name or ''} {self.last_name or ''}".strip()


class Role(Document):
    """A role; a disabled one is taken from everybody."""

    def validate(self) -> None:
        """Take it away from its users where it is disabled."""
        if self.disabled:
            local.db.delete("Has Role", {"role": self.name})


User.__module__ = "frappe.core.doctype.user.user"
Role.__module__ = "frappe.core.doctype.role.role"
