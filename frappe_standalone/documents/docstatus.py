"""`frappe.model.docstatus`: what a document's docstatus says of it."""

from __future__ import annotations

from typing import ClassVar


class DocStatus(int):
    """0 a draft, 1 submitted, 2 cancelled."""

    DRAFT: ClassVar[DocStatus]
    SUBMITTED: ClassVar[DocStatus]
    CANCELLED: ClassVar[DocStatus]

    def is_draft(self) -> bool:
        """Whether it can be changed."""
        return self == DocStatus.DRAFT

    def is_submitted(self) -> bool:
        """Whether it is final."""
        return self == DocStatus.SUBMITTED

    def is_cancelled(self) -> bool:
        """Whether it is void."""
        return self == DocStatus.CANCELLED

    @staticmethod
    def draft() -> DocStatus:
        """0."""
        return DocStatus.DRAFT

    @staticmethod
    def submitted() -> DocStatus:
        """1."""
        return DocStatus.SUBMITTED

    @staticmethod
    def cancelled() -> DocStatus:
        """2."""
        return DocStatus.CANCELLED


DocStatus.DRAFT, DocStatus.SUBMITTED, DocStatus.CANCELLED = map(DocStatus, range(3))
