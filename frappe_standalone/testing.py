"""What a test session asks of the place that jobs run in, and `frappe.tests`."""

from __future__ import annotations

import unittest

from frappe_celery.host import settings
from frappe_standalone.database import altering, django_setup
from frappe_standalone.database.blocks import of_a_job, of_a_test
from frappe_standalone.local import local
from frappe_standalone.site.context import connect, destroy, init

__all__ = ["forget_documents", "leave_site", "of_a_job", "of_a_test", "uses_our_database"]


def uses_our_database() -> bool:
    """Whether documents lie in no Django project's database."""
    return not django_setup.is_own_project()


def leave_site() -> None:
    """Flags, user, cache and an open transaction are gone."""
    destroy()
    local.clear()


def forget_documents() -> None:
    """Empty the database where it is ours; Django's tests leave none in a project's."""
    if django_setup.is_loaded() and uses_our_database():
        altering.empty_all()


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
