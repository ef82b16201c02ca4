"""`frappe.tests.utils`."""

from frappe_celery.hosts.standalone.testing import FrappeTestCase

__all__ = ["FrappeTestCase"]
