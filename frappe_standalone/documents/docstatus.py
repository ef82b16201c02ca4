"""`frappe.model.docstatus`: what a document's docstatus says of it."""

from __future__ import annotations

from typing import ClassVar


class DocStatus(int):
    """0 a draft, 1 submitted, 2 cancelled."""

    DRAFT: ClassVar[DocStatus]
    SUBMITTED: ClassVar[DocStatus]
    CANCELLED: ClassVar[DocStatus]

    def is_draft(self) -> bool:
        """Whether it is 0: the document can still be changed."""
        return self == DocStatus.DRAFT

    def is_submitted(self) -> bool:
        """Whether it is 1: the document is final."""
        return self == DocStatus.SUBMITTED

    def is_cancelled(self) -> bool:
        """Whether it is 2: the document is void."""
        return self == DocStatus.CANCELLED

    draft = staticmethod(lambda: DocStatus.DRAFT)
    submitted = staticmethod(lambda: DocStatus.SUBMITTED)
    cancelled = staticmethod(lambda: DocStatus.CANCELLED)


DocStatus.DRAFT, DocStatus.SUBMITTED, DocStatus.CANCELLED = map(DocStatus, range(3))
