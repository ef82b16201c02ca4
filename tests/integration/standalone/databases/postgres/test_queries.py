"""What finds documents, on PostgreSQL."""
# ruff: noqa: F403 (the tests themselves)

from tests.integration.standalone.databases.patterns import tried_less
from tests.unit.standalone.test_filters import *
from tests.unit.standalone.test_filters import cases, test_a_filter_selects_what_it_says
from tests.unit.standalone.test_filters_of_versions import *
from tests.unit.standalone.test_queries import *

test_a_filter_selects_what_it_says = tried_less(test_a_filter_selects_what_it_says, cases())
