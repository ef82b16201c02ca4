"""A project with tasks of this folder's own, of which the test is a process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from frappe_celery.jobs import JobStore
from tests.integration.benches import forget, inside, worker, write_tasks
from tests.integration.stores import broken
from tests.integration.worker.survive.tasks import TASKS
from tests.project import Process, Project


@pytest.fixture
def store(project: Project) -> Iterator[JobStore]:
    """The project's jobs; at the end all that Redis holds must agree."""
    write_tasks(project)
    project.write("myapp/survive.py", TASKS)
    with inside(project) as store:
        yield store
        assert broken(store) == []


@pytest.fixture(scope="module")
def living(bench: Project) -> Process:
    """A worker of `bench` that a module's tests share: its processes may die, it does not."""
    bench.write("myapp/survive.py", TASKS)
    return worker(bench)


@pytest.fixture
def shared(bench: Project, living: Process, bench_store: JobStore) -> Iterator[JobStore]:
    """The jobs of `living`, with none of the tests before; at the end all must agree."""
    forget(bench, bench_store)
    yield bench_store
    assert broken(bench_store) == []
    assert living.popen.poll() is None
