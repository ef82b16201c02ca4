"""Every Lua script of the package is found, each name once."""

from __future__ import annotations

from pathlib import Path

import frappe_celery
from frappe_celery.jobs import scripts


def test_each_script_has_a_name_of_its_own() -> None:
    files = [*Path(frappe_celery.__file__).parent.rglob("*.lua")]
    assert sorted(path.stem for path in files) == sorted(scripts._FILES)
