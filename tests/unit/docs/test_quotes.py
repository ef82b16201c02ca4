"""What trouble-shooting says that somebody reads is what the code writes."""

from __future__ import annotations

import ast
import re
from itertools import chain
from pathlib import Path

from tests.rooms import PACKAGES, SOURCES

ROOT = Path(__file__).parents[3]
OTHERS = {
    *("Cannot connect to", "Trying again in", "SecurityWarning", "signal 9 (SIGKILL)"),  # Celery
    # Redis, of which redis-py leaves out the word in front
    *("command not allowed when used memory > 'maxmemory'", "has no permissions"),
    *("You can't write against a read only replica", "invalid username-password pair"),
    *("HELLO must be called with the client already authenticated", "Authentication required"),
    *("Connection refused", "timed out"),  # the operating system
    *("ModuleNotFoundError", "No module named 'myapp'"),  # Python
    "module 'myapp.tasks' has no attribute",
}
"""What others write."""


def quotes() -> list[str]:
    """The pieces between the dots of what stands in the first column under `it says`, `error`."""
    found, says = [], False
    for line in (ROOT / "docs" / "troubleshooting.md").read_text().splitlines():
        if line.startswith(("| it says", "| error")):
            says = True
        elif not line.startswith("|"):
            says = False
        elif says:
            for quote in re.findall(r"`([^`]+)`", line.split("|")[1]):
                found += [piece.strip(" ,.") for piece in re.split(r"…|: ", quote)]
    return [piece for piece in found if len(piece) > 3]


def texts() -> str:
    """Every text in the package, its f-strings without their values."""
    found = []
    for file in chain.from_iterable((SOURCES / name).rglob("*.py") for name in PACKAGES):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
            elif isinstance(node, ast.ClassDef):
                found.append(node.name)
    return "\n".join(found)


def test_what_trouble_shooting_quotes_is_in_the_code() -> None:
    pieces, written = quotes(), texts()
    assert len(pieces) > 30
    assert [piece for piece in pieces if piece not in OTHERS and piece not in written] == []
