"""A project of two sites, for the commands that look at jobs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from frappe_celery.jobs import JobStore
from tests.integration.benches import inside, write_tasks
from tests.integration.cli import OTHER, SITE
from tests.project import Project


@pytest.fixture
def store(project: Project) -> Iterator[JobStore]:
    write_tasks(project)
    project.write(f"sites/{OTHER}/site_config.json", "{}")
    project.configure(default_site=SITE)
    with inside(project) as store:
        yield store
