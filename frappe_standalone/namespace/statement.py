"""The statement that a frame stands at: an import within a `try`, or a decorator.

Whether a `try` surrounds it is read from the source, since Python does not tell.
"""

from __future__ import annotations

import ast
import dis
import linecache
import sys
from collections.abc import Iterator
from functools import cache
from types import FrameType
from typing import NamedTuple

_IMPORT_NAME, IMPORT_FROM = dis.opmap["IMPORT_NAME"], dis.opmap["IMPORT_FROM"]
_BEGINS_OF_BLOCKS = {dis.opmap.get("SETUP_FINALLY"), dis.opmap.get("SETUP_WITH")}
"""Of `try` and `with`, until Python 3.10."""
_OF_IMPORTS = ("'ImportError'", "'ModuleNotFoundError'", "'NeedsFrappeSite'")
_IMPORTLIB = "<frozen importlib._bootstrap>"


class _Ranges(NamedTuple):
    """Lines of a file, the first and the last of each."""

    guarded: list[tuple[int, int, bool]]
    """Bodies of `try` with an `except`, and of `with suppress(…)`; whether that names an
    ImportError."""
    decorators: list[tuple[int, int, ast.expr]]
    """From each decorator to the `def` or `class` that it is for."""


def instruction(frame: FrameType) -> int:
    """The code of the operation that the frame stands at."""
    return frame.f_code.co_code[frame.f_lasti] if frame.f_lasti >= 0 else -1


def outside(*own: str) -> FrameType:
    """The innermost frame that is neither the import system's, nor a finder's, nor in a file of
    `own`."""
    frame = sys._getframe(1)
    skipped = {frame.f_code.co_filename, _IMPORTLIB, *own}
    while frame.f_back is not None:
        code = frame.f_code
        if code.co_filename not in skipped and code.co_name != "find_spec":
            break
        frame = frame.f_back
    return frame


def place(frame: FrameType) -> str:
    """File and line of what runs, for people."""
    return f"{frame.f_code.co_filename}, line {frame.f_lineno}"


def imported_module(frame: FrameType) -> str | None:
    """The module that an `import` statement names, None when it stands at none."""
    if instruction(frame) != _IMPORT_NAME:
        return None
    steps = dis.get_instructions(frame.f_code)
    return next(str(step.argval) for step in steps if step.offset == frame.f_lasti)


def is_guarded(frame: FrameType | None) -> bool:
    """Whether this import, or one that led to it, is inside a `try`: then it has to raise."""
    while frame is not None:
        if instruction(frame) in (_IMPORT_NAME, IMPORT_FROM) and _may_catch(frame):
            return True
        frame = frame.f_back
    return False


def is_expected(frame: FrameType | None) -> bool:
    """Whether who guards this import names its error, and so has another way without it."""
    while frame is not None:
        if instruction(frame) in (_IMPORT_NAME, IMPORT_FROM):
            around = [g for g in _ranges(frame).guarded if g[0] <= frame.f_lineno <= g[1]]
            if around:
                return any(names_it for _, _, names_it in around)
        frame = frame.f_back
    return True


def decorators(frame: FrameType) -> Iterator[tuple[object, list[str], bool]]:
    """The decorators that the frame may be evaluating.

    Of each what its first name stands for, the names after that, and whether it is called.
    """
    for first, last, node in _ranges(frame).decorators:
        if first <= frame.f_lineno <= last:
            called = isinstance(node, ast.Call)
            head, *rest = ast.unparse(node.func if isinstance(node, ast.Call) else node).split(".")
            yield frame.f_locals.get(head, frame.f_globals.get(head)), rest, called


def guarded_lines(filename: str) -> list[tuple[int, int]]:
    """The first and the last line of each body of a `try` or `suppress` in a file."""
    linecache.checkcache(filename)
    return [(first, last) for first, last, _ in _ranges_of(filename).guarded]


def _may_catch(frame: FrameType) -> bool:
    """Code without source counts as guarded, unless it has no handler at all."""
    code = frame.f_code
    handlers = getattr(code, "co_exceptiontable", None)  # from Python 3.11 on
    if handlers is None:
        handlers = not _BEGINS_OF_BLOCKS.isdisjoint(code.co_code[::2])
    if not handlers:
        return False
    if not linecache.getlines(code.co_filename, frame.f_globals):
        return True
    return any(first <= frame.f_lineno <= last for first, last, _ in _ranges(frame).guarded)


def _ranges(frame: FrameType) -> _Ranges:
    linecache.getlines(frame.f_code.co_filename, frame.f_globals)
    return _ranges_of(frame.f_code.co_filename)


@cache
def _ranges_of(filename: str) -> _Ranges:
    found = _Ranges([], [])
    try:
        tree = ast.parse("".join(linecache.getlines(filename)))
    except SyntaxError:  # no Python: a template
        return found
    for node in ast.walk(tree):
        found.guarded.extend(_guarded(node))
        for each in getattr(node, "decorator_list", ()):
            found.decorators.append((each.lineno, node.lineno, each))  # type: ignore[attr-defined]
    return found


def _guarded(node: ast.AST) -> Iterator[tuple[int, int, bool]]:
    if isinstance(node, ast.With):
        caught = [ast.dump(item.context_expr) for item in node.items]
        caught = [text for text in caught if "suppress" in text]
    else:  # `ast.TryStar` is there from Python 3.11 on
        handlers: list[ast.ExceptHandler] = getattr(node, "handlers", [])
        caught = [ast.dump(each.type) if each.type else "" for each in handlers]
    if caught:
        body: list[ast.stmt] = node.body  # type: ignore[attr-defined]
        names_it = any(error in text for text in caught for error in _OF_IMPORTS)
        yield body[0].lineno, body[-1].end_lineno or body[-1].lineno, names_it
