# made by: python -m tests.stubs
from frappe_celery.hosts.standalone.site.testing import FrappeTestCase as FrappeTestCase

