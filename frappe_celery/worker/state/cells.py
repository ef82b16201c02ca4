"""One thing that can hold what a job left, and how it was: a container, the names of a module, the
parts of a function.

What it holds is compared by identity, unchangeable built-ins as exactly as Python writes them, and
never copied: it may be anything, also something that cannot be compared.
"""

from __future__ import annotations

import sys
from array import array
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Context, Decimal
from operator import eq, is_
from queue import SimpleQueue
from threading import Lock, RLock
from types import CellType, FunctionType, MemberDescriptorType, ModuleType
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary, WeakSet, WeakValueDictionary

MISSING = object()
PYTHONS = {
    *("__abstractmethods__", "__annotate__", "__annotate_func__", "__annotations__"),
    *("__annotations_cache__", "__builtins__", "__cached__", "__conditional_annotations__"),
    *("__dict__", "__loader__", "__path__", "__slotnames__", "__spec__", "__static_attributes__"),
    *("__warningregistry__", "__weakref__"),
}
"""Names in modules and classes that are Python's own: it sets some when it needs them."""
WRITTEN = {bool, bytes, complex, date, datetime, Decimal, float, int, str, time, timedelta}
"""Types whose values are the same where they are written the same: 1.0 is neither 1 nor 1.00."""
CONTEXT = ("prec", "rounding", "Emin", "Emax", "capitals", "clamp")
"""What a context of `decimal` is set to, in the order in which one is made of it."""


def _key(value: Any) -> Any:
    """What it has in common with nothing that code could tell from it."""
    kind = type(value)
    if kind is tuple or kind is frozenset:
        return kind, kind(map(_key, value))
    return (kind, repr(value)) if kind in WRITTEN else id(value)


def _are_alike(now: Any, before: Any) -> bool:
    if len(now) != len(before):
        return False
    if type(before) is set:
        return {*map(_key, now)} == {*map(_key, before)}
    if type(before) is dict:
        if all(map(is_, now.values(), before.values())) and all(map(is_, now, before)):
            return True
        now, before = [*now, *now.values()], [*before, *before.values()]
    return all(map(is_, now, before)) or [*map(_key, now)] == [*map(_key, before)]


def are_alike(now: Any, before: Any) -> bool:
    """Whether one thing is another, or what nothing could tell from it."""
    return now is before or _key(now) == _key(before)


class Kind(NamedTuple):
    """How things of a type are read and written."""

    read: Callable[[Any], Any]
    """A copy of what stands in one: a list or the like, a set, a dictionary, a tuple of parts."""
    write: Callable[[Any, Any], object]
    """Has the same stand in it as in the copy."""
    are_alike: Callable[[Any, Any], bool] = _are_alike
    """Whether two copies are."""
    is_container: bool = False
    """Whether Python compares one with its copy, and knows its size."""


def _container(kind: Any, read: Callable[[Any], Any]) -> Kind:
    add = getattr(kind, "update", None) or kind.extend

    def write(value: Any, before: Any) -> None:
        kind.clear(value)  # not its own, which may do more
        add(value, before)

    return Kind(read, write, is_container=True)


def _of_parts(*parts: Any) -> Kind:
    """Of what has these descriptors."""

    def content(value: Any, part: Any) -> Any:
        try:
            return part.__get__(value)
        except (AttributeError, ValueError):  # it is empty
            return MISSING

    def write(value: Any, before: Any) -> None:
        for part, was in zip(parts, before, strict=True):
            if was is not MISSING:
                part.__set__(value, was)
            elif content(value, part) is not MISSING:
                part.__delete__(value)

    return Kind(lambda value: tuple([content(value, part) for part in parts]), write)


def _write_function(function: Any, before: Any) -> None:
    function.__code__, function.__defaults__, function.__kwdefaults__, attributes = before
    function.__dict__ = {} if attributes is None else attributes


def settings_of(context: Context) -> tuple[Any, ...]:
    """What it is made of; the flags tell only of what was computed."""
    _, (*settings, _, traps) = context.__reduce__()
    return *settings, [], traps


def _set_context(context: Context, before: tuple[Any, ...]) -> None:
    for name, value in zip(CONTEXT, before, strict=False):
        setattr(context, name, value)
    context.traps = {signal: signal in before[-1] for signal in context.traps}


def _empty(queue: Any, before: Any) -> None:
    if before != (0,):
        raise ValueError("what was in it is not known")
    while not queue.empty():
        queue.get_nowait()


def _is_held(lock: Any) -> tuple[bool]:
    return ((getattr(lock, "_is_owned", None) or lock.locked)(),)


def _release(lock: Any, before: Any) -> None:
    raise ValueError("it is a lock that no thread holds, or one that it held is free")


def _references(value: Any) -> dict[int, Any]:
    """Those in a weak dictionary or set, which are held, unlike what they refer to."""
    references = value.valuerefs() if isinstance(value, WeakValueDictionary) else [*value.data]
    return {id(reference): reference for reference in references}


def _forget_references(weak: Any, before: Any) -> None:
    for reference in [one for number, one in _references(weak).items() if number not in before]:
        key = getattr(reference, "key", reference)
        weak.data.discard(key) if isinstance(weak.data, set) else weak.data.pop(key, None)


NAMES = _container(dict, dict)
FUNCTION = Kind(  # its attributes are a container, if it has some
    lambda it: (it.__code__, it.__defaults__, it.__kwdefaults__, it.__dict__ or None),
    _write_function,
)
DICTIONARY = Kind(
    lambda owner: (object.__getattribute__(owner, "__dict__"),),
    lambda owner, before: object.__setattr__(owner, "__dict__", *before),
)
"""Of an object that another one was set for its own."""
FACTORY = _of_parts(vars(defaultdict)["default_factory"])
WEAK = (WeakKeyDictionary, WeakSet, WeakValueDictionary)
KINDS: dict[type, Kind] = {
    OrderedDict: _container(OrderedDict, dict),
    dict: _container(dict, dict.copy),
    set: _container(set, set),
    list: _container(list, list.copy),
    deque: _container(deque, lambda value: deque(value, value.maxlen)),
    bytearray: _container(bytearray, bytearray),
    array: Kind(lambda value: value[:], lambda value, was: value.__setitem__(slice(None), was)),
    CellType: _of_parts(vars(CellType)["cell_contents"]),
    FunctionType: FUNCTION,
    Context: Kind(settings_of, _set_context, eq),
    **dict.fromkeys((type(Lock()), type(RLock())), Kind(_is_held, _release)),
    SimpleQueue: Kind(lambda value: (value.qsize(),), _empty),
    **dict.fromkeys(
        WEAK, Kind(_references, _forget_references, lambda now, before: now.keys() <= before.keys())
    ),
}


def slots_of(of: type) -> Kind | None:
    """How the `__slots__` of a class's objects are read and written; None: it has none."""
    bases = [vars(base).values() for base in of.__mro__ if "__slots__" in vars(base)]
    slots = [part for parts in bases for part in parts if type(part) is MemberDescriptorType]
    return _of_parts(*slots) if slots else None


class Cell:
    """What holds something that can be another after a job."""

    __slots__ = ("before", "kind", "name", "value")

    def __init__(self, name: str, value: Any, kind: Kind = KINDS[dict]) -> None:
        self.name, self.value, self.kind = name, value, kind
        self.before = self.copy()

    def copy(self) -> Any:
        """A shallow copy of how it is now."""
        return self.kind.read(self.value)

    def differs(self) -> bool:
        """Whether it is not as it was."""
        try:
            return not self.kind.are_alike(self.kind.read(self.value), self.before)
        except Exception:  # of what stands in it now
            return True

    def put_back(self) -> None:
        """Make it as it was: others hold the object itself."""
        self.kind.write(self.value, self.before)

    def adopt(self, earlier: Any) -> None:
        """Have what an import changed since it was like `earlier` belong to how it was."""
        now = self.copy()
        if isinstance(now, set):
            self.before -= earlier - now
            self.before |= now - earlier
        elif isinstance(now, dict):
            for key in earlier.keys() - now.keys():
                self.before.pop(key, None)
            for key, value in now.items():
                if earlier.get(key, MISSING) is not value:
                    self.before[key] = value
        elif isinstance(now, tuple):
            parts = zip(now, earlier, self.before, strict=True)
            self.before = tuple(was if new is old else new for new, old, was in parts)
        elif [*now][: len(earlier)] == [*earlier]:
            self.before.extend([*now][len(earlier) :])


class Names(Cell):
    """The names of a module or a class.

    Args:
        owner: whose they are.
        is_kept: whether one, by its dotted name, may stay as a job left it.
    """

    __slots__ = ("is_kept", "owner")

    def __init__(self, name: str, owner: Any, is_kept: Callable[[str], object]) -> None:
        self.owner = owner
        self.is_kept = is_kept
        super().__init__(name, vars(owner), NAMES)

    def differs(self) -> bool:
        """Whether one is not as it was."""
        return super().differs() and bool(self.changed())

    def changed(self) -> list[str]:
        """Those that are not as they were. What Python itself keeps there is adopted, and so are
        the modules in a package."""
        now: dict[str, Any] = self.copy()
        changed = []
        for name in {**self.before, **now}:
            value = now.get(name, MISSING)
            if are_alike(value, self.before.get(name, MISSING)):
                continue
            dotted = f"{self.name}.{name}"
            is_module = issubclass(type(value), ModuleType) and sys.modules.get(dotted) is value
            if name in PYTHONS or is_module or self.is_kept(dotted):
                self.before.pop(name, None)
                if value is not MISSING:
                    self.before[name] = value
            else:
                changed.append(name)
        self.before = self.before if changed else now
        return changed

    def put_back(self) -> None:
        for name in self.changed():
            if name in self.before:
                setattr(self.owner, name, self.before[name])
            else:
                delattr(self.owner, name)


def cell_of(name: str, value: Any) -> Cell | None:
    """The cell of a container and the like; None: it cannot be changed, or has attributes alone."""
    kind = next((KINDS[base] for base in type(value).__mro__ if base in KINDS), None)
    return kind and Cell(name, value, kind)
