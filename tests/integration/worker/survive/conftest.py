"""A project with tasks of this folder's own, of which the test is a process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from frappe_celery.jobs import JobStore
from tests.integration.benches import inside, write_tasks
from tests.integration.stores import broken
from tests.integration.worker.survive.tasks import TASKS
from tests.project import Project


@pytest.fixture
def store(project: Project) -> Iterator[JobStore]:
    """The project's jobs; at the end all that Redis holds must agree."""
    write_tasks(project)
    project.write("myapp/survive.py", TASKS)
    with inside(project) as store:
        yield store
        assert broken(store) == []
