"""RQ's pickles, which nobody signed, read without anything of theirs being run.

Known are the classes that arguments of `frappe.enqueue` are made of. Any other name becomes a
`Reference`, which can be neither called nor made an instance of.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterator
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


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self.met: list[Reference] = []

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in KNOWN:
            return super().find_class(module, name)
        self.met.append(Reference(module, name))
        return self.met[-1]


def read(data: bytes) -> Any:
    """What was pickled, names in it that are not KNOWN as References.

    Raises:
        Refused: it can be read only by running what it names.
    """
    unpickler = _Unpickler(io.BytesIO(data))
    try:
        return unpickler.load()
    except Exception as exc:
        names = ", ".join(sorted({reference.path for reference in unpickler.met})) or exc
        raise Refused(f"its pickle is more than plain data: {names}") from exc


def references(value: Any, met: set[int] | None = None) -> Iterator[Reference]:
    """Those within a value that was read."""
    met = set() if met is None else met
    if id(value) in met:
        return
    met.add(id(value))
    if isinstance(value, Reference):
        yield value
    parts: list[Any] = []
    if isinstance(value, dict):
        parts = [*dict.keys(value), *dict.values(value)]
    elif isinstance(value, (list, tuple, set, frozenset)):
        parts = list(value)
    for part in (*parts, *getattr(value, "__dict__", {}).values()):
        yield from references(part, met)
