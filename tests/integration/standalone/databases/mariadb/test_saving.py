"""Documents that are stored, and trees of them, on MariaDB."""
# ruff: noqa: F403 (the tests themselves)

from tests.unit.standalone.test_read_as_frappe import *
from tests.unit.standalone.test_saving import *
from tests.unit.standalone.test_stored_as_frappe import *
from tests.unit.standalone.test_trees import *
