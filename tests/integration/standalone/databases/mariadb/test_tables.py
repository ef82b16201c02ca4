"""Tables, texts in them and transactions, on MariaDB."""
# ruff: noqa: F403 (the tests themselves)

from tests.unit.standalone.test_tables import *
from tests.unit.standalone.test_texts import *
from tests.unit.standalone.test_transaction import *
