# made by: python -m tests.stubs
from frappe_standalone.site.testing import FrappeTestCase as FrappeTestCase

