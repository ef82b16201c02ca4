"""A project whose failures are mailed to a real SMTP server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from frappe_celery.jobs import JobStore
from tests.integration.benches import inside, write_tasks
from tests.mailbox import Mailbox
from tests.project import Project


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A mail server without encryption and login, as the one on port 25 of a machine is."""
    with Mailbox().open() as mailbox:
        yield mailbox


@pytest.fixture
def store(project: Project, mailbox: Mailbox) -> Iterator[JobStore]:
    """The jobs of `project`, whose failures are mailed to `mailbox`."""
    project.configure(celery_error_emails=mailbox.configuration())
    write_tasks(project)
    with inside(project) as store:
        yield store
