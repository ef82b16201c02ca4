"""Error Log and Scheduled Job Log, to read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.html import format_html

from frappe_celery.host import masked_text
from frappe_pages.answers import ReadOnlyAdmin
from frappe_standalone.admin.sites import OfSite, clock

SHORT = 120


class LogAdmin(ReadOnlyAdmin, OfSite):
    """Rows that nobody writes by hand, the newest first."""

    ordering = ("-creation",)
    list_per_page = 50
    show_full_result_count = False  # counting millions costs more than the page

    @admin.display(description="time", ordering="creation")
    def at(self, row: Any) -> str:
        return clock(row.creation)

    @admin.display(description="last written")
    def until(self, row: Any) -> str:
        """When it was written last: the end of a run that has ended."""
        return clock(row.modified)


class ErrorLogAdmin(LogAdmin):
    list_display = ("method", "last_line", "at")
    list_filter = ("creation",)
    search_fields = ("method", "error")
    fields = (
        *("method", "site", "at", "owner"),
        *("reference_doctype", "reference_name", "trace_id", "traceback"),
    )
    readonly_fields = ("at", "traceback")

    @admin.display(description="error")
    def last_line(self, row: Any) -> str:
        lines = masked_text(row.error).strip().splitlines()
        return lines[-1].strip()[:SHORT] if lines else ""

    @admin.display(description="error")
    def traceback(self, row: Any) -> str:
        return preformatted(row.error)


class ScheduledJobLogAdmin(LogAdmin):
    list_display = ("scheduled_job_type", "status", "at", "until")
    list_filter = ("status", "creation")
    search_fields = ("scheduled_job_type",)
    fields = (*("scheduled_job_type", "status", "site", "at", "until"), *("failure", "debugging"))
    readonly_fields = ("at", "until", "failure", "debugging")

    @admin.display(description="details")
    def failure(self, row: Any) -> str:
        return preformatted(row.details)

    @admin.display(description="debug log")
    def debugging(self, row: Any) -> str:
        """What the method noted for debugging."""
        return preformatted(row.debug_log)


def preformatted(text: str) -> str:
    """A text as it was written, secrets masked."""
    if not text:
        return "-"
    return format_html('<pre class="fc-text" tabindex="0">{}</pre>', masked_text(text))
