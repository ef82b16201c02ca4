"""What a function writes of modules and classes, which outlive its job: FC201 to FC204."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from frappe_check.modules import Function
from frappe_check.syntax import decorators, dotted, targets, unparsed
from frappe_check.tasks import TaskCode

_MAKERS = {"dict", "list", "set", "defaultdict", "OrderedDict", "deque", "Counter"}
_DISPLAYS = (ast.Dict, ast.List, ast.Set, ast.DictComp, ast.ListComp, ast.SetComp)
_CHANGES = {
    *("append", "appendleft", "extend", "insert", "add", "update", "setdefault"),
    *("pop", "popitem", "popleft", "remove", "discard", "clear"),
}


def written(code: TaskCode, function: Function) -> Iterator[tuple[str, ast.AST, str]]:
    """Rule, place and the beginning of a sentence, behind which who does it is said."""
    declared = {
        name
        for node in function.nodes
        if isinstance(node, ast.Global)
        for name in node.names
        if f"{function.module.name}.{name}" not in code.app.hooks.kept
    }
    modules = _modules(function)
    for node, target in function.written:
        if isinstance(target, ast.Name) and target.id in declared:
            yield "FC201", node, f"The global `{target.id}` is written by"
        elif isinstance(target, ast.Attribute):
            is_modules = dotted(target.value) in modules
            if is_modules or _is_class(code, function, target.value):
                rule = "FC204" if is_modules else "FC203"
                yield rule, node, f"`{unparsed(target)}` is written by"
    for node, container in _changed(function):
        if _is_modules_container(code, function, container):
            if "frappe.local.site" not in unparsed(node):  # gives no site another's
                yield "FC202", node, f"`{dotted(container)}`, of the module, is changed by"
        elif _is_classes_container(code, function, container):
            yield "FC203", node, f"`{unparsed(container)}`, of the class, is changed by"


# -- lists, dictionaries and sets that are made once


def _changed(function: Function) -> Iterator[tuple[ast.AST, ast.expr]]:
    """What a function changes the contents of, by a statement or a method, with the node."""
    for node, target in function.written:
        if isinstance(target, ast.Subscript):
            yield node, _outermost(target)
    for call in function.calls:
        if isinstance(call.func, ast.Attribute) and call.func.attr in _CHANGES:
            yield call, _outermost(call.func.value)


def _outermost(node: ast.expr) -> ast.expr:
    """`prices` of `prices[site][item]`."""
    while isinstance(node, ast.Subscript):
        node = node.value
    return node


def _is_container(value: ast.expr | None) -> bool:
    if isinstance(value, ast.Call):
        return dotted(value.func).rpartition(".")[2] in _MAKERS
    return isinstance(value, _DISPLAYS)


def _is_modules_container(code: TaskCode, function: Function, node: ast.expr) -> bool:
    """Whether it stands at the top of a module of this app's, and hooks.py does not keep it."""
    module, inner = code.app.find(function.full(node)) or (None, "")
    kept = module is not None and f"{module.name}.{inner}" in code.app.hooks.kept
    return module is not None and _is_container(module.assigned.get(inner)) and not kept


def _is_classes_container(code: TaskCode, function: Function, node: ast.expr) -> bool:
    """Whether a class has it, and no object has its own."""
    if not isinstance(node, ast.Attribute):
        return False
    owner = _owner(code, function, node.value)
    if owner is None or any(_binds(each, node.attr) for each in ast.walk(owner)):
        return False
    return any(
        isinstance(each, ast.Name) and each.id == node.attr and _is_container(statement.value)
        for statement in owner.body
        if isinstance(statement, ast.Assign | ast.AnnAssign)
        for each in targets(statement)
    )


def _binds(node: ast.AST, name: str) -> bool:
    """Whether a statement gives an object an attribute of its own."""
    return any(dotted(each) == f"self.{name}" for each in targets(node))


# -- classes and modules


def _owner(code: TaskCode, function: Function, node: ast.expr) -> ast.ClassDef | None:
    """The class whose attributes an object's name leads to."""
    if dotted(node) in ("self", "cls", "self.__class__"):
        return function.owner
    found = code.app.class_named(function.module.full(node))
    return found[1] if found else None


def _is_class(code: TaskCode, function: Function, node: ast.expr) -> bool:
    name = dotted(node)
    if isinstance(node, ast.Call):
        return dotted(node.func) == "type" and len(node.args) == 1
    if name == "cls":
        return "classmethod" in decorators(function.node)
    is_own = name.partition(".")[0] in function.local
    its_class = not is_own and code.app.class_named(function.module.full(node))
    return name == "self.__class__" or bool(its_class)


def _modules(function: Function) -> set[str]:
    """Names under which `import` statements bind modules, in the function and around it."""
    nodes = (*function.module.tree.body, *function.nodes)
    imports = (alias for node in nodes if isinstance(node, ast.Import) for alias in node.names)
    bound = {
        n.id for n in function.nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    return {alias.asname or alias.name for alias in imports} - bound
