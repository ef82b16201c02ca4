"""What task code is told when it reaches for a part of Frappe that only a Frappe site has.

The errors stay catchable as what Python would have raised: `try: import frappe.desk.x except
ImportError`, `hasattr(frappe, "x")` and `getattr(frappe, "x", default)` go on working.
"""

from __future__ import annotations

import dis
import inspect
import linecache
import sys
from collections.abc import Callable
from functools import cache, wraps
from importlib import import_module
from inspect import Parameter
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

import celery.local

from frappe_celery.host import NeedsFrappeSite, current_job

OF_A_SITE = ("DocType", "Custom Field", "Property Setter", "Server Script", "Workflow")
"""Doctypes whose documents change what a site does; here they would do nothing."""
_FRAPPES = Path(__file__).parent / "namespace" / "frappe" / "doctypes.txt"
"""The names of Frappe's own doctypes, of 15 to 17."""
_NEEDS = " needs a Frappe site"
_OWN = (str(Path(__file__).parent), celery.local.__file__)
"""Files whose frames stand between an object of the namespace and who reads its attribute."""
_LOAD_ATTR, _LOAD_METHOD = dis.opmap["LOAD_ATTR"], dis.opmap.get("LOAD_METHOD")
_IS_BOTH = sys.version_info >= (3, 12)
"""Whether the first is for methods too, as its argument tells."""
ANY = object()
"""For `lacks`: what the argument is changes nothing here."""
Error = TypeVar("Error", bound=NeedsFrappeSite)
Function = TypeVar("Function", bound=Callable[..., Any])


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
        f"{thing}{_NEEDS}; the standalone host of frappe_celery does not have it"
        f"{note}. Run this code on a bench, or guard it with try/except"
    )


def noted(error: Error, thing: str = "") -> Error:
    """The error, whose thing is kept beside the running job: that may catch it and finish."""
    job = current_job()
    if job is not None:
        job.note_lacked(thing or str(error).partition(_NEEDS)[0])
    return error


def missing_module(name: str, is_expected: bool = False) -> MissingModule:
    """The error for a module that is not there."""
    error = MissingModule(explain(name), name=name)
    return error if is_expected else noted(error)


def missing_import(module: str, name: str, is_expected: bool = False) -> MissingImport:
    """The error for a name that `from module import name` asks for.

    That statement swallows an AttributeError and its text.
    """
    error = MissingImport(explain(f"{module}.{name}"), name=module)
    return error if is_expected else noted(error)


def missing_attribute(owner: str, name: str) -> MissingName:
    """The error for an attribute that an object of the namespace lacks, for its `__getattr__`."""
    return missing_name(explain(f"{owner}.{name}"))


def missing_name(text: str) -> MissingName:
    """The error of that text, for a `__getattr__`."""
    return noted(MissingName(text)) if asked_how() in ("read", "call") else MissingName(text)


def is_ours(frame: FrameType) -> bool:
    """Whether it is none of an app's code."""
    return frame.f_code.co_filename.startswith(_OWN)


def asked_how() -> str:
    """How code asks for an attribute: `read`, `call` of a method, `hasattr`; '' : another way."""
    frame = sys._getframe(1)
    while is_ours(frame) and frame.f_back is not None:
        frame = frame.f_back
    operation, argument = frame.f_code.co_code[frame.f_lasti : frame.f_lasti + 2]
    if operation == _LOAD_ATTR:
        return "call" if _IS_BOTH and argument & 1 else "read"
    if operation == _LOAD_METHOD:
        return "call"
    line = linecache.getline(frame.f_code.co_filename, frame.f_lineno)
    return "hasattr" if "hasattr(" in line else ""


def not_carried(statement: str, vendor: str, why: str) -> NeedsFrappeSite:
    """The error for a statement of MariaDB's that another database cannot run as it is meant."""
    return noted(
        NeedsFrappeSite(
            f"{vendor} cannot run this statement as MariaDB would: {why.strip()}\n{statement}\n"
            "Write it otherwise, or use MariaDB"
        ),
        f"a statement that {vendor} cannot run as MariaDB would",
    )


def not_described(doctype: str) -> NeedsFrappeSite:
    """The error for a doctype of Frappe's own that is not here."""
    way_out = "" if doctype in OF_A_SITE else "; an app that describes it has its documents here"
    return unsupported(f"{doctype}, a doctype of Frappe's own,", way_out)


def unsupported(what: str, note: str = "") -> NeedsFrappeSite:
    """The error for an argument or a form of a call that the standalone host does not have."""
    return noted(NeedsFrappeSite(explain(what, note)))


def lacks(**defaults: Any) -> Callable[[Function], Function]:
    """Decorator: Frappe's further arguments, which are refused by name unless at their defaults."""

    def decorate(function: Function) -> Function:
        own = inspect.signature(function)
        rest = [each for each in own.parameters.values() if each.kind > each.POSITIONAL_OR_KEYWORD]
        before = [each for each in own.parameters.values() if each not in rest]
        kind = Parameter.KEYWORD_ONLY if rest else Parameter.POSITIONAL_OR_KEYWORD
        more = [Parameter(name, kind, default=default) for name, default in defaults.items()]
        at, names = len(before), () if rest else tuple(defaults)

        @wraps(function)
        def called(*args: Any, **kwargs: Any) -> Any:
            given = dict(zip(names, args[at:], strict=False))
            given |= {name: kwargs.pop(name) for name in defaults.keys() & kwargs.keys()}
            for name, value in given.items():
                default = defaults[name]
                if default is not ANY and value != default and (value or default):
                    raise unsupported(f"{function.__name__}({name}=…)")
            return function(*args[:at], *args[at + len(names) :], **kwargs)

        called.__signature__ = own.replace(parameters=[*before, *rest, *more])  # type: ignore[attr-defined]
        return called  # type: ignore[return-value]

    return decorate


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
