"""A site of the standalone host on MariaDB, with the fixtures of the unit tests over it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from frappe_celery.config import settings
from frappe_celery.config.settings import Settings
from tests.servers import MariaDBServer
from tests.unit.hosts.standalone.conftest import frappe, module, project_folder, write

__all__ = ["frappe", "module", "root", "write"]

DATABASE = "standalone"


@pytest.fixture(scope="session")
def mariadb_url(mariadb_server: MariaDBServer) -> str:
    """URL of a database that tests of this folder share, one after the other."""
    mariadb_server.sql(f"create database {DATABASE}")
    return mariadb_server.url(DATABASE)


@pytest.fixture
def root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mariadb_url: str, mariadb_server: MariaDBServer
) -> Iterator[Path]:
    """A project's folder, as in the unit tests, with an empty database on MariaDB."""
    environ = {"FRAPPE_CELERY_APPS": '["myapp"]', "DATABASE_URL": mariadb_url}
    with project_folder(tmp_path, monkeypatch):
        settings.use(Settings.load(root=tmp_path, environ=environ))
        yield tmp_path
        for table in mariadb_server.sql(f"show tables from {DATABASE} like 'frappe%'").split():
            mariadb_server.sql(f"set foreign_key_checks = 0; delete from {DATABASE}.{table}")
