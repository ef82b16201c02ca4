"""What a loop over many documents does with each: change it, ask the network, enqueue a job."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from frappe_check.enqueues import kind_of
from frappe_check.modules import Function, Module
from frappe_check.syntax import DOCUMENTS, Loop, called, dotted, inside, keyword, names_in, text
from frappe_check.tasks import TaskCode

_QUERIES = {
    *(f"frappe.{name}" for name in ("get_all", "get_list", "db.get_all", "db.get_list")),
    *("frappe.db.sql", "frappe.db.sql_list", "frappe.db.get_values"),
}
_AROUND = ("enumerate", "list", "set", "sorted", "tqdm", "json.loads", "frappe.parse_json")
_LIMITS = ("limit", "limit_page_length", "page_length")
_CHANGES = {"save", "insert", "submit", "cancel", "delete", "db_insert", "db_update"}
"""Methods of documents; called without arguments by place, as nothing else of these names is."""
_LOOKS = ("get", "set", "append", "as_", "has_", "is_", "update", "check_permission", "db_set")
"""Beginnings of methods of documents that hardly fail."""
_NETWORK = ("requests.", "httpx.", "urllib.request.", "frappe.integrations.utils.make_")
COMMIT = "frappe.db.commit"


def is_query(module: Module, node: ast.AST) -> bool:
    """Whether it asks the database for rows."""
    if not isinstance(node, ast.Call):
        return False
    return module.full(node.func) in _QUERIES or (
        called(node) == "run" and not node.args and "from_" in _chain(node)
    )


def has_limit(node: ast.expr) -> bool:
    """Whether a query gives only so many rows."""
    if not isinstance(node, ast.Call):
        return False
    query = text(node.args[0]) if node.args else None
    limits = any(keyword(node, name) for name in _LIMITS) or "limit" in _chain(node)
    return limits or " limit " in (query or "").lower()


def _chain(node: ast.Call) -> set[str]:
    """What is called to build a query, `frappe.qb.from_(…).where(…).run()`."""
    return {called(each) for each in ast.walk(node) if isinstance(each, ast.Call)}


def document_names(function: Function) -> set[str]:
    """Names that a function gives to documents."""
    return {
        name
        for name, value in function.assigned
        if isinstance(value, ast.Call) and function.module.full(value.func) in DOCUMENTS
    }


def goes_through(code: TaskCode, function: Function, loop: Loop) -> list[tuple[Function, ast.expr]]:
    """What a loop goes through, and the function that has it.

    Of a name it is everything that the function gives it, of a call what the app's function
    returns.
    """
    found: list[tuple[Function, ast.expr]] = []
    over = _unwrapped(loop.iter)
    for value in _given(function, over.id) if isinstance(over, ast.Name) else [over]:
        callee = code.app.callee(function, value) if isinstance(value, ast.Call) else None
        returned = [
            (callee, _unwrapped(node.value))
            for node in (callee.nodes if callee else ())
            if callee is not None and isinstance(node, ast.Return) and node.value is not None
        ]
        found += returned or [(function, value)]
    return found


def _given(function: Function, name: str) -> list[ast.expr]:
    """Each value that a function gives a name."""
    return [_unwrapped(value) for each, value in function.assigned if value and each == name]


def is_over_rows(code: TaskCode, function: Function, loop: Loop) -> bool:
    """Whether a loop goes through what a query gave."""
    values = goes_through(code, function, loop)
    return bool(values) and all(is_query(within.module, each) for within, each in values)


def is_over_parameter(function: Function, loop: Loop) -> bool:
    """Whether a loop goes through something that the function was called with."""
    names = {each.arg for each in function.parameters} - {"self", "cls"}
    over = _unwrapped(loop.iter)
    values = [over, *(_given(function, over.id) if isinstance(over, ast.Name) else ())]
    return any(isinstance(each, ast.Name) and each.id in names for each in values)


def _unwrapped(node: ast.expr) -> ast.expr:
    """Without `enumerate`, `sorted`, `json.loads` and the like."""
    while isinstance(node, ast.Call) and node.args and dotted(node.func) in _AROUND:
        node = node.args[0]
    return node


def work_in(code: TaskCode, function: Function, loop: Loop) -> ast.Call | None:
    """The first call in a loop that changes documents or asks the network, by way of others too."""
    return next((call for call in calls(loop) if _works(code, function, loop, call)), None)


def calls(loop: Loop) -> Iterator[ast.Call]:
    """Every call in a loop's body."""
    return (node for node in inside(loop.body) if isinstance(node, ast.Call))


def _works(code: TaskCode, function: Function, loop: Loop, call: ast.Call) -> bool:
    if changes_or_asks(function.module, call) or _acts(function, call):
        return True
    callee = code.app.callee(function, call)
    if callee is not None:
        return any(
            changes_or_asks(each.module, inner)
            for each in code.app.reach(callee, depth=1)
            for inner in each.calls
        )
    return _is_unknown(function, call) and bool(
        names_in(loop.target) & {name for each in call.args for name in names_in(each)}
    )


def changes_or_asks(module: Module, call: ast.Call) -> bool:
    """Whether a call by itself changes a document or asks the network."""
    if isinstance(call.func, ast.Attribute) and call.func.attr in _CHANGES and not call.args:
        return True
    name = module.full(call.func)
    return name in ("frappe.delete_doc", "frappe.sendmail") or name.startswith(_NETWORK)


def _acts(function: Function, call: ast.Call) -> bool:
    """Whether it calls a method of a document, other than those that hardly fail."""
    method = call.func
    if not isinstance(method, ast.Attribute) or method.attr.startswith(_LOOKS):
        return False
    if isinstance(method.value, ast.Call):
        return function.module.full(method.value.func) in DOCUMENTS
    return dotted(method.value) in document_names(function)


def _is_unknown(function: Function, call: ast.Call) -> bool:
    """Whether it calls a plain name that nothing in the module explains."""
    if not isinstance(call.func, ast.Name):
        return False
    name, known = call.func.id, function.module.names
    return known is not None and name not in known | function.local | set(dir(builtins))


def enqueues(code: TaskCode, function: Function, loop: Loop) -> bool:
    """Whether a loop hands its work to jobs, itself or in what it calls."""
    for call in calls(loop):
        callee = code.app.callee(function, call)
        inner = [(callee, each) for each in callee.calls] if callee else []
        if any(_is_enqueue(within, each) for within, each in ((function, call), *inner)):
            return True
    return False


def _is_enqueue(function: Function, call: ast.Call) -> bool:
    return called(call) == "queue_action" or bool(kind_of(function.module, function, call))


def outermost_loops(function: Function) -> list[Loop]:
    """Loops that stand in no other."""
    return [
        node
        for node in function.nodes
        if isinstance(node, Loop)
        and not any(isinstance(each, Loop) for each in function.around(node))
    ]
