"""A site of the standalone host on MariaDB or PostgreSQL, and a team's tests that are run."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from frappe_celery.config import settings
from frappe_celery.config.settings import Settings
from tests.servers import MariaDBServer, PostgresServer
from tests.team_sessions import live, run
from tests.unit.standalone.conftest import (
    add_doctype,
    frappe,
    module,
    project_folder,
    write,
)

__all__ = ["add_doctype", "frappe", "live", "module", "root", "run", "write"]

_numbers = itertools.count()


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """URL of an empty database on the server that the test's module names (`SERVER`)."""
    server: MariaDBServer | PostgresServer = request.getfixturevalue(request.module.SERVER)
    name = f"standalone{next(_numbers)}"  # a new one: what is known of the last is not true of it
    server.sql(f"create database {name}")
    yield server.url(name)
    force = " with (force)" if isinstance(server, PostgresServer) else ""
    server.sql(f"drop database {name}{force}")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str) -> Iterator[Path]:
    """A project's folder, as in the unit tests, with an empty database on a server."""
    environ = {"FRAPPE_CELERY_APPS": '["myapp"]', "DATABASE_URL": database_url}
    with project_folder(tmp_path, monkeypatch):
        settings.use(Settings.load(root=tmp_path, environ=environ))
        yield tmp_path
