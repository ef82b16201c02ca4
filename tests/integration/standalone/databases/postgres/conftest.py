"""PostgreSQL: the server, and a database of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.standalone.databases.patterns import copy_of_pattern, make_pattern
from tests.servers import PostgresServer


@pytest.fixture(scope="session")
def pattern(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> None:
    make_pattern(postgres_server, tmp_path_factory.mktemp("pattern"), {})


@pytest.fixture
def database_url(postgres_server: PostgresServer, pattern: None) -> Iterator[str]:
    yield from copy_of_pattern(postgres_server)
