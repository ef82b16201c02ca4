"""The addresses of the server that `frappe-celery admin` starts: the admin, its first page ours."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.urls import path
from django.views.generic import RedirectView

from frappe_celery.pages.actions import ActionAdmin

admin.site.site_header = "Frappe jobs"
admin.site.site_title = "Frappe jobs"
admin.site.index_title = "Everything"
admin.site.site_url = None

admin.site.register(LogEntry, ActionAdmin)

urlpatterns = [
    path("", RedirectView.as_view(url="/admin/frappe_celery/")),
    path("favicon.ico", RedirectView.as_view(url="/static/frappe_celery/icon.svg")),
    path("admin/", admin.site.urls),
]
