"""`Rule` and `Finding`: what is looked for, and where it was found."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from frappe_check.modules import Module
    from frappe_check.tasks import TaskCode


@dataclass(frozen=True)
class Hit:
    """A place in the sources, and what is the matter there, as a sentence."""

    path: Path
    line: int
    column: int
    """From 1, in characters, as editors and SARIF count."""
    end_line: int
    what: str


def hit(module: Module, node: ast.AST, what: str) -> Hit:
    """A node of a module's; nothing but statements and expressions has a place."""
    line = getattr(node, "lineno", 1)
    before = module.lines[line - 1].encode()[: getattr(node, "col_offset", 0)]  # ast counts bytes
    end = getattr(node, "end_lineno", None) or line
    return Hit(module.path, line, len(before.decode()) + 1, end, what)


@dataclass(frozen=True)
class Rule:
    """One thing that is looked for.

    The examples are files of an app `myapp`, each begun by a comment with its name. In the bad one
    the comment `# FC…` stands on the lines that are found.
    """

    code: str
    title: str
    happens: str
    instead: str
    bad: str
    good: str
    find: Callable[[TaskCode], Iterable[Hit]]


@dataclass(frozen=True)
class Finding:
    """What a rule found."""

    rule: Rule
    hit: Hit
