# made by: python -m tests.stubs
from frappe_standalone.site.testing import IntegrationTestCase as IntegrationTestCase
from frappe_standalone.site.testing import UnitTestCase as UnitTestCase

