"""`frappe.safe_eval`: an expression's value, by RestrictedPython, as in Frappe."""

from __future__ import annotations

import ast
import unicodedata
from functools import partial
from typing import Any

LEAD_OUT = ("gi_", "cr_", "ag_", "tb_", "f_")
"""How attributes begin that lead out of a sandbox: those of frames and of code objects."""


def safe_eval(
    code: str, eval_globals: dict[str, Any] | None = None, eval_locals: dict[str, Any] | None = None
) -> Any:
    """The value of an expression, which finds nothing but what it is given, and int, float, round.

    Raises:
        SyntaxError: it is none, or may lead out of it.
    """
    from RestrictedPython.compile import compile_restricted
    from RestrictedPython.Guards import guarded_iter_unpack_sequence

    code = unicodedata.normalize("NFKC", code).strip()
    for node in ast.walk(ast.parse(code, mode="eval")):
        if isinstance(node, ast.NamedExpr):
            raise SyntaxError(f"Operation not allowed: {ast.unparse(node)}")
    names = {
        **(eval_globals or {}),
        "__builtins__": {},
        **{"int": int, "float": float, "long": int, "round": round},
        **{"_getattr_": _attribute, "_getitem_": lambda owner, key: owner[key], "_getiter_": iter},
        "_iter_unpack_sequence_": guarded_iter_unpack_sequence,
    }
    return eval(compile_restricted(code, "<safe_eval>", "eval"), names, eval_locals)


def in_templates(owner: Any, name: Any) -> Any:
    """What templates and expressions get instead of an object's attribute; None: that itself."""
    instead = isinstance(name, str) and getattr(type(owner), "__in_templates__", {}).get(name)
    return partial(instead, owner) if instead else None


def _attribute(owner: Any, name: str, default: Any = None) -> Any:
    from RestrictedPython.Guards import safer_getattr

    if (instead := in_templates(owner, name)) is not None:
        return instead
    if name.startswith((*LEAD_OUT, "format")):
        raise SyntaxError(f"{name} is an unsafe attribute")
    if isinstance(owner, dict):
        return owner.get(name)
    return safer_getattr(owner, name, default)  # type: ignore[no-untyped-call]
