# made by: python -m tests.stubs
from frappe_standalone.testing import IntegrationTestCase as IntegrationTestCase
from frappe_standalone.testing import UnitTestCase as UnitTestCase

