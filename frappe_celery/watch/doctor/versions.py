"""Which versions run here, and whether their demands on each other are met."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from frappe_celery import __version__
from frappe_celery.hosts.bench.pins import broken_pins
from frappe_celery.watch.doctor.report import Section

SHOWN = ("celery", "kombu", "redis", "croniter", "Django", "frappe")


def check() -> Section:
    """Packages as they are installed, and every pin that is broken."""
    section = Section("versions")
    found = {"frappe_celery": __version__, "python": platform.python_version()}
    for package in SHOWN:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    section.rows.append(found)
    for line in broken_pins():
        section.warn(line, "install what both admit; `pip check` tells more")
    return section
