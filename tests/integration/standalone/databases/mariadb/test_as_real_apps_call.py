"""Calls of real apps, and templates, on MariaDB."""
# ruff: noqa: F403 (the tests themselves)

from tests.unit.standalone.test_as_real_apps_call import *
from tests.unit.standalone.test_templates import *
