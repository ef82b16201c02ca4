"""Comments on documents: the controller of Comment."""

from __future__ import annotations

from typing import Any

from frappe_standalone.documents.document import Document
from frappe_standalone.local import local


class Comment(Document):
    """A comment, by the current user unless it names another."""

    comment_email: Any

    def validate(self) -> None:
        """Say who wrote it: the current user, unless it is said."""
        self.comment_email = self.comment_email or local.session.user
