"""`frappe.tests`."""

from frappe_celery.hosts.standalone.site.testing import IntegrationTestCase, UnitTestCase
