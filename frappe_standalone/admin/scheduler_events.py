"""Scheduler Event: what a schedule row of one's own runs."""

from __future__ import annotations

from typing import ClassVar

from frappe_standalone.admin.documents import DocumentAdmin, DocumentForm
from frappe_standalone.models import SchedulerEvent


class SchedulerEventForm(DocumentForm):
    """Its method, or a doctype for which a hook gives one."""

    doctype = "Scheduler Event"

    class Meta:
        model = SchedulerEvent
        fields = ("scheduled_against", "method")
        help_texts: ClassVar = {
            "scheduled_against": "Name of a doctype.",
            "method": "What is run, a dotted path; empty: what the hook scheduled_against gives"
            " for the doctype.",
        }


class SchedulerEventAdmin(DocumentAdmin):
    form = SchedulerEventForm
    list_display = ("name", "scheduled_against", "method")
    search_fields = ("name", "scheduled_against", "method")

    def get_fields(self, request: object, obj: SchedulerEvent | None = None) -> tuple[str, ...]:
        name = () if obj is None else ("name",)
        return (*name, "site", "scheduled_against", "method")

    def get_readonly_fields(
        self, request: object, obj: SchedulerEvent | None = None
    ) -> tuple[str, ...]:
        """Name and site are chosen once, when the row is made."""
        return () if obj is None else ("name", "site")
