"""Documents, on MariaDB."""
# ruff: noqa: F403 (the tests themselves)

from tests.integration.standalone.databases.patterns import tried_less
from tests.unit.standalone.test_arguments import *
from tests.unit.standalone.test_document_work import *
from tests.unit.standalone.test_documents import *
from tests.unit.standalone.test_documents import stored, test_a_value_comes_back_as_it_went
from tests.unit.standalone.test_error_log import *
from tests.unit.standalone.test_frappes_answers import *
from tests.unit.standalone.test_frappes_doctypes import *
from tests.unit.standalone.test_unknown_doctypes import *

test_a_value_comes_back_as_it_went = tried_less(test_a_value_comes_back_as_it_went, stored)
