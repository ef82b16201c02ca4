"""A project whose broker is RabbitMQ; the jobs' records stay in the tests' Valkey."""

from __future__ import annotations

import pytest

from frappe_celery import settings
from tests.project import Project
from tests.servers import RabbitMQServer


@pytest.fixture
def project(project: Project, rabbitmq_server: RabbitMQServer) -> Project:
    """The `project` of all tests, with `broker_url` set: nothing else differs."""
    project.configure(broker_url=rabbitmq_server.url)
    settings.use(None)
    return project
