"""`frappe.tests.utils`."""

from frappe_standalone.site.testing import FrappeTestCase
