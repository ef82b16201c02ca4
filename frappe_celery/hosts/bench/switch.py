"""On and off: a key in common_site_config.json, and a hook in the bench's environment."""

from __future__ import annotations

from frappe_celery import settings


def imported(module: str) -> None:
    """Called by `hook` when one of Frappe's modules that lead to RQ has been imported."""
    if settings.current().frappe_celery_enabled:
        from frappe_celery.hosts.bench import seam

        seam.install(module)
