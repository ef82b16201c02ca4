"""The research document: its code blocks, by the heading above them and their number there."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

DOCUMENT = Path(__file__).parents[3] / "shared" / "000_80ea7050625d5e3c.txt"
COPIES = Path(__file__).parents[1] / "fixtures" / "snippets"

FENCED = re.compile(r"^#+ (?P<heading>.+)$|^```(?P<language>\w*)\n(?P<text>[\s\S]*?)^```$", re.M)


@dataclass(frozen=True)
class Block:
    """A code block: the `number`th one, from 1, under its heading."""

    heading: str
    number: int
    language: str
    text: str


def blocks() -> list[Block]:
    """Every code block of the document."""
    found: list[Block] = []
    heading, number = "", 0
    for match in FENCED.finditer(DOCUMENT.read_text()):
        if match["heading"]:
            heading, number = match["heading"], 0
        else:
            number += 1
            found.append(Block(heading, number, match["language"], match["text"]))
    return found


@dataclass(frozen=True)
class Source:
    """A Python snippet's text. `...` in it stands for a method."""

    text: str

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    def code(self, dots: str | None = None) -> str:
        """Its code, `...` being the method `dots`."""
        return _code(self.tree.body, dots)

    def only(self, *kinds: type[ast.stmt]) -> str:
        """Its statements of these kinds: what a Frappe developer writes into one file."""
        return _code([node for node in self.tree.body if isinstance(node, kinds)])

    def without(self, *kinds: type[ast.stmt]) -> Source:
        """The rest of it."""
        return Source(_code([node for node in self.tree.body if not isinstance(node, kinds)]))

    def keywords(self) -> dict[str, ast.expr]:
        """The keyword arguments of its first call."""
        call = next(node for node in ast.walk(self.tree) if isinstance(node, ast.Call))
        return {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}


class _Dots(ast.NodeTransformer):
    def __init__(self, method: str) -> None:
        self.method = method

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant(self.method) if node.value is ... else node


def _code(statements: list[ast.stmt], dots: str | None = None) -> str:
    tree = ast.Module(statements, [])
    return ast.unparse(tree if dots is None else _Dots(dots).visit(tree)) + "\n"
