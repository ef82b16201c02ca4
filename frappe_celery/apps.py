"""Makes `"frappe_celery"` an entry for Django's INSTALLED_APPS."""

from frappe_standalone.apps import FrappeCeleryConfig

__all__ = ["FrappeCeleryConfig"]
