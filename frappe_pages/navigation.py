"""The admin of our own server: what people do with jobs comes first in its menu."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest

from frappe_pages.apps import PagesConfig

ORDER = ("Job", "Failure", "Batch", "ScheduledJobType", "Worker", "Site", "Limit")
"""The others follow, in the order of their names."""


class PagesSite(AdminSite):
    """A Django project's own admin keeps the order that it has."""

    site_header = site_title = "Frappe jobs"
    index_title = "Everything"
    site_url = None

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Our pages, then Django's."""
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["models"].sort(key=_place)
        return sorted(apps, key=lambda app: app["app_label"] != PagesConfig.label)


def _place(model: dict[str, Any]) -> int:
    name = model["object_name"]
    return ORDER.index(name) if name in ORDER else len(ORDER)
