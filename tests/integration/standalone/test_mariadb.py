"""The unit tests of documents, filters, transactions, jobs and schedule rows, on MariaDB."""
# ruff: noqa: F403 (the tests themselves)

from typing import Any

from tests.unit.standalone.test_documents import *
from tests.unit.standalone.test_error_log import *
from tests.unit.standalone.test_filters import *
from tests.unit.standalone.test_run import *
from tests.unit.standalone.test_schedule_rows import *
from tests.unit.standalone.test_transaction import *


def test_it_is_mariadb(frappe: Any) -> None:
    assert frappe.db.db_type == "mariadb"
    assert "MariaDB" in frappe.db.sql("select version()")[0][0]
