"""Which of an app's functions run as jobs, in documents' events or requests, and what those call.

Named by hooks.py, by calls that enqueue, by a Scheduled Job Type that code makes, by a script
report's file or by `frappe.whitelist`; from there on along calls that can be read from the text.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from frappe_check.app import App, is_doctypes
from frappe_check.enqueues import Enqueue
from frappe_check.hooks_file import DOC_EVENTS, SCHEDULER_EVENTS
from frappe_check.modules import Function
from frappe_check.syntax import decorators, dotted, text

CLASS_HOOKS = ("override_doctype_class", "extend_doctype_class")
DEPTH = 6
"""Calls that are followed from a task on."""
EVENTS_BEFORE_COMMIT = {
    *("before_insert", "after_insert", "before_validate", "validate", "before_save", "on_update"),
    *("before_submit", "on_submit", "before_cancel", "on_cancel", "on_update_after_submit"),
    *("before_update_after_submit", "on_change", "on_trash", "after_delete"),
    *("before_rename", "after_rename"),
}
"""Events of a document, all of which run inside the transaction that saves it."""
_SCRIPT_REPORT = re.compile(rb'"report_type":\s*"Script Report"')


@dataclass(frozen=True)
class Way:
    """How a function becomes a job, or runs in a document's event, a report or a request."""

    kind: str
    """`scheduled`, `enqueued`, `event`, `script report` or `whitelisted`."""
    event: str = ""
    """The word or cron expression of `scheduler_events`, a document's event, a report, or ''."""

    def __str__(self) -> str:
        return f"{self.kind} ({self.event})" if self.event else self.kind


class TaskCode:
    """An app's functions that run as jobs."""

    def __init__(self, app: App) -> None:
        self.app = app

    @cached_property
    def jobs(self) -> dict[Function, list[Way]]:
        """Those that a schedule or a call that enqueues names."""
        found: dict[Function, dict[Way, None]] = {}
        for function, way in (
            *self._scheduled(),
            *((f, Way("enqueued")) for _, f in self.enqueued),
        ):
            found.setdefault(function, {})[way] = None
        return {function: list(ways) for function, ways in found.items()}

    def _scheduled(self) -> Iterator[tuple[Function, Way]]:
        entries = self.app.hooks.of(SCHEDULER_EVENTS)
        named = [(entry.name, entry.path[-1] if entry.path else "") for entry in entries]
        for module in self.app.with_words("Scheduled Job Type"):
            named += [(_scheduled_by_row(node), "") for node in module.nodes]
        for name, event in named:
            if function := self.app.function(name):
                yield function, Way("scheduled", event)

    @cached_property
    def enqueued(self) -> list[tuple[Enqueue, Function]]:
        """Each call that enqueues a function of this app's, with the function."""
        found = ((each, self._method_of(each)) for each in self.app.enqueues)
        return [(each, function) for each, function in found if function is not None]

    def _method_of(self, enqueue: Enqueue) -> Function | None:
        module, caller, name = enqueue.module, enqueue.function, text(enqueue.method)
        if enqueue.kind in ("enqueue_doc", "queue_action"):
            return self._method_of_document(enqueue, name)
        if name is not None or enqueue.method is None:
            return self.app.function(name or "")
        head, _, rest = dotted(enqueue.method).partition(".")
        if head in ("self", "cls") and caller is not None and caller.owner is not None:
            return self.app.method(module, caller.owner, rest)
        return self.app.function((caller or module).full(enqueue.method))

    def _method_of_document(self, enqueue: Enqueue, name: str | None) -> Function | None:
        """A controller's, where its doctype is written out or is the caller's own."""
        doctype, caller = enqueue.doctype, enqueue.function
        its_own = doctype is None or dotted(doctype) == "self.doctype"
        found = self.app.controller(text(doctype) or "")
        if its_own and caller is not None and caller.owner is not None:
            found = caller.module, caller.owner
        if found is None or name is None:
            return None
        inner = enqueue.kind == "queue_action" and self.app.method(*found, f"_{name}")
        return inner or self.app.method(*found, name)

    @cached_property
    def events(self) -> dict[Function, list[Way]]:
        """What documents' events run: `doc_events` of hooks.py and the methods of controllers."""
        found: dict[Function, list[Way]] = {}
        for entry in self.app.hooks.of(DOC_EVENTS):
            function = self.app.function(entry.name)
            if function is not None and entry.path:
                found.setdefault(function, []).append(Way("event", entry.path[-1]))
        for function in self.app.functions:
            if self.is_controllers(function) and function.node.name in EVENTS_BEFORE_COMMIT:
                found.setdefault(function, []).append(Way("event", function.node.name))
        return found

    @cached_property
    def reports(self) -> dict[Function, list[Way]]:
        """What runs script reports, in a request or as Prepared Reports do in a job."""
        found = (f for f in self.app.functions if _runs_a_report(f))
        return {f: [Way("script report", f.module.path.stem)] for f in found}

    @cached_property
    def whitelisted(self) -> dict[Function, list[Way]]:
        """What requests call, and jobs that are made in Desk."""
        return {f: [Way("whitelisted")] for f in self.app.functions if is_whitelisted(f)}

    @cached_property
    def reached(self) -> dict[Function, Function]:
        """Everything that is run, with the one that it is reached from: a job, where one is."""
        handlers = (f for f in self.events if not self.is_controllers(f))
        by_weight = self.whitelisted, self.reports, (*self.jobs, *handlers)
        found: dict[Function, Function] = {}
        for roots in by_weight:
            found |= self.app.reached_from(roots, DEPTH)
        return found

    def is_controllers(self, function: Function) -> bool:
        """Whether it is a method of a doctype's class: by Frappe's path convention, or by hooks."""
        by_path = is_doctypes(function.module)
        return function.owner is not None and (by_path or function.owner in self._by_hooks)

    @cached_property
    def _by_hooks(self) -> set[ast.ClassDef]:
        """Classes of this app's that stand for or extend those of other apps' doctypes."""
        entries = (e for hook in CLASS_HOOKS for e in self.app.hooks.of(hook))
        return {found[1] for entry in entries if (found := self.app.class_named(entry.name))}

    def why(self, function: Function) -> str:
        """How a function comes to run, for a sentence."""
        root = self.reached[function]
        kinds = self.jobs, self.events, self.reports, self.whitelisted
        how = next(kind[root] for kind in kinds if root in kind)[0]
        if root is function:
            return f"{function.short}, {how}"
        return f"{function.short}, called by {root.short}, {how}"


def _scheduled_by_row(node: ast.AST) -> str:
    """The method in a dictionary that makes a Scheduled Job Type."""
    if not isinstance(node, ast.Dict):
        return ""
    values = {text(k): text(v) for k, v in zip(node.keys, node.values, strict=True) if k}
    return values.get("method") or "" if values.get("doctype") == "Scheduled Job Type" else ""


def is_whitelisted(function: Function) -> bool:
    """Whether requests call it, by `frappe.whitelist`."""
    return any(name.rpartition(".")[2] == "whitelist" for name in decorators(function.node))


def _runs_a_report(function: Function) -> bool:
    """Whether it is a script report's, by Frappe's path convention."""
    path = function.module.path
    definition = path.with_suffix(".json")
    is_execute = function.node.name == "execute" and function.owner is None
    in_its_place = path.parts[-3:-1] == ("report", path.stem) and definition.is_file()
    return is_execute and in_its_place and bool(_SCRIPT_REPORT.search(definition.read_bytes()))
