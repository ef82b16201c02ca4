"""A fixture app, and one worker of it that tests share, each with a site of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from frappe_celery.config import settings
from tests.acceptance.desk import Desk, forget_app, install_app, make_site
from tests.acceptance.snippets import LATER
from tests.project import Project
from tests.warm import WarmPython


@pytest.fixture
def app_project(project: Project) -> Project:
    """`project`, its app being tests/fixtures/myapp."""
    install_app(project)
    return project


@pytest.fixture(scope="session")
def office(
    tmp_path_factory: pytest.TempPathFactory, redis_url: str, warm: WarmPython
) -> Iterator[Project]:
    """A project on the fixture app, with a worker of one process for all queues."""
    project = Project(tmp_path_factory.mktemp("office") / "project", redis_url, warm)
    install_app(project)
    project.worker()
    yield project
    project.close()


@pytest.fixture
def desk(
    office: Project, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    """A user on a site of this test's own in `office`; this process is where its code runs."""
    monkeypatch.chdir(office.root)
    monkeypatch.syspath_prepend(str(office.root))
    settings.use(None)
    worker = office.processes[0]
    read = len(worker.output())
    site = make_site(office)
    with Desk.opened(office, site) as desk:
        yield desk
    settings.use(None)
    forget_app()
    print(f"--- {worker.log.name}\n{worker.output()[read:]}")


@pytest.fixture(autouse=True)
def _app_of_this_test_only() -> Iterator[None]:
    yield
    forget_app()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What of the research document no test here runs."""
    ran = {Path(str(report.fspath)).name for report in terminalreporter.getreports("passed")}
    if "test_snippets.py" in ran:
        terminalreporter.section("blocks of the research document that no test runs yet")
        for (heading, number), reason in LATER.items():
            terminalreporter.line(f"{heading} ({number}): {reason}")
