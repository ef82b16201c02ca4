"""The code in the documentation does what the page says: its files are an app, the rest is run.

The README's is run by `test_readme`. Marks in the pages: see `documentation`. A job that fails, and
that the page does not look at, is an error.
"""

from __future__ import annotations

import ast
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import frappe
import pytest

from frappe_celery.config import settings
from frappe_celery.config.option_defaults import KEYS
from frappe_celery.config.settings import Settings
from frappe_celery.jobs import Job, JobStatus, get_store, hosts
from frappe_celery.jobs.hosts import ScheduleRow
from frappe_celery.jobs.limits.rules import configured
from frappe_celery.schedule.events import import_problems, read_hooks
from frappe_celery.watch.notify.mail_config import MailConfig
from tests.acceptance.desk import USER, forget_app, make_site
from tests.acceptance.documentation import DOCS, Block, blocks
from tests.project import Project
from tests.waiting import wait_until
from tests.warm import WarmPython

PAGES = [
    DOCS / "jobs.md",
    DOCS / "many-sites.md",
    DOCS / "parts.md",
    DOCS / "resumable.md",
    DOCS / "unique.md",
    *sorted((DOCS / "reference").glob("*.md")),
]
APP = Path(__file__).parents[1] / "fixtures" / "documentation"
HOOKS = "myapp/hooks.py"
CONFIG = {
    "workers": {
        "exports": {"timeout": 5000},
        "priority": {"timeout": 60},
        "imports": {"timeout": 3600, "idempotent": True},
    }
}
"""What the page about queues has in its configuration."""
METHOD = re.compile(r"myapp(\.\w+)+")

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


@pytest.fixture(scope="module")
def app(
    tmp_path_factory: pytest.TempPathFactory, redis_url: str, warm: WarmPython
) -> Iterator[Project]:
    """A project whose app has the files of all pages, and a worker of it."""
    project = Project(tmp_path_factory.mktemp("pages") / "project", redis_url, warm)
    project.configure(**CONFIG)
    shutil.copytree(APP, project.root, dirs_exist_ok=True)
    for block in (block for page in PAGES for block in blocks(page)):
        if block.file and block.file != HOOKS and not block.not_run:
            _add(project.root / block.file, block.text)
    project.worker("-c", "2")
    yield project
    project.close()


def _add(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    folder = file.parent
    while not (folder / "__init__.py").exists() and folder.name != "project":
        (folder / "__init__.py").touch()
        folder = folder.parent
    with file.open("a") as existing:
        existing.write(f"\n\n{text}")


@pytest.fixture
def site(app: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A new site of the project, in which this process is as a user."""
    monkeypatch.chdir(app.root)
    monkeypatch.syspath_prepend(str(app.root))
    settings.use(None)
    _install_hooks(app, (APP / HOOKS).read_text())
    name = make_site(app)
    with hosts.current().in_site(name, USER):
        yield name
    settings.use(None)
    forget_app()
    print(f"--- worker\n{app.processes[0].output()}")


@every_page
def test_the_python_of_a_page_does_what_it_says(page: Path, app: Project, site: str) -> None:
    looked_at: set[Job] = set()
    names: dict[str, Any] = {"__name__": "page", "frappe": frappe, "jobs": _jobs}
    for block in blocks(page):
        if block.language != "python":
            continue
        _names_that_exist(block)
        if block.not_run:
            _imports(block)
        elif block.file == HOOKS:
            _install_hooks(app, block.code)
            names["entry"] = _entries(site).__getitem__
        elif not block.file:
            _run(block, names)
        for check in block.checks:
            wait_until(lambda check=check: _holds(check, names), what=f"{block.line}: {check}")
        looked_at.update(value for value in names.values() if isinstance(value, Job))
    wait_until(lambda: not _jobs("queued", "started"), what="all jobs ended")
    ended = {get_store().fetch(job.id) for job in _jobs("failed")}  # of repeated ones the last run
    failed = [job for job in ended if job.is_failed and job not in looked_at]
    assert not failed, "\n".join(f"{job.method}: {job.exc_info}" for job in failed)


def _holds(check: str, names: dict[str, Any]) -> Any:
    """Whether it is so; not yet where it asks about what no job has inserted."""
    try:
        return eval(check, names)
    except frappe.DoesNotExistError:
        return False


def _jobs(*statuses: str) -> list[Job]:
    """The site's jobs, those of some statuses or all."""
    wanted = [JobStatus(status) for status in statuses] or list(JobStatus)
    return get_store().page(site=frappe.local.site, statuses=wanted, length=100)


def _run(block: Block, names: dict[str, Any]) -> None:
    code = compile(block.code, str(block.page), "exec")
    if not block.raises:
        exec(code, names)
        frappe.db.commit()
        return
    kind, _, text = block.raises.partition(": ")
    with pytest.raises(Exception, match=re.escape(text)) as raised:
        exec(code, names)
    assert raised.type.__name__ == kind


def _install_hooks(app: Project, code: str) -> None:
    (app.root / HOOKS).write_text(code)
    forget_app()


def _entries(site: str) -> dict[str, ScheduleRow]:
    """The schedule that the app's hooks make, by method; nothing in them is wrong."""
    host = hosts.current()
    rows, problems = read_hooks(host.app_hooks(site), settings.current(), site)
    problems += import_problems(host, rows)
    assert not problems, problems
    return {row.method: row for row in rows}


def _names_that_exist(block: Block) -> None:
    """A dotted path of the app's, written as a text, leads to something."""
    for node in ast.walk(ast.parse(block.code)):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and METHOD.fullmatch(text):
            hosts.current().get_attr(text)


def _imports(block: Block) -> None:
    nodes = [
        n for n in ast.walk(ast.parse(block.code)) if isinstance(n, (ast.Import, ast.ImportFrom))
    ]
    exec(compile(ast.Module(nodes, []), str(block.page), "exec"), {})


@every_page
def test_the_configuration_in_a_page_can_be_followed(page: Path, tmp_path: Path) -> None:
    for block in blocks(page):
        if block.language != "json" or block.not_run:
            continue
        values = json.loads(block.text)
        (tmp_path / "sites").mkdir(exist_ok=True)
        (tmp_path / "sites" / "common_site_config.json").write_text(block.text)
        config = Settings.load(tmp_path, environ={})
        options = KEYS.keys() | {"monitor", "installed_apps"}
        assert not values.keys() - options, f"{page.name}:{block.line}"
        MailConfig.of(config)
        configured(config)
