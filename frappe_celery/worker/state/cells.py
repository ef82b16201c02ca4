"""One thing that can hold what a job left, and how it was: a container, or the names of a module.

What stands in it is compared as Python's containers do, identity first, and never copied: it may be
anything, also something that cannot be compared.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

MISSING = object()


class Cell:
    """A set, or a dictionary, such as an object has of its attributes."""

    is_of_a_class = False

    def __init__(self, name: str, value: Any) -> None:
        self.name = name
        self.value = value
        self.before = self.copy()

    def copy(self) -> Any:
        """A shallow copy of how it is now."""
        return (set if isinstance(self.value, set) else dict)(self.value)

    def differs(self) -> bool:
        """Whether it is not as it was."""
        try:
            return bool(self.value != self.before)
        except Exception:  # of what stands in it now
            return True

    def put_back(self) -> None:
        """Make it as it was: others hold the object itself."""
        self.value.clear()
        self.value.update(self.before)

    def adopt(self, earlier: Any) -> None:
        """Have what an import changed since it was like `earlier` belong to how it was."""
        now = self.copy()
        if isinstance(now, set):
            self.before -= earlier - now
            self.before |= now - earlier
            return
        for key in earlier.keys() - now.keys():
            self.before.pop(key, None)
        for key, value in now.items():
            if earlier.get(key, MISSING) is not value:
                self.before[key] = value


class Sequence(Cell):
    """A list, a deque or a bytearray."""

    def copy(self) -> Any:
        """A shallow copy of how it is now."""
        return self.value.copy()

    def put_back(self) -> None:
        self.value.clear()
        self.value.extend(self.before)

    def adopt(self, earlier: Any) -> None:
        """As a cell does, with what was added at the end."""
        now = list(self.value)
        if now[: len(earlier)] == list(earlier):
            self.before.extend(now[len(earlier) :])


class Names(Cell):
    """The names of a module or a class.

    Args:
        owner: whose they are.
        is_kept: whether one, by its dotted name, may stay as a job left it.
    """

    def __init__(self, name: str, owner: Any, is_kept: Callable[[str], object]) -> None:
        self.owner = owner
        self.is_kept = is_kept
        super().__init__(name, vars(owner))

    def differs(self) -> bool:
        """Whether one is not as it was."""
        return super().differs() and bool(self.changed())

    def changed(self) -> list[str]:
        """Those that are not as they were. What Python itself keeps there is adopted, and so are
        the modules in a package."""
        now: Mapping[str, Any] = dict(self.value)
        changed = []
        for name in {**self.before, **now}:
            value = now.get(name, MISSING)
            if value is self.before.get(name, MISSING):
                continue
            is_pythons = name.startswith("__") and name.endswith("__")
            if is_pythons or isinstance(value, ModuleType) or self.is_kept(f"{self.name}.{name}"):
                self.before.pop(name, None)
                if value is not MISSING:
                    self.before[name] = value
            else:
                changed.append(name)
        return changed

    def put_back(self) -> None:
        for name in self.changed():
            if name in self.before:
                setattr(self.owner, name, self.before[name])
            else:
                delattr(self.owner, name)


KINDS: dict[type, type[Cell]] = {
    dict: Cell,
    set: Cell,
    list: Sequence,
    deque: Sequence,
    bytearray: Sequence,
}
"""Which cell watches which type of container."""


def cell_of(name: str, value: Any) -> Cell | None:
    """The cell of a container; None: it cannot be changed."""
    for base in type(value).__mro__:
        if base in KINDS:
            return KINDS[base](name, value)
    return None
