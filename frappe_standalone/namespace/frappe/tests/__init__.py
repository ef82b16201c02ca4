"""`frappe.tests`."""

from frappe_standalone.site.testing import IntegrationTestCase, UnitTestCase
