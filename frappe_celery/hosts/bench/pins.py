"""Whether Celery's packages and Frappe's pins agree in this environment: in v14 they cannot."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

OURS = ("frappe_celery", "celery", "kombu")


def broken_pins() -> list[str]:
    """One line for each package that Celery needs and Frappe pins, installed in a wrong version."""
    shared = {canonicalize_name(need.name) for package in OURS for need in _needs(package)}
    return [
        f"{package} {version(package)} needs {need.name}{need.specifier}, installed is {_has(need)}"
        for package in ("frappe", *OURS)
        for need in _needs(package)
        if canonicalize_name(need.name) in shared and not _is_met(need)
    ]


def _needs(package: str) -> Iterator[Requirement]:
    try:
        lines = requires(package) or []
    except PackageNotFoundError:  # on Python's path without having been installed
        return
    for line in lines:
        need = Requirement(line)
        if need.marker is None or need.marker.evaluate({"extra": ""}):
            yield need


def _has(need: Requirement) -> str:
    try:
        return version(need.name)
    except PackageNotFoundError:
        return "none"


def _is_met(need: Requirement) -> bool:
    has = _has(need)
    return has != "none" and (bool(need.url) or need.specifier.contains(has, prereleases=True))
