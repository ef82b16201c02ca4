"""Comments on documents: the controller of Comment, and what a document keeps of those on it."""

from __future__ import annotations

import json
from typing import Any

from frappe_standalone.documents.document import Document
from frappe_standalone.local import local
from frappe_standalone.utils.safe_html import sanitize_html

_MOST, _LONGEST = 100, 100
"""How many a document keeps, and how much of each."""


class Comment(Document):
    """A comment, by the current user unless it names another."""

    comment_email: Any
    content: Any

    def validate(self) -> None:
        """Say who wrote it: the current user, unless it is said. Clean its text."""
        self.comment_email = self.comment_email or local.session.user
        self.content = sanitize_html(self.content, False, True, ("form", "input", "button"))

    def on_update(self) -> None:
        """Have what it is about keep it, in `_comments`."""
        if self.comment_type == "Comment":
            keep_comment(self, self.comment_email)

    def on_trash(self) -> None:
        """Have what it is about forget it."""
        keep_comment(self, None)


def keep_comment(doc: Any, by: str | None) -> None:
    """Have what a Comment or a Communication is about keep its text; by nobody: forget it."""
    doctype, name = doc.reference_doctype, doc.reference_name
    if not (doctype and name and doc.content) or not _keeps(doctype, "_comments"):
        return
    kept = json.loads(local.db.get_value(doctype, name, "_comments") or "[]")
    others = [each for each in kept if each.get("name") != doc.name]
    text = doc.content
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST - 3]}..."
    own = [{"comment": text, "by": by, "name": doc.name}] if by else []
    keep_in_reference(doctype, name, "_comments", [*others, *own][-_MOST:])


def keep_in_reference(doctype: str, name: str, field: str, values: list[Any]) -> None:
    """Set what a document keeps of those about it, such as `_assign`; it is not modified by that.

    A doctype that no app describes has no such column: nothing is kept there.
    """
    if _keeps(doctype, field):
        text = json.dumps(values) if values or field == "_comments" else ""
        local.db.set_value(doctype, name, field, text, update_modified=False)


def _keeps(doctype: str, field: str) -> bool:
    return bool(local.db.table_exists(doctype)) and local.db.has_column(doctype, field)
