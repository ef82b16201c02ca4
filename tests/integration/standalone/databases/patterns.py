"""A pattern database, of which each test has a copy, and properties tried on fewer examples."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import hypothesis
from django.db import connections

from frappe_celery.config import settings
from frappe_celery.config.settings import Settings
from frappe_standalone.database.rows import prepare
from frappe_standalone.local import local
from frappe_standalone.site.context import connect, destroy, init
from tests.servers import MariaDBServer, PostgresServer

PATTERN = "pattern"
EXAMPLES = 50
"""tests/unit tries more."""
_numbers = itertools.count(1)


def make_pattern(
    server: MariaDBServer | PostgresServer, folder: Path, first: Mapping[str, dict[str, Any]]
) -> None:
    """A site's database as it is when first visited, with the tables of `first` documents."""
    server.sql(f"create database {PATTERN}")
    settings.use(Settings.load(root=folder, environ={"DATABASE_URL": server.url(PATTERN)}))
    with local.apart():
        init(settings.current().site)
        connect()
        local.db.begin()
        for doctype, fields in first.items():
            prepare(doctype, fields)
            local.db.commit()
        destroy()
    settings.use(None)
    connections.close_all()  # PostgreSQL copies none that is in use


def copy_of_pattern(server: MariaDBServer | PostgresServer) -> Iterator[str]:
    """URL of a copy, of a new name: what is known of the last one is not true of it.

    It is dropped at the next: PostgreSQL sleeps where a connection has not quite ended.
    """
    number = next(_numbers)
    server.drop(f"standalone{number - 1}")
    server.copy(PATTERN, f"standalone{number}")
    yield server.url(f"standalone{number}")
    connections.close_all()


def tried_less(test: Any, strategy: Any) -> Callable[..., None]:
    """A property of a unit test's that `strategy` gives the examples of."""
    few = hypothesis.settings(
        max_examples=EXAMPLES,
        suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
    )
    return few(hypothesis.given(strategy)(test.hypothesis.inner_test))
