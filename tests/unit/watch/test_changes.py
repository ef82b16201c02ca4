"""The newest change of the apps' code, whatever the configuration names beside it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from frappe_celery.config.settings import Settings
from frappe_celery.watch.doctor.workers import newest_change


def test_a_name_that_is_no_package_hides_no_change(tmp_path: Path) -> None:
    config = replace(Settings.load(tmp_path, {}), job_modules=["", "nowhere.tasks", "celery"])
    assert newest_change(config).file.endswith(".py")
