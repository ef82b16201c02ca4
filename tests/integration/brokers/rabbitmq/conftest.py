"""A project whose broker is RabbitMQ; the jobs' records stay in the tests' Valkey."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from frappe_celery.config import settings
from frappe_celery.jobs import JobStore, get_store
from tests.integration.stores import broken
from tests.project import Project
from tests.servers import RabbitMQServer


@pytest.fixture
def project(project: Project, rabbitmq_server: RabbitMQServer) -> Project:
    """The `project` of all tests, with `broker_url` set: nothing else differs."""
    project.configure(broker_url=rabbitmq_server.url)
    settings.use(None)
    return project


@pytest.fixture
def store(project: Project) -> Iterator[JobStore]:
    """The project's jobs; at the end all that Redis holds must agree."""
    store = get_store()
    yield store
    assert broken(store) == []
