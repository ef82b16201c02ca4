"""Django's application in a bench: the pages, and nothing of theirs in its database."""

from __future__ import annotations

from django.apps import AppConfig


class PagesConfig(AppConfig):
    """Named as the standalone host's is: the pages' addresses and permissions are the same."""

    name = "frappe_pages"
    label = "frappe_celery"
    verbose_name = "Frappe jobs"
