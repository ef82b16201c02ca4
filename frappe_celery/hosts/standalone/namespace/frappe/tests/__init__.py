"""`frappe.tests`."""

from frappe_celery.hosts.standalone.testing import IntegrationTestCase, UnitTestCase

__all__ = ["IntegrationTestCase", "UnitTestCase"]
