"""The admin of our own server: its menu is what people do with jobs, users and history last."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from frappe_pages.apps import PagesConfig

NAMES = {
    "Job": "Jobs",
    "Failure": "Failures",
    "Batch": "Batches",
    "ScheduledJobType": "Schedule",
    "Worker": "Workers",
    "Site": "Sites",
    "Limit": "Limits",
    "ErrorLog": "Errors",
}
"""Models in the order of the menu; the others follow under their own names."""


class PagesSite(AdminSite):
    """A Django project's own admin keeps the order and the menu that it has."""

    site_header = site_title = "Frappe jobs"
    index_title = "Everything"
    site_url = None
    enable_nav_sidebar = False

    def index(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The overview, for whoever may see something of jobs."""
        if any(app["app_label"] == PagesConfig.label for app in self.get_app_list(request)):
            return HttpResponseRedirect(_overview())
        return super().index(request, extra_context)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """With `navigation`: groups of links."""
        context = super().each_context(request)
        apps = sorted(context["available_apps"], key=lambda app: not _is_ours(app))
        groups = [
            [_item(request, model) for model in sorted(app["models"], key=_place)] for app in apps
        ]
        if apps and _is_ours(apps[0]):
            url = _overview()
            groups[0].insert(0, {"name": "Overview", "url": url, "is_current": request.path == url})
        return {**context, "navigation": groups}


def _overview() -> str:
    return reverse("admin:app_list", args=[PagesConfig.label])


def _is_ours(app: dict[str, Any]) -> bool:
    return bool(app["app_label"] == PagesConfig.label)


def _place(model: dict[str, Any]) -> int:
    name = model["object_name"]
    return list(NAMES).index(name) if name in NAMES else len(NAMES)


def _item(request: HttpRequest, model: dict[str, Any]) -> dict[str, Any]:
    url = model["admin_url"] or ""
    name = NAMES.get(model["object_name"], model["name"])
    return {"name": name, "url": url, "is_current": bool(url) and request.path.startswith(url)}
