"""Here no test starts a program: tests that do, or whose fixtures do, are in tests/integration."""

from __future__ import annotations

import subprocess
from typing import Any

import croniter  # noqa: F401 (which asks the program `file` about Python, when it is imported)
import pytest

STARTED = frozenset(
    {
        *("warm", "project", "valkey_server", "redis_server", "own_redis"),
        *("mariadb_server", "postgres_server", "rabbitmq_server"),
    }
)


def _refuse(_: object, command: Any, *args: Any, **options: Any) -> None:
    pytest.fail(f"a unit test starts {command}: move it to tests/integration")


@pytest.fixture(autouse=True)
def _alone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    started = STARTED.intersection(request.fixturenames)
    if started:
        pytest.fail(f"a unit test asks for {', '.join(started)}: move it to tests/integration")
    monkeypatch.setattr(subprocess.Popen, "__init__", _refuse)
