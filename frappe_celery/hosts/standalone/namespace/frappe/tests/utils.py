"""`frappe.tests.utils`."""

from frappe_celery.hosts.standalone.site.testing import FrappeTestCase
