"""The walls: no circles between rooms, none of more than two files, and names that are only text.

`lint-imports` keeps the storeys (pyproject.toml); the picture of them in CONTRIBUTING.md is drawn
from the code.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

import frappe_celery
from frappe_celery import cli, host, jobs
from frappe_celery.hosts.bench import switch
from frappe_celery.jobs import bridge
from frappe_standalone.documents import controllers
from tests import rooms

tomllib = pytest.importorskip("tomllib", reason="it reads pyproject.toml, from Python 3.11 on")

PACKAGE = Path(frappe_celery.__file__).parent
MODULES = [path for package in rooms.PACKAGES for path in (rooms.SOURCES / package).rglob("*.py")]
PROJECT = tomllib.loads((rooms.HERE / "pyproject.toml").read_text())["project"]

A_NAME = re.compile(r"frappe_(celery|bridge|pages|standalone|check)(\.\w+)+(:\w+)?")
NAMED = {
    # transports, consumer, pool and scheduler, which Celery and kombu import
    "frappe_celery.brokers.redis.transport:Transport",
    "frappe_celery.brokers.redis.transport:SentinelTransport",
    "frappe_celery.worker.remote_control:Control",
    "frappe_celery.watch.celery_events:Dispatcher",
    "frappe_celery.watch.celery_events:Events",
    "frappe_celery.brokers.rabbitmq.transport:Transport",
    "frappe_celery.worker.pool:Autoscaler",
    "frappe_celery.worker.consumer:Consumer",
    "frappe_celery.worker.pool:Pool",
    "frappe_celery.jobs.outbox.tasks:OutboxTask",
    "frappe_celery.beat_schedule:Scheduler",
    "frappe_celery.beat_schedule:DatabaseScheduler",
    # of Celery's one task
    "frappe_celery.worker.task:job_strategy",
    # middleware of the pages' server, which Django imports
    "frappe_pages.navigation.PagesSite",
    "frappe_pages.server.PagesAdminConfig",
    "frappe_pages.server.with_policy",
    # what the standalone host has in memory before it forks
    "frappe_standalone.database.database",
    # in messages that wait
    "frappe_celery.worker.abandoned.aftermath",
    # the room that enters a process of a bench that is not armed
    "frappe_celery.hosts.bench",
    # started as programs
    "frappe_celery.watch.notify",
    # loggers whose errors beat mails
    "frappe_celery.schedule",
    # the URLs of the pages, which Django imports
    "frappe_pages.urls",
    # groups of entry points
    "frappe_celery.commands",
    "frappe_celery.hosts",
    # the former name of a package
    "frappe_celery.hosts.standalone",
    # controllers of our own doctypes
    *controllers._OURS.values(),
}
"""Every text in the package that names a module of its own, or something in one."""
NO_MODULE = {
    *("frappe_celery.run_job", "frappe_celery.document"),
    *("frappe_celery.view_job", "frappe_celery.change_limit", "frappe_celery.E001"),
}
"""Texts that look so: the name of Celery's task, a model, permissions and a check of Django's."""
BROUGHT = re.findall(r'_later\("(.+?)"\)', Path(frappe_celery.__file__).read_text())
ASKED = re.compile(r"\bpart\(\"(.+?)\"\)")
BUILT = [
    switch.ARMED,
    *(
        f"{bridge.PACKAGE}.{name}"
        for path in PACKAGE.rglob("*.py")
        for name in ASKED.findall(path.read_text())
    ),
    *(f"frappe_celery.{path}" for path in BROUGHT),
    *(
        f"{place}:{there}"
        for room in (frappe_celery, jobs)
        for place, there in room._PLACES.values()
    ),
    *(
        f"frappe_celery.commands.{cli.BESIDE.get(name, name)}:{name}"
        for name in cli.COMMANDS
        if name not in cli.IN_OTHER_PACKAGES
    ),
    *PROJECT["scripts"].values(),
    *chain.from_iterable(group.values() for group in PROJECT["entry-points"].values()),
]
"""Names that are put together, and the entry points."""


@pytest.fixture(scope="module")
def imports() -> dict[str, set[str]]:
    return rooms.arrows(rooms.graph())


def test_there_is_no_circle_between_rooms_nor_between_those_within_one(
    imports: dict[str, set[str]],
) -> None:
    for package in rooms.packages(imports):
        inside = rooms.between_rooms(imports, package)
        assert rooms.circle(rooms.joined(inside, rooms.pairs(inside))) is None, package
    for package in rooms.PACKAGES:
        assert rooms.circle(rooms.between_rooms(imports, package)) is None


def test_there_is_no_circle_of_more_than_two_files(imports: dict[str, set[str]]) -> None:
    pairs = rooms.pairs(imports)
    paired = list(chain.from_iterable(pairs))
    assert len(paired) == len(set(paired)), "a module is in two circles"
    assert all(one.rpartition(".")[0] == other.rpartition(".")[0] for one, other in pairs)
    assert rooms.circle(rooms.joined(imports, pairs)) is None


def test_the_graph_has_every_module_and_every_import(imports: dict[str, set[str]]) -> None:
    assert len(imports) == len(MODULES)
    in_a_function = "frappe_celery.hosts.bench.switch"
    for_types_alone = "frappe_celery.celery_app"
    assert {in_a_function, for_types_alone} <= imports["frappe_celery"]


def texts() -> Iterator[str]:
    """Every text of the package that may be a module's name."""
    nodes = chain.from_iterable(ast.walk(ast.parse(path.read_text())) for path in MODULES)
    for node in nodes:
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and A_NAME.fullmatch(text):
            yield text


def test_the_list_of_names_is_whole() -> None:
    assert set(texts()) - NO_MODULE == NAMED


def test_what_another_package_may_import_is_what_it_can() -> None:
    tree = ast.parse((PACKAGE / "host.py").read_text())
    (typed,) = (node for node in tree.body if isinstance(node, ast.If))
    names = [
        alias
        for node in ast.walk(typed)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    assert sorted(alias.asname or alias.name for alias in names) == sorted(host._PLACES)
    for name in host._PLACES:
        assert getattr(host, name) is not None


@pytest.mark.parametrize("name", sorted({*NAMED, *BUILT}))
def test_a_name_leads_to_something(name: str) -> None:
    assert resolved(name) is not None


def resolved(name: str) -> Any:
    """What it names; of a module only where it is, since some need Django to be imported."""
    module, _, attribute = name.partition(":")
    if not attribute:
        with suppress(ModuleNotFoundError):
            spec = find_spec(module)
            if spec is not None:
                return spec
        module, _, attribute = module.rpartition(".")
    return getattr(import_module(module), attribute)


def test_the_picture_is_of_today() -> None:
    page = (rooms.HERE / "CONTRIBUTING.md").read_text()
    assert page == rooms.drawn(page), "draw it anew: python -m tests.rooms"


def test_the_files_that_it_names_are_there() -> None:
    page = (rooms.HERE / "CONTRIBUTING.md").read_text()
    named = set(re.findall(r"`([a-z_]+/[a-z_/]+\.(?:py|lua))`", page))
    assert len(named) > 30
    assert [
        name
        for name in sorted(named)
        if not any((top / name).exists() for top in (PACKAGE, rooms.SOURCES, rooms.HERE))
    ] == []


def test_no_document_is_cited_that_the_repository_lacks() -> None:
    found = [
        path for path in MODULES if re.search("esearch document|[A-Z_]{6,}\\.md", path.read_text())
    ]
    assert not found
