"""Every Lua script of the packages is found, each name once."""

from __future__ import annotations

from frappe_bridge.move import moving
from frappe_celery.jobs import scripts
from tests.rooms import PACKAGES, SOURCES


def test_each_script_has_a_name_of_its_own() -> None:
    assert moving.scripts is scripts, "which adds the bridge's"
    files = [path for package in PACKAGES for path in (SOURCES / package).rglob("*.lua")]
    assert sorted(path.stem for path in files) == sorted(scripts._FILES)
