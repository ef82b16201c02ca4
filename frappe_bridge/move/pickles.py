"""RQ's pickles, which nobody signed, read without anything of theirs being run.

Known are the classes that arguments of `frappe.enqueue` are made of. Any other name becomes a
`Reference`, which can be neither called nor made an instance of. It is Python's own unpickler in
Python, not the one in C: there a few bytes can have it allocate gigabytes.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Iterator, Sized
from dataclasses import dataclass
from typing import Any

from frappe_celery.errors import Refused

KNOWN = {
    *(("builtins", name) for name in ("set", "frozenset", "complex")),
    *(("datetime", name) for name in ("date", "datetime", "time", "timedelta", "timezone")),
    ("collections", "OrderedDict"),
    ("decimal", "Decimal"),
    ("uuid", "UUID"),
    ("frappe.types.frappedict", "_dict"),
}

MOST_VALUES = 2_000_000
"""That a pickle may make: a few hundred megabytes of the smallest, in a few seconds."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A name in a pickle that was not followed."""

    module: str
    name: str

    def __setstate__(self, state: Any) -> None:
        raise pickle.UnpicklingError(f"{self.path} is no plain value")

    @property
    def path(self) -> str:
        return f"{self.module}.{self.name}"

    def pickled(self) -> bytes:
        """What it was in the pickle, a name that is looked up when it is read."""
        words = [text.encode() for text in (self.module, self.name)]
        pushed = [pickle.BINUNICODE + len(word).to_bytes(4, "little") + word for word in words]
        return pickle.PROTO + b"\x04" + b"".join(pushed) + pickle.STACK_GLOBAL + pickle.STOP


class _Unpickler(pickle._Unpickler):
    """Takes at most MOST_VALUES steps, where a copy is as many as it has parts."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self.met: list[Reference] = []
        self._left = MOST_VALUES

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in KNOWN:
            return super().find_class(module, name)
        self.met.append(Reference(module, name))
        return self.met[-1]

    def spend(self, steps: int) -> None:
        self._left -= steps
        if self._left < 0:
            raise Refused(
                f"its pickle makes more than {MOST_VALUES:,} values: let RQ's workers run it"
            )

    def spend_for(self, value: Any, depth: int = 3) -> None:
        """For what is made of a value that may be there already."""
        self.spend(len(value) if isinstance(value, Sized) else 1)
        if isinstance(value, tuple) and depth:
            for part in value:
                self.spend_for(part, depth - 1)


def _step(load: Callable[[Any], None], copies: bool) -> Callable[[Any], None]:
    def step(unpickler: Any) -> None:
        unpickler.spend(1)
        if copies:
            unpickler.spend_for(unpickler.stack[-1])
        load(unpickler)

    return step


def _bytearray8(unpickler: Any) -> None:
    """As Python's, which makes room for as many bytes as it is told."""
    unpickler.append(bytearray(unpickler.read(int.from_bytes(unpickler.read(8), "little"))))


_LOADS = {**pickle._Unpickler.dispatch, pickle.BYTEARRAY8[0]: _bytearray8}
_COPYING = {pickle.REDUCE[0], pickle.NEWOBJ[0], pickle.BUILD[0]}
_FOREIGN = {pickle.INST[0], pickle.OBJ[0], pickle.NEWOBJ_EX[0]}
"""What none of KNOWN is written with."""
_Unpickler.dispatch = {
    code: _step(load, code in _COPYING) for code, load in _LOADS.items() if code not in _FOREIGN
}


def read(data: bytes) -> Any:
    """What was pickled, names in it that are not KNOWN as References.

    Raises:
        Refused: it can be read only by running what it names, or is too large.
    """
    unpickler = _Unpickler(io.BytesIO(data))
    try:
        return unpickler.load()
    except Refused:
        raise
    except Exception as exc:
        names = ", ".join(sorted({reference.path for reference in unpickler.met})) or exc
        raise Refused(f"its pickle is more than plain data: {names}") from exc


def references(value: Any) -> Iterator[Reference]:
    """Those within a value that was read."""
    met: set[int] = set()
    left = [value]
    while left:
        part = left.pop()
        if id(part) in met:
            continue
        met.add(id(part))
        if isinstance(part, Reference):
            yield part
        if isinstance(part, dict):
            left += [*dict.keys(part), *dict.values(part)]
        elif isinstance(part, (list, tuple, set, frozenset)):
            left += part
        left += getattr(part, "__dict__", {}).values()
