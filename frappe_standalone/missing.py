"""What task code is told when it reaches for a part of Frappe that only a Frappe site has.

The errors stay catchable as what Python would have raised: `try: import frappe.desk.x except
ImportError`, `hasattr(frappe, "x")` and `getattr(frappe, "x", default)` go on working.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from frappe_celery.host import NeedsFrappeSite

OF_A_SITE = ("DocType", "Custom Field", "Property Setter", "Server Script", "Workflow")
"""Doctypes whose documents change what a site does; here they would do nothing."""
_FRAPPES = Path(__file__).parent / "namespace" / "frappe" / "doctypes.txt"
"""The names of Frappe's own doctypes, of 15 to 17."""


@cache
def _frappes() -> frozenset[str]:
    return frozenset(_FRAPPES.read_text().splitlines())


def is_frappes(doctype: str) -> bool:
    """Whether a doctype is one that Frappe itself brings."""
    return doctype in _frappes()


class MissingModule(NeedsFrappeSite, ModuleNotFoundError):
    """`import frappe.x` of a module that the standalone host does not have."""


class MissingImport(NeedsFrappeSite, ImportError):
    """`from frappe.x import y` of a name that the standalone host does not have."""


class MissingName(NeedsFrappeSite, AttributeError):
    """`frappe.x.y` of a name that the standalone host does not have."""


def explain(thing: str, note: str = "") -> str:
    """The text of an error that something needs a Frappe site."""
    return (
        f"{thing} needs a Frappe site; the standalone host of frappe_celery does not have it"
        f"{note}. Run this code on a bench, or guard it with try/except"
    )


def missing_module(name: str) -> MissingModule:
    """The error for a module that is not there."""
    return MissingModule(explain(name), name=name)


def missing_import(module: str, name: str) -> MissingImport:
    """The error for a name that `from module import name` asks for.

    That statement swallows an AttributeError and its text.
    """
    return MissingImport(explain(f"{module}.{name}"), name=module)


def missing_attribute(owner: str, name: str) -> MissingName:
    """The error for an attribute that an object of the namespace lacks, for its `__getattr__`."""
    return MissingName(explain(f"{owner}.{name}"))


def not_carried(statement: str, vendor: str, why: str) -> NeedsFrappeSite:
    """The error for a statement of MariaDB's that another database cannot run as it is meant."""
    return NeedsFrappeSite(
        f"{vendor} cannot run this statement as MariaDB would: {why.strip()}\n{statement}\nWrite it"
        " otherwise, or use MariaDB"
    )


def unsupported(what: str) -> NeedsFrappeSite:
    """The error for an argument or a form of a call that the standalone host does not have."""
    return NeedsFrappeSite(explain(what))


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
