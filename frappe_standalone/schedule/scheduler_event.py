"""The controller of `Scheduler Event`."""

from __future__ import annotations

from frappe_standalone.documents.document import Document
from frappe_standalone.exceptions import MandatoryError


class SchedulerEvent(Document):
    """What a Scheduled Job Type of one's own runs: its `method`, or that of its doctype's hook."""

    def validate(self) -> None:
        """Raises MandatoryError without `scheduled_against`, as Frappe does."""
        if not self.scheduled_against:
            raise MandatoryError("Scheduler Event needs scheduled_against, the name of a doctype")
