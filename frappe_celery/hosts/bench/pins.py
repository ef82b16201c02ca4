"""Whether Celery's packages and Frappe's pins agree in this environment.

Of Frappe 14's pins those give way that our extra `frappe14` names, to the releases that it names.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

OURS = ("frappe_celery", "celery", "kombu")
EXTRA = "frappe14"


def broken_pins() -> list[str]:
    """One line for each package that Celery needs and Frappe pins, installed in a wrong version."""
    shared = {canonicalize_name(need.name) for package in OURS for need in _needs(package)}
    instead = _instead_of_pins()
    return [
        f"{package} {version(package)} needs {need.name}{need.specifier}, installed is {_has(need)}"
        for package in ("frappe", *OURS)
        for need in (instead.get(str(need), need) for need in _needs(package))
        if canonicalize_name(need.name) in shared and not _is_met(need)
    ]


def gave_way() -> list[str]:
    """One line for each of Frappe 14's pins in whose place another release is installed."""
    return [
        f"Frappe 14 pins {pin}: installed is {_has(need)}, with which it was tried"
        for pin, need in _instead_of_pins().items()
        if _is_met(need)
    ]


def _instead_of_pins() -> dict[str, Requirement]:
    """What stands in place of pins of Frappe 14's."""
    needs = {canonicalize_name(need.name): need for need in _needs(OURS[0], EXTRA) if need.marker}
    return {
        str(pin): needs[name]
        for pin in _needs("frappe")
        if (name := canonicalize_name(pin.name)) in needs and version("frappe").startswith("14.")
    }


def _needs(package: str, extra: str = "") -> Iterator[Requirement]:
    try:
        lines = requires(package) or []
    except PackageNotFoundError:  # on Python's path without having been installed
        return
    for line in lines:
        need = Requirement(line)
        if need.marker is None or need.marker.evaluate({"extra": extra}):
            yield need


def _has(need: Requirement) -> str:
    try:
        return version(need.name)
    except PackageNotFoundError:
        return "none"


def _is_met(need: Requirement) -> bool:
    has = _has(need)
    return has != "none" and (bool(need.url) or need.specifier.contains(has, prereleases=True))
