# made by: python -m tests.stubs
from frappe_celery.hosts.standalone.site.testing import IntegrationTestCase as IntegrationTestCase
from frappe_celery.hosts.standalone.site.testing import UnitTestCase as UnitTestCase

