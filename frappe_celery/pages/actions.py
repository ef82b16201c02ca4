"""Who did what in the pages, to read: Django's own history, of all users together."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from frappe_celery.pages.read_only import ReadOnlyAdmin


class ActionAdmin(ReadOnlyAdmin):
    """For those with the permission to view log entries; it is of every site."""

    list_display = ("action_time", "user", "object_repr", "what")
    list_filter = ("user", "content_type")
    search_fields = ("object_repr", "change_message")
    list_display_links = None
    list_per_page = 50

    @admin.display(description="what")
    def what(self, entry: Any) -> str:
        return str(entry.get_change_message())
