"""Packages that only some names need: imported when such a name is used."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def required(package: str, what: str) -> Any:
    """The package's module.

    Raises:
        ImportError: it is not installed; says what wants it.
    """
    try:
        return import_module(package)
    except ModuleNotFoundError as exc:
        if exc.name != package.partition(".")[0]:
            raise
        raise ImportError(
            f"frappe's {what} needs the package {exc.name}, which is not installed:"
            f" pip install {exc.name}",
            name=exc.name,
        ) from None
