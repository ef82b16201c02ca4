"""The addresses of the server that `frappe-celery admin` starts: the admin, its first page ours."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.generic import RedirectView

from frappe_pages import users
from frappe_pages.answers import ReadOnlyAdmin, refused


@admin.register(LogEntry)
class ActionAdmin(ReadOnlyAdmin):
    """Who did what in the pages: Django's own history, of all users and sites together."""

    list_display = ("action_time", "user", "object_repr", "what")
    list_filter = ("user", "content_type")
    search_fields = ("object_repr", "change_message")
    list_display_links = None
    list_per_page = 50

    @admin.display(description="what")
    def what(self, entry: Any) -> str:
        return str(entry.get_change_message())


def handler403(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What of Django's own pages one may not see."""
    reason = str(exception) or "You lack a permission, which who may change users here gives you."
    return refused(admin.site.each_context(request), request, 403, reason)


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Also the first page, where a user has nothing to see there."""
    user: Any = request.user
    is_stranger = user.is_active and user.is_staff and users.seen(user) == []
    reason = users.NONE_SEEN if is_stranger else "There is no such page, or none that you may see."
    return refused(admin.site.each_context(request), request, 404, reason)


urlpatterns = [
    path("", RedirectView.as_view(url="/admin/frappe_celery/")),
    path("favicon.ico", RedirectView.as_view(url="/static/frappe_celery/icon.svg")),
    path("admin/", admin.site.urls),
]
