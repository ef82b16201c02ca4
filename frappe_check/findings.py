"""`Finding`: where a rule found something, and what is the matter there."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

from frappe_check.modules import Module


@dataclass(frozen=True)
class Finding:
    """A place in the sources. Of two with the same code and place the later one counts."""

    code: str
    """The code of the rule that found it, `FC101`."""
    path: Path
    line: int
    column: int
    """From 1, in characters, as editors and SARIF count."""
    end_line: int
    what: str
    """What is the matter, as a sentence."""


def found(code: str, module: Module, node: ast.AST, what: str) -> Finding:
    """At a node of a module's; nothing but statements and expressions has a place."""
    line = getattr(node, "lineno", 1)
    before = module.lines[line - 1].encode()[: getattr(node, "col_offset", 0)]  # ast counts bytes
    end = getattr(node, "end_lineno", None) or line
    return Finding(code, module.path, line, len(before.decode()) + 1, end, what)


def shown(path: Path) -> str:
    """A path as seen from here, whole where it lies elsewhere."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
