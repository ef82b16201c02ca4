"""The unit tests of the standalone host that ask a database, on MariaDB and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from frappe_celery.config import settings
from frappe_celery.config.settings import Settings
from tests.unit.standalone.conftest import connections_opened, project_folder

__all__ = ["asks", "connections_opened", "root"]

HERE = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What asks no database runs in tests/unit alone."""
    once = [
        item
        for item in items
        if HERE in item.path.parents and item.get_closest_marker("no_database")
    ]
    config.hook.pytest_deselected(items=once)
    for item in once:
        items.remove(item)


@pytest.fixture(autouse=True)
def asks(connections_opened: list[str]) -> Iterator[None]:
    """What is not marked `no_database` does ask one."""
    yield
    assert connections_opened, "asks no database: mark it `no_database`"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str) -> Iterator[Path]:
    """A project's folder, as in the unit tests, whose database is on a server."""
    environ = {"FRAPPE_CELERY_APPS": '["myapp"]', "DATABASE_URL": database_url}
    with project_folder(tmp_path, monkeypatch):
        settings.use(Settings.load(root=tmp_path, environ=environ))
        yield tmp_path
