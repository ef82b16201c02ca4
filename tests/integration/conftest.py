"""A store of each test's own on real servers, and a bench with a worker for each module."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from frappe_celery.config import settings
from frappe_celery.jobs import JobStore, get_store
from tests.integration.benches import inside, write_tasks
from tests.integration.stores import broken, make_store, wipe
from tests.project import Project
from tests.servers import RabbitMQServer
from tests.warm import WarmPython


@pytest.fixture(params=["valkey_server", "redis_server"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[JobStore]:
    """Jobs of a bench of this test's own, on Valkey and on Redis."""
    server = request.getfixturevalue(request.param)
    store = make_store(tmp_path, server.url, f"test-{uuid.uuid4().hex[:12]}")
    yield store
    wipe(store)


@pytest.fixture
def pool_store(project: Project) -> Iterator[JobStore]:
    """The jobs of `project`, of which the test is a process."""
    write_tasks(project)
    with inside(project) as store:
        yield store


@pytest.fixture(scope="module")
def bench(
    tmp_path_factory: pytest.TempPathFactory,
    redis_url: str,
    warm: WarmPython,
    broker: str,
    request: pytest.FixtureRequest,
) -> Iterator[Project]:
    """A project that a module's tests share, with their workers; one for each broker."""
    bench = Project(tmp_path_factory.mktemp("bench"), redis_url, warm)
    if broker == "rabbitmq":
        server: RabbitMQServer = request.getfixturevalue("rabbitmq_server")
        bench.configure(broker_url=server.url)
    write_tasks(bench)
    yield bench
    bench.close()


@pytest.fixture
def bench_store(bench: Project) -> Iterator[JobStore]:
    """The jobs of `bench`, of which the test is a process."""
    with inside(bench) as store:
        yield store


@pytest.fixture
def choose(bench: Project) -> Iterator[Callable[..., JobStore]]:
    """Choose a Frappe version and other options for this process; gives an empty store, in which
    nothing contradicts itself at the end."""
    stores = []

    def chosen(version: int = 15, **options: Any) -> JobStore:
        values = {"frappe_version": version, "bench_id": f"test-{uuid.uuid4().hex[:12]}", **options}
        environ = {f"FRAPPE_CELERY_{name.upper()}": str(v) for name, v in values.items()}
        settings.use(settings.Settings.load(bench.root, environ))
        stores.append(get_store())
        return stores[-1]

    with inside(bench):
        yield chosen
        for store in stores:
            assert broken(store) == []
            wipe(store)
