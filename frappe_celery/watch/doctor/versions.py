"""Which versions run here, and whether their demands on each other are met."""

from __future__ import annotations

import platform
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version

from frappe_celery.watch.doctor.installation import Installation
from frappe_celery.watch.doctor.report import Section

SHOWN = ("celery", "kombu", "redis", "croniter", "Django", "frappe")


def check(section: Section, here: Installation) -> None:
    """Packages as they are installed, and every pin that is broken."""
    found = {"frappe_celery": here.version, "python": platform.python_version()}
    for package in SHOWN:
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    section.row(**found)
    for line in here.broken_pins:
        section.warn(line, "install what both admit; `pip check` tells more")
