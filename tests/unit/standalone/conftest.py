"""A site of the standalone host on an SQLite file of the test's own; no server is needed."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.db.backends.signals import connection_created

from frappe_celery.config import settings
from frappe_celery.config.settings import Settings
from frappe_standalone.documents import meta
from frappe_standalone.local import local
from frappe_standalone.namespace import importer
from frappe_standalone.site import app_hooks
from frappe_standalone.site.context import connect, destroy, init

importer.install()

Write = Callable[[str, str], Path]
AddDoctype = Callable[..., None]


@contextmanager
def project_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder with the app `myapp` in it, which is this process's project for the block."""
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    (folder / "myapp").mkdir()
    (folder / "myapp" / "__init__.py").touch()
    (folder / "myapp" / "hooks.py").write_text('app_name = "myapp"\n')
    before = set(sys.modules)
    yield
    settings.use(None)
    app_hooks.forget()
    meta.forget()
    for name in set(sys.modules) - before:
        if name.partition(".")[0].startswith("myapp"):
            del sys.modules[name]


@pytest.fixture
def connections_opened() -> Iterator[list[str]]:
    """Django's names of the databases that the test has connected to, in whichever thread."""
    opened: list[str] = []

    def note(connection: Any, **_: Any) -> None:
        opened.append(connection.alias)

    connection_created.connect(note)
    yield opened
    connection_created.disconnect(note)


@pytest.fixture(autouse=True)
def asks_none(request: pytest.FixtureRequest, connections_opened: list[str]) -> Iterator[None]:
    """What is marked `no_database`, and so does not run on servers, asks none here."""
    yield
    if request.node.get_closest_marker("no_database"):
        assert not connections_opened, "asks a database: it is not to be marked `no_database`"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project's folder, without `sites`, that the process's settings point to."""
    with project_folder(tmp_path, monkeypatch):
        settings.use(Settings.load(root=tmp_path, environ={"FRAPPE_CELERY_APPS": '["myapp"]'}))
        yield tmp_path


@pytest.fixture
def frappe(root: Path) -> Iterator[Any]:
    """The `frappe` module, on the default site as Administrator."""
    import frappe as module

    with local.apart():
        init(settings.current().site)
        connect()
        yield module
        destroy()


@pytest.fixture
def write(root: Path) -> Callable[[str, str], Path]:
    """Writes a file of the project; the app is `myapp`, its hooks and doctypes are read anew."""

    def write_file(path: str, text: str = "") -> Path:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        for folder in file.parents:
            if folder == root:
                break
            (folder / "__init__.py").touch()
        file.write_text(textwrap.dedent(text))
        app_hooks.forget()
        meta.forget()
        return file

    return write_file


@pytest.fixture
def module() -> ModuleType:
    """`frappe` for tests that need no site."""
    import frappe as served

    return served


@pytest.fixture
def add_doctype(write: Write) -> AddDoctype:
    """Writes a doctype's description, and its controller where there is one."""

    def write_doctype(name: str, *fields: dict[str, Any], code: str = "", **more: Any) -> None:
        folder = f"myapp/crew/doctype/{name.lower().replace(' ', '_')}"
        described = {"doctype": "DocType", "name": name, "fields": list(fields), **more}
        stem = folder.rpartition("/")[2]
        write(f"{folder}/{stem}.json", json.dumps(described))
        if code:
            write(f"{folder}/{stem}.py", code)

    return write_doctype


def field(fieldname: str, fieldtype: str = "Data", **more: Any) -> dict[str, Any]:
    return {"fieldname": fieldname, "fieldtype": fieldtype, "label": fieldname.title(), **more}
