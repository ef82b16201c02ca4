"""Not collected: what `test_guard.py` starts, and ends while everything that tests start runs."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from tests.browser import chromium
from tests.project import Project
from tests.servers import MariaDBServer, PostgresServer, RabbitMQServer, RedisServer


def test_that_fails() -> None:
    raise AssertionError("what the summary must show")


def test_that_waits_with_everything_running(
    project: Project,
    redis_server: RedisServer,
    mariadb_server: MariaDBServer,
    postgres_server: PostgresServer,
    rabbitmq_server: RabbitMQServer,
    tmp_path: Path,
) -> None:
    project.worker()
    project.beat()
    subprocess.run("sleep 1234 &", shell=True, start_new_session=True, check=True)
    with chromium(tmp_path):
        Path(os.environ["EVERYTHING_RUNS"]).touch()
        signal.pause()


def test_that_waits_for_its_end() -> None:
    subprocess.run("sleep 1234 &", shell=True, start_new_session=True, check=True)
    Path(os.environ["EVERYTHING_RUNS"]).touch()
    signal.pause()
