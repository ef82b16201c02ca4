"""Stands for a name of Frappe's that is not there: importing it works, using it raises.

Real modules import much that the job at hand never calls. A stand-in is a class of exceptions,
since `except`, `isinstance` and `X | None` take nothing else; what it stands for may be anything.
"""

from __future__ import annotations

import functools
import sys
import types
from abc import ABCMeta
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from frappe_celery.host import NeedsFrappeSite
from frappe_standalone.missing import explain, missing_name, noted
from frappe_standalone.namespace import statement

if TYPE_CHECKING:
    from typing import TypeGuard

_BASE = "__absent_base__"


class _Refusing(ABCMeta):  # so that `class X(Absent, ABC)` finds one metaclass for both
    """Refuses every use of its classes but those by which modules are read."""

    def __new__(
        mcs, name: str, bases: tuple[type, ...], body: dict[str, Any], **options: Any
    ) -> type:
        """A `class` statement with a stand-in among its bases: the class raises when made."""
        missing = next(base for base in bases if isinstance(base, _Refusing))
        why = _text(missing)
        real = tuple(base for base in bases if not isinstance(base, _Refusing))
        body = {**body, "__new__": lambda *_args, **_kwargs: _refuse(why), _BASE: missing}
        return types.new_class(name, real, options, lambda namespace: namespace.update(body))

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        why, called = _text(cls), _decorates(sys._getframe(1), full_name(cls))
        if called is None:
            _refuse(why)
        return functools.partial(_decorated, why) if called else _decorated(why, *args)

    def __getattribute__(cls, name: str) -> Any:
        if name.startswith("__"):
            return super().__getattribute__(name)
        frame, full = sys._getframe(1), f"{full_name(cls)}.{name}"
        if (
            statement.instruction(frame) == statement.IMPORT_FROM  # import frappe.a.b as c
            or _decorates(frame, full) is not None
        ):
            return stand_in(full, _where(cls))
        raise missing_name(_text(cls, name))

    def __setattr__(cls, name: str, value: object) -> None:
        raise missing_name(_text(cls, name))

    def __eq__(cls, other: object) -> bool:
        if other is None or isinstance(other, type) or type(other).__module__ == "typing":
            return cls is other
        _refuse(_text(cls))

    __hash__ = ABCMeta.__hash__

    def __instancecheck__(cls, instance: object) -> bool:
        return False

    def __subclasscheck__(cls, subclass: type) -> bool:
        return cls is subclass

    def __repr__(cls) -> str:
        return f"<{full_name(cls)}, which is not there>"

    def __str__(cls) -> str:
        _refuse(_text(cls))

    def _used(cls, *_args: Any) -> NoReturn:
        _refuse(_text(cls))

    __bool__ = __len__ = __iter__ = __contains__ = __getitem__ = __setitem__ = __delitem__ = _used
    __enter__ = __exit__ = __int__ = __float__ = __index__ = __lt__ = __le__ = __gt__ = __ge__ = (
        _used
    )
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __mod__ = _used


def stand_in(name: str, where: str) -> type:
    """One for the thing of that dotted name, imported at that place."""
    module, _, own_name = name.rpartition(".")
    body = {"__absent__": True, "__module__": module, "__imported__": where}
    return type.__new__(_Refusing, own_name, (BaseException,), body)


def is_stand_in(thing: object) -> TypeGuard[_Refusing]:
    """Whether it is one, without using it."""
    return isinstance(thing, _Refusing)


def missing_base(cls: type) -> str:
    """The stand-in that a class is made from, itself or by its bases; '' where there is none."""
    base = getattr(cls, _BASE, None)
    return full_name(base) if base is not None else ""


def full_name(cls: type) -> str:
    """The dotted name that a stand-in stands for."""
    return f"{cls.__module__}.{cls.__name__}"


def _where(cls: type) -> str:
    return str(cls.__dict__["__imported__"])


def _text(cls: type, attribute: str = "") -> str:
    thing = f"{full_name(cls)}.{attribute}" if attribute else full_name(cls)
    return explain(thing, f" ({cls.__name__} is imported in {_where(cls)})")


def _refuse(why: str) -> NoReturn:
    raise noted(NeedsFrappeSite(why))


def _decorates(frame: types.FrameType, name: str) -> bool | None:
    """Whether the frame evaluates it as a decorator: True, when that is called; None: it is not."""
    for thing, names, called in statement.decorators(frame):
        for each in names:
            if is_stand_in(thing):
                thing = stand_in(f"{full_name(thing)}.{each}", "")
            else:
                thing = getattr(thing, each, None)
        if is_stand_in(thing) and full_name(thing) == name:
            return called
    return None


def _decorated(why: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """What a decorator that is not there makes of a function: one that raises when called."""
    return functools.wraps(function)(lambda *_args, **_kwargs: _refuse(why))
