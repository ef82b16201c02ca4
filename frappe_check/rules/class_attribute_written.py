"""FC203: task code that writes an attribute of a class."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from frappe_check import containers
from frappe_check.findings import Hit, Rule, hit
from frappe_check.modules import Function
from frappe_check.syntax import decorators, dotted, targets
from frappe_check.tasks import TaskCode


def find(code: TaskCode) -> Iterator[Hit]:
    """Assignments to attributes of classes, and changes of containers that are such attributes."""
    for function in code.reached:
        for node in function.nodes:
            for target in targets(node):
                if isinstance(target, ast.Attribute) and _is_class(code, function, target.value):
                    name = ast.unparse(target)
                    what = f"`{name}` is written by {code.why(function)}."
                    yield hit(function.module, node, what)
            for changed in containers.changed(node):
                if _is_classes_container(code, function, changed):
                    name = ast.unparse(changed)
                    what = f"`{name}`, of the class, is changed by {code.why(function)}."
                    yield hit(function.module, node, what)


def _is_classes_container(code: TaskCode, function: Function, node: ast.expr) -> bool:
    """Whether it is a list, dictionary or set of a class's, that no object has its own of."""
    if not isinstance(node, ast.Attribute):
        return False
    owner = _owner(code, function, node.value)
    if owner is None or any(_binds(each, node.attr) for each in ast.walk(owner)):
        return False
    values = {
        each.id: statement.value
        for statement in owner.body
        if isinstance(statement, ast.Assign | ast.AnnAssign)
        for each in targets(statement)
        if isinstance(each, ast.Name)
    }
    return containers.is_container(values.get(node.attr))


def _owner(code: TaskCode, function: Function, node: ast.expr) -> ast.ClassDef | None:
    name = dotted(node)
    if name in ("self", "cls", "self.__class__"):
        return function.owner
    found = code.app.find(function.module.full(node)) if name else None
    return found[0].classes.get(found[1]) if found else None


def _binds(node: ast.AST, name: str) -> bool:
    """Whether a statement gives an object an attribute of its own."""
    return any(dotted(each) == f"self.{name}" for each in targets(node))


def _is_class(code: TaskCode, function: Function, node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return dotted(node.func) == "type" and len(node.args) == 1
    name = dotted(node)
    if name == "cls":
        return any(each == "classmethod" for _, each in decorators(function.node))
    if name == "self.__class__":
        return True
    if not name or name.partition(".")[0] in function.local:
        return False
    found = code.app.find(function.module.full(node))
    return found is not None and found[1] in found[0].classes


RULE = Rule(
    code="FC203",
    title="A class's attribute that task code writes",
    happens=(
        "It belongs to the process and not to the object: in a warm process the next job, of"
        " another site, finds it."
    ),
    instead="Write it on the object (`self`), or keep it in `frappe.local`.",
    bad="""
# hooks.py
scheduler_events = {"hourly": ["myapp.tasks.sync"]}

# tasks.py
class Client:
    token = None

def sync():
    Client.token = "secret"  # FC203
""",
    good="""
# hooks.py
scheduler_events = {"hourly": ["myapp.tasks.sync"]}

# tasks.py
class Client:
    token = None

def sync():
    client = Client()
    client.token = "secret"
""",
    find=find,
)
