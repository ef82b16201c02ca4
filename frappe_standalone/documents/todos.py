"""ToDo as Frappe's controller keeps it: what it is about knows whom it is assigned to."""

from __future__ import annotations

from email.utils import parseaddr
from typing import Any

from frappe_standalone.documents.comments import keep_in_reference
from frappe_standalone.documents.document import Document
from frappe_standalone.documents.documents import get_doc
from frappe_standalone.documents.users import name_of
from frappe_standalone.local import local


class ToDo(Document):
    """Something to do, about `reference_type` and `reference_name` where it names them."""

    _said: tuple[str, str] | None = None

    def validate(self) -> None:
        """Say what becomes of the assignment, in a comment on what it is about."""
        by, to = self.assigned_by, self.allocated_to
        if self.is_new():
            text = f"{name_of(by)} assigned {name_of(to)}: {self.description}"
            if by == to:
                text = f"{name_of(by)} self assigned this task: {self.description}"
            self._said = ("Assigned", text)
        elif self.get_value_before_save("status") != self.status:
            user = local.session.user
            text = f"Assignment of {name_of(to)} removed by {name_of(user)}"
            if to == user:
                text = f"{name_of(user)} removed their assignment."
            self._said = ("Assignment Completed", text)
        else:
            self._said = None

    def on_update(self) -> None:
        """Comment on what it is about, and tell it whom it is assigned to."""
        if self._said and self._refers():
            get_doc(self.reference_type, self.reference_name).add_comment(*self._said)
        self._assign()

    def on_trash(self) -> None:
        """Nothing links to it any more."""
        link = {"link_doctype": self.doctype, "link_name": self.name}
        local.db.delete("Communication Link", link)
        self._assign()

    def _refers(self) -> bool:
        return bool(self.reference_type and self.reference_name)

    def _assign(self) -> None:
        if not self._refers():
            return
        about = {"reference_type": self.reference_type, "reference_name": str(self.reference_name)}
        about |= {"status": ["not in", ["Cancelled", "Closed"]], "allocated_to": ["is", "set"]}
        users = local.db.get_values("ToDo", about, "allocated_to", pluck=True, for_update=True)
        keep_in_reference(self.reference_type, self.reference_name, "_assign", users[::-1])

    @classmethod
    def get_owners(cls, filters: Any = None) -> list[str]:
        """The addresses of those that the matching ones are assigned to."""
        rows = local.db.get_all("ToDo", filters or {}, pluck="allocated_to")
        return [parseaddr(user)[1] for user in rows if user]
