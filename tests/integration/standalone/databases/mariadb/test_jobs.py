"""Jobs and rows of the schedule, on MariaDB."""
# ruff: noqa: F403 (the tests themselves)

from tests.unit.standalone.test_run import *
from tests.unit.standalone.test_schedule_rows import *
