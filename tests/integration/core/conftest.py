"""A store of each test's own on real servers."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from frappe_celery.jobs import JobStore
from tests.integration.core.stores import make_store, wipe


@pytest.fixture(params=["valkey_server", "redis_server"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[JobStore]:
    """Jobs of a bench of this test's own, on Valkey and on Redis."""
    server = request.getfixturevalue(request.param)
    store = make_store(tmp_path, server.url, f"test-{uuid.uuid4().hex[:12]}")
    yield store
    wipe(store)
