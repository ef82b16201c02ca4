"""What task code is told when it reaches for a part of Frappe that only a Frappe site has.

The errors stay catchable as what Python would have raised: `try: import frappe.desk.x except
ImportError`, `hasattr(frappe, "x")` and `getattr(frappe, "x", default)` go on working.
"""

from __future__ import annotations

import dis
import sys

from frappe_celery.errors import NeedsFrappeSite

_IMPORT_FROM = dis.opmap["IMPORT_FROM"]


class MissingModule(NeedsFrappeSite, ModuleNotFoundError):
    """`import frappe.x` of a module that the standalone host does not have."""


class MissingImport(NeedsFrappeSite, ImportError):
    """`from frappe.x import y` of a name that the standalone host does not have."""


class MissingName(NeedsFrappeSite, AttributeError):
    """`frappe.x.y` of a name that the standalone host does not have."""


def _explain(thing: str) -> str:
    return (
        f"{thing} needs a Frappe site; the standalone host of frappe_celery does not have it."
        " Run this code on a bench, or guard it with try/except"
    )


def missing_module(name: str) -> MissingModule:
    """The error for a module that is not there."""
    return MissingModule(_explain(name), name=name)


def missing_name(module: str, name: str) -> NeedsFrappeSite:
    """The error for a name that a module lacks; for `importer.look_up`, under `__getattr__`.

    `from module import name` swallows an AttributeError and its text, so that statement, told by
    the instruction that the caller stands at, gets the ImportError itself.
    """
    thing = f"{module}.{name}"
    caller = sys._getframe(3)
    if caller.f_lasti >= 0 and caller.f_code.co_code[caller.f_lasti] == _IMPORT_FROM:
        return MissingImport(_explain(thing), name=module)
    return MissingName(_explain(thing))


def missing_attribute(owner: str, name: str) -> MissingName:
    """The error for an attribute that an object of the namespace lacks, for its `__getattr__`."""
    return MissingName(_explain(f"{owner}.{name}"))


def unsupported(what: str) -> NeedsFrappeSite:
    """The error for an argument or a form of a call that the standalone host does not have."""
    return NeedsFrappeSite(_explain(what))
