"""`frappe.tests`: a test case on the default site that leaves nothing behind in the database."""

from __future__ import annotations

import unittest

from frappe_celery.host import settings
from frappe_standalone.local import local
from frappe_standalone.site.context import connect, destroy, init


class FrappeTestCase(unittest.TestCase):
    """Each test runs on the default site as Administrator and is rolled back."""

    def run(self, result: unittest.TestResult | None = None) -> unittest.TestResult | None:
        with local.apart():
            init(settings.current().site)
            connect()
            local.flags.in_test = True
            try:
                return super().run(result)
            finally:
                destroy()


IntegrationTestCase = UnitTestCase = FrappeTestCase
