"""What is there to be imported, as far as sources tell."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from frappe_celery.config.installed import is_gone

TASKS = """
import json as codec
from os import path
raise_when_imported = 1 / 0
def plain(): ...
if plain:
    def conditional(): ...
made = staticmethod(plain)
class Typed: inner = 1
try:
    typed: int
except Exception:
    fallen_back = lambda argument: argument
async def awaited(): local = 1
for looped in (): pass
with open(__file__) as opened: pass
if (walrus := 1): pass
"""
BOUND = (
    *("plain", "conditional", "made", "codec", "path", "Typed", "typed", "fallen_back"),
    *("awaited", "looped", "opened", "walrus"),
)


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in (
        ("__init__", ""),
        ("tasks", TASKS),
        ("lazy", "from os import *"),
        ("latin", "# coding: latin-1\nnamed = 'ä'"),
        ("bad", "("),
    ):
        file = tmp_path / "gone_app" / f"{name}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="latin-1")
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop("gone_app", None)  # an earlier test's, whose folder is gone


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("path", "gone"),
    [
        *((f"gone_app.tasks.{name}", False) for name in BOUND),
        *((f"gone_app.tasks.{name}", True) for name in ("json", "inner", "local", "argument")),
        ("gone_app.tasks.removed", True),
        ("gone_app.removed.plain", True),
        ("gone_app.lazy.anything", False),
        ("gone_app.bad.plain", False),
        ("gone_app.latin.named", False),
        ("app_of_other_machines.tasks.plain", False),
    ],
)
def test_a_method_is_gone_where_its_app_is_here_and_it_is_not(path: str, gone: bool) -> None:
    assert is_gone(path) is gone
