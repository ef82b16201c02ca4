"""Which database `database_url` names, and what is said of one that cannot be used."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from frappe_celery.config import settings
from frappe_celery.config.settings import Settings
from frappe_celery.errors import ConfigError
from frappe_standalone.site.context import visit
from tests.ports import free_port
from tests.waiting import HANG_SECONDS


@pytest.fixture
def count(root: Path, frappe: Any) -> Any:
    """Counts documents in the database that a URL names."""

    def count_in(url: str) -> int:
        settings.use(Settings.load(root=root, environ={"DATABASE_URL": url}))
        with visit("standalone", "Administrator"):
            return int(frappe.db.table_exists("Memo") and frappe.db.count("Memo"))

    return count_in


def test_an_sqlite_file_of_ones_own(count: Any, tmp_path: Path) -> None:
    assert count(f"sqlite:///{tmp_path}/mine.db") == 0
    assert (tmp_path / "mine.db").exists()


def test_the_file_is_the_users_own(frappe: Any, root: Path) -> None:
    frappe.db.exists("Memo", "n")
    assert (root / ".frappe_celery").stat().st_mode & 0o777 == 0o700


def test_a_url_that_is_none(count: Any) -> None:
    with pytest.raises(ConfigError, match=r"host/name.*cannot be read.*mysql://user"):
        count("nothing://me:secret@host/name")


@pytest.mark.parametrize("scheme", ["mysql", "mariadb"])
def test_a_server_that_is_away_is_named_within_seconds(count: Any, scheme: str) -> None:
    port = free_port()
    begin = time.monotonic()
    with pytest.raises(Exception, match=f"the database 127.0.0.1:{port}/shop does not") as caught:
        count(f"{scheme}://me:secret@127.0.0.1:{port}/shop")
    assert time.monotonic() - begin < HANG_SECONDS
    assert "secret" not in str(caught.value)
