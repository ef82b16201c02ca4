"""v14's deduplication becomes v15's.

    enqueued_jobs = [d.get("job_name") for d in get_info()]
    if self.name not in enqueued_jobs:
        frappe.enqueue(…, job_name=self.name)

becomes

    job_id = self.name
    if not is_job_enqueued(job_id):
        frappe.enqueue(…, job_id=job_id)

Only where the list is used for one such test and nothing else, the name that is tested stays what
it is from the list on, and nothing else of the file needs `get_info` or `get_jobs`. Anything else
is left to people.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

JOB_ID, ASKS = "job_id", "is_job_enqueued"
MODULE = "frappe.utils.background_jobs"
_OLD_MODULE = "frappe.core.page.background_jobs.background_jobs"
_LISTS = ("get_info", "get_jobs")
_IS_LIST = re.compile(
    r"""\[(\w+)(\.get\(["']job_name["']\)|\[["']job_name["']\])\ for\ \1\ in\ get_info\(\)\]
    |get_jobs\([^()]*\bkey=["']job_name["'][^()]*\)(\[[^\[\]]*\]|\.get\([^()]*\))?""",
    re.VERBOSE,
)


def _code(node: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(node)


@dataclass
class _Scope:
    """What stands in a function, or outside of all, but for what is in functions within it."""

    lists: dict[str, cst.Assign] = field(default_factory=dict)
    tests: dict[str, list[tuple[cst.Comparison, cst.BaseExpression]]] = field(default_factory=dict)
    job_names: list[cst.Arg] = field(default_factory=list)
    names: Counter[str] = field(default_factory=Counter)
    bound: dict[str, list[cst.CSTNode]] = field(default_factory=dict)


class _Reader(cst.CSTVisitor):
    """Every scope of a file, and how often the file names the functions that list jobs."""

    def __init__(self) -> None:
        super().__init__()
        self.scopes = [_Scope()]
        self.lists_named: Counter[str] = Counter()
        self.imported: set[str] = set()
        self._open = [self.scopes[0]]

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:  # noqa: N802
        self._open.append(_Scope())
        self.scopes.append(self._open[-1])

    def leave_FunctionDef(self, original_node: cst.FunctionDef) -> None:  # noqa: N802
        self._open.pop()

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:  # noqa: N802
        """Names in imports are no uses."""
        if not isinstance(node.names, cst.ImportStar):
            self.imported |= {_code(alias.name) for alias in node.names}
        return False

    def visit_Assign(self, node: cst.Assign) -> None:  # noqa: N802
        """A list of names of jobs."""
        target = node.targets[0].target
        is_list = len(node.targets) == 1 and _IS_LIST.fullmatch(_code(node.value))
        if is_list and isinstance(target, cst.Name):
            self._open[-1].lists[target.value] = node

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:  # noqa: N802
        self._bind(node.target)

    def visit_For(self, node: cst.For) -> None:  # noqa: N802
        self._bind(node.target)

    def _bind(self, target: cst.BaseExpression) -> None:
        for name in re.findall(r"[A-Za-z_]\w*", _code(target)):
            self._open[-1].bound.setdefault(name, []).append(target)

    def visit_Comparison(self, node: cst.Comparison) -> None:  # noqa: N802
        """`name in list` and `name not in list`."""
        right = node.comparisons[0].comparator
        operator = node.comparisons[0].operator
        if isinstance(right, cst.Name) and isinstance(operator, cst.In | cst.NotIn):
            tests = self._open[-1].tests.setdefault(right.value, [])
            tests.append((node, node.left))

    def visit_Arg(self, node: cst.Arg) -> None:  # noqa: N802
        if node.keyword is not None and node.keyword.value == "job_name":
            self._open[-1].job_names.append(node)

    def visit_Name(self, node: cst.Name) -> None:  # noqa: N802
        self._open[-1].names[node.value] += 1
        if node.value in _LISTS:
            self.lists_named[node.value] += 1


class Deduplication(cst.CSTTransformer):
    """Where a list that was found is used as above."""

    def __init__(self, wrapper: MetadataWrapper, lines: set[int]) -> None:
        super().__init__()
        self._changed: dict[cst.CSTNode, cst.CSTNode] = {}
        reader = _Reader()
        wrapper.module.visit(reader)
        positions = wrapper.resolve(PositionProvider)
        self._has_asks = ASKS in reader.imported
        for scope in reader.scopes:
            for name, assign in scope.lists.items():
                if positions[assign].start.line in lines:
                    self._plan(scope, name, assign, positions)
        rewritten = Counter(
            word
            for node in self._changed
            if isinstance(node, cst.Assign)
            for word in _LISTS
            if word in _code(node.value)
        )
        if rewritten != reader.lists_named:
            self._changed = {}

    def _plan(
        self, scope: _Scope, name: str, assign: cst.Assign, positions: Mapping[cst.CSTNode, Any]
    ) -> None:
        tests = scope.tests.get(name, [])
        if len(tests) != 1 or scope.names[name] != 2 or scope.names[JOB_ID]:
            return
        test, tested = tests[0]
        its_names = set(re.findall(r"[A-Za-z_]\w*", _code(tested)))
        bound = [node for each in its_names for node in scope.bound.get(each, [])]
        line = positions[assign].start.line
        job_names = [arg for arg in scope.job_names if _code(arg.value) == _code(tested)]
        if not job_names or any(positions[node].start.line > line for node in bound):
            return
        job_id = cst.Name(JOB_ID)
        asks: cst.BaseExpression = cst.Call(cst.Name(ASKS), [cst.Arg(job_id)])
        if isinstance(test.comparisons[0].operator, cst.NotIn):
            asks = cst.UnaryOperation(cst.Not(), asks)
        self._changed[test] = asks.with_changes(lpar=test.lpar, rpar=test.rpar)
        self._changed[assign] = assign.with_changes(
            targets=[cst.AssignTarget(job_id)], value=tested
        )
        for arg in job_names:
            self._changed[arg] = arg.with_changes(keyword=cst.Name(JOB_ID), value=job_id)

    def on_leave(self, original_node, updated_node):  # type: ignore[no-untyped-def]
        """What is planned for a node, in its place."""
        return self._changed.get(original_node) or super().on_leave(original_node, updated_node)

    def leave_ImportFrom(  # noqa: N802
        self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom
    ) -> cst.ImportFrom | cst.RemovalSentinel:
        """`is_job_enqueued` in place of what listed jobs."""
        module, before = updated_node.module, updated_node.names
        if not self._changed or isinstance(before, cst.ImportStar):
            return updated_node
        kept = [alias for alias in before if _code(alias.name) not in _LISTS]
        if len(kept) == len(before):
            return updated_node
        if self._has_asks:
            if not kept:
                return cst.RemoveFromParent()
            last = kept[-1].with_changes(comma=before[-1].comma)
            return updated_node.with_changes(names=[*kept[:-1], last])
        names = [
            alias.with_changes(name=cst.Name(ASKS)) if _code(alias.name) in _LISTS else alias
            for alias in before
        ]
        is_old = module is not None and _code(module) == _OLD_MODULE
        new = cst.parse_expression(MODULE) if is_old else module
        return updated_node.with_changes(module=new, names=names)
