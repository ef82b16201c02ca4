"""Calls that enqueue a job: `enqueue`, `enqueue_doc`, `queue_action` and ours of that kind."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from frappe_check.modules import Function, Module
from frappe_check.syntax import argument, called, dotted, is_false, is_true, keyword, text

_FRAPPES = {"enqueue": "enqueue", "enqueue_doc": "enqueue_doc"}
_OURS = {
    **_FRAPPES,
    **dict.fromkeys(("enqueue_in", "enqueue_at"), "enqueue_later"),
    "enqueue_many": "enqueue_many",
}
_MODULES = {
    "frappe": _FRAPPES,
    "frappe.utils.background_jobs": _FRAPPES,
    "frappe_celery": _OURS,
}
KINDS = {
    f"{module}.{name}": kind for module, names in _MODULES.items() for name, kind in names.items()
}
"""Where the method stands in a call depends on what is called."""
_GIVERS = {
    f"frappe_celery.{name}" for name in ("options", "batch", "get_batch", "get_current_batch")
}
"""What they give has methods of these names, which enqueue."""
METHOD_AT = {
    **dict.fromkeys(("enqueue", "enqueue_many", "queue_action"), 0),
    **{"enqueue_later": 1, "enqueue_doc": 2},
}


@dataclass(frozen=True, eq=False)
class Enqueue:
    """A call that enqueues a job, and what it asks for."""

    module: Module
    function: Function | None
    """The one that it stands in; None: it runs when the module is imported."""
    call: ast.Call
    kind: str

    @property
    def method(self) -> ast.expr | None:
        """What is to be run: a text, a function, or a method of a document."""
        name = "action" if self.kind == "queue_action" else "method"
        return argument(self.call, METHOD_AT[self.kind], name)

    @property
    def doctype(self) -> ast.expr | None:
        """The doctype of `enqueue_doc`; None for the other kinds."""
        return argument(self.call, 0, "doctype") if self.kind == "enqueue_doc" else None

    @property
    def arguments(self) -> list[tuple[str | None, ast.expr]]:
        """What is given by name, and by the entries of `enqueue_many`."""
        given = [(each.arg, each.value) for each in self.call.keywords]
        return [*given, *self.of_entries]

    @property
    def of_entries(self) -> list[tuple[str | None, ast.expr]]:
        """What the entries of `enqueue_many` give by name, where they are written out there."""
        entries = argument(self.call, 1, "entries") if self.kind == "enqueue_many" else None
        each = [entries.elt] if isinstance(entries, (ast.ListComp, ast.GeneratorExp)) else []
        each += entries.elts if isinstance(entries, (ast.List, ast.Tuple)) else []
        dicts = [entry for entry in each if isinstance(entry, ast.Dict)]
        pairs = (zip(one.keys, one.values, strict=True) for one in dicts)
        return [(text(name), value) for some in pairs for name, value in some]

    @property
    def saying_when(self) -> ast.Call:
        """The call that says whether it waits for the commit: of a batch's jobs the batch's."""
        giver = _giver(self.module, self.function, self.call)
        return giver if giver is not None and called(giver) == "batch" else self.call

    @property
    def is_direct(self) -> bool:
        """Whether it is written out that the caller itself runs it."""
        return is_true(keyword(self.call, "now")) or is_false(keyword(self.call, "is_async"))


def enqueues_in(module: Module) -> list[Enqueue]:
    within = {call: function for function in module.functions.values() for call in function.calls}
    calls = within | {call: None for call in module.calls if call not in within}
    return [
        Enqueue(module, function, call, kind)
        for call, function in calls.items()
        if (kind := kind_of(module, function, call))
    ]


def kind_of(module: Module, function: Function | None, call: ast.Call) -> str | None:
    """Which of the calls that enqueue it is; None: it is none.

    Args:
        function: the one that it stands in.
    """
    name = called(call)
    if name == "queue_action":
        return "queue_action" if dotted(call.func) == "self.queue_action" else None
    if not name.startswith("enqueue"):
        return None
    if _giver(module, function, call) is not None:
        return _OURS.get(name)
    return KINDS.get(module.full(call.func))


def _giver(module: Module, function: Function | None, call: ast.Call) -> ast.Call | None:
    """The call of `options`, `batch` or the like that gave what a method is called of."""
    of = call.func.value if isinstance(call.func, ast.Attribute) else None
    if isinstance(of, ast.Name) and function is not None:
        of = function.given.get(of.id)
    if not isinstance(of, ast.Call):
        return None
    if called(of) == "options" and (batch := _giver(module, function, of)) is not None:
        return batch
    return of if module.full(of.func) in _GIVERS else None
