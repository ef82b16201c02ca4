"""The Django application: `"frappe_celery"` in INSTALLED_APPS."""

from __future__ import annotations

from django.apps import AppConfig
from django.core.signals import request_finished, request_started, setting_changed
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate

import frappe_pages
from frappe_standalone.database import dialect, open_transaction, sqlite_functions
from frappe_standalone.namespace import importer

importer.install()


class FrappeCeleryConfig(AppConfig):
    """Documents, schedule rows and logs of the standalone host."""

    name = "frappe_standalone"
    path = frappe_pages.__path__[0]  # of templates and style sheets
    label = "frappe_celery"
    verbose_name = "Frappe jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Between two requests nothing of a user or site remains; `migrate` makes our tables."""
        from frappe_standalone.documents.tables import empty_after_test, make_after_migrate
        from frappe_standalone.site import requests
        from frappe_standalone.site.context import leave_request

        request_started.connect(requests.begins)
        request_finished.connect(leave_request)
        for prepares in (sqlite_functions.prepare, dialect.prepare, open_transaction.watch):
            connection_created.connect(prepares)
        post_migrate.connect(make_after_migrate, sender=self)
        setting_changed.connect(empty_after_test)
