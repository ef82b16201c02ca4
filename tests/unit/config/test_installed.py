"""What is there to be imported, as far as sources tell."""

from __future__ import annotations

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
"""


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in (
        ("__init__", ""),
        ("tasks", TASKS),
        ("lazy", "from os import *"),
        ("bad", "("),
    ):
        file = tmp_path / "gone_app" / f"{name}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("path", "gone"),
    [
        *((f"gone_app.tasks.{name}", False) for name in ("plain", "conditional", "made", "codec")),
        ("gone_app.tasks.removed", True),
        ("gone_app.removed.plain", True),
        ("gone_app.lazy.anything", False),
        ("gone_app.bad.plain", False),
        ("app_of_other_machines.tasks.plain", False),
    ],
)
def test_a_method_is_gone_where_its_app_is_here_and_it_is_not(path: str, gone: bool) -> None:
    assert is_gone(path) is gone
