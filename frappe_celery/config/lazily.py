"""Names that a module gives, each imported when it is first asked for.

The module lists them below `if TYPE_CHECKING:`, a line each: `from place import it as name`.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

Places = dict[str, tuple[str, str]]


def listed(module: dict[str, Any]) -> tuple[Places, Callable[[str], Any]]:
    """Where each name is, the module and the name there, and what is to be its `__getattr__`."""
    places: Places = {}
    text = Path(module["__file__"]).read_text()
    for line in text.partition("\nif TYPE_CHECKING:\n")[2].splitlines():
        match line.split():
            case ["from", place, "import", there, "as", name]:
                places[name] = (place, there)

    def found(name: str) -> Any:
        if name not in places:
            raise AttributeError(f"module {module['__name__']!r} has no attribute {name!r}")
        place, there = places[name]
        try:
            value = getattr(import_module(place), there)
        except AttributeError:  # a module in it
            value = import_module(f"{place}.{there}")
        module[name] = value
        return value

    return places, found
