# made by: python -m tests.stubs
from frappe_standalone.testing import FrappeTestCase as FrappeTestCase

