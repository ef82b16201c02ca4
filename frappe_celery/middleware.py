"""Django's middleware: `"frappe_celery.middleware.RequestUser"` in MIDDLEWARE."""

from frappe_standalone.middleware import RequestUser

__all__ = ["RequestUser"]
