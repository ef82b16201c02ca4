"""MariaDB: the server, and a database of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.standalone.databases.patterns import copy_of_pattern, make_pattern
from tests.servers import MariaDBServer

FIRST: dict[str, dict[str, Any]] = {
    "Thing": {"text": "", "number": 0.5, "size": 1, "seen": 1, "naming_series": ""},
    "Memo": {"count": 1},
    "Other": {},
    "N": {"naming_series": ""},
    "Comment": {"comment_type": "Info"},
}
"""A doctype's first document makes its columns, on MariaDB before the transaction has written."""


@pytest.fixture(scope="session")
def pattern(mariadb_server: MariaDBServer, tmp_path_factory: pytest.TempPathFactory) -> None:
    make_pattern(mariadb_server, tmp_path_factory.mktemp("pattern"), FIRST)


@pytest.fixture
def database_url(mariadb_server: MariaDBServer, pattern: None) -> Iterator[str]:
    yield from copy_of_pattern(mariadb_server)
