"""Where a function saves documents, and which of their events that runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from frappe_check.modules import Function
from frappe_check.syntax import DOCUMENTS, argument, text

_CHECKED = ("before_validate", "validate", "on_update", "on_change")
_SAVED = (*_CHECKED, "before_save")
_INSERTED = (*_SAVED, "before_insert", "after_insert", "autoname")
EVENTS = {
    "insert": _INSERTED,
    "save": _INSERTED,
    "submit": (*_CHECKED, "before_submit", "on_submit"),
    "cancel": ("before_cancel", "on_cancel", "on_change"),
    "delete": ("on_trash", "on_change", "after_delete"),
}
"""By a document's method: the events that it may run."""


def saves_in(function: Function) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The doctypes of documents that it saves or deletes, as they stand in paths, with the events.

    Known are doctypes that are written out in the same function, and a controller's own.
    """
    for call in function.calls:
        if function.module.full(call.func) == "frappe.delete_doc":
            verb, doctype = "delete", text(argument(call, 0, "doctype")) or ""
        elif isinstance(call.func, ast.Attribute) and call.func.attr in EVENTS:
            verb, doctype = call.func.attr, _doctype_of(function, call.func.value)
        else:
            continue
        if doctype:
            yield in_paths(doctype), EVENTS[verb]


def in_paths(doctype: str) -> str:
    """A doctype's name as folders and modules have it."""
    return doctype.replace(" ", "_").replace("-", "_").lower()


def _doctype_of(function: Function, node: ast.expr) -> str:
    """Of the document that an expression gives; '' : it is not written out."""
    if isinstance(node, ast.Name):
        if node.id == "self":
            return function.module.name.rpartition(".")[2] if function.owner else ""
        made = function.made.get(node.id)
        return "" if made is None else _doctype_of(function, made)
    if not isinstance(node, ast.Call):
        return ""
    if function.module.full(node.func) in DOCUMENTS:
        given = argument(node, 0, "doctype")
        if isinstance(given, ast.Dict):
            pairs = zip(given.keys, given.values, strict=True)
            given = next((value for key, value in pairs if text(key) == "doctype"), None)
        return text(given) or ""
    if isinstance(node.func, ast.Attribute) and node.func.attr in EVENTS:  # insert().submit()
        return _doctype_of(function, node.func.value)
    return ""
