"""The unit tests of documents, filters, transactions, jobs and schedule rows, on PostgreSQL."""
# ruff: noqa: F403 (the tests themselves)

from typing import Any

from tests.unit.hosts.standalone.test_documents import *
from tests.unit.hosts.standalone.test_error_log import *
from tests.unit.hosts.standalone.test_filters import *
from tests.unit.hosts.standalone.test_queries import *
from tests.unit.hosts.standalone.test_run import *
from tests.unit.hosts.standalone.test_schedule_rows import *
from tests.unit.hosts.standalone.test_tables import *
from tests.unit.hosts.standalone.test_transaction import *

SERVER = "postgres_server"


def test_it_is_postgresql(frappe: Any) -> None:
    assert frappe.db.db_type == "postgres"
