"""The Django application: `"frappe_celery"` in INSTALLED_APPS."""

from __future__ import annotations

from django.apps import AppConfig

from frappe_celery.hosts.standalone import importer

importer.install()


class FrappeCeleryConfig(AppConfig):
    """Documents, schedule rows and logs of the standalone host."""

    name = "frappe_celery.hosts.standalone"
    label = "frappe_celery"
    verbose_name = "Frappe jobs"
    default_auto_field = "django.db.models.BigAutoField"
