"""`App`: what is known of an app from its sources, and what its dotted names lead to."""

from __future__ import annotations

import ast
import gc
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

from frappe_check.enqueues import Enqueue, enqueues_in
from frappe_check.hooks_file import DOC_EVENTS, Hooks, read_hooks
from frappe_check.imported_hooks import imported_hooks
from frappe_check.modules import Function, Module, source_files
from frappe_check.saves import in_paths, saves_in
from frappe_check.syntax import DOCUMENTS, argument, text


class App:
    """The package in a folder, or the modules in one that is no package.

    Args:
        folder: with `hooks.py` where it is a Frappe app's.
        import_hooks: have what hooks.py builds by code told by importing it.
    """

    def __init__(self, folder: Path, import_hooks: bool = False) -> None:
        self.folder = folder
        self.name = folder.name
        self.import_hooks = import_hooks
        self.modules: dict[str, Module] = {}
        self.unparsable: dict[str, tuple[Path, SyntaxError]] = {}
        """By the module's name: its file, and why Python cannot read it."""
        for path in source_files(folder):
            self._read(path)

    def _read(self, path: Path) -> None:
        parts = path.relative_to(self.folder).with_suffix("").parts
        if parts[-1] == "__init__":
            parts = parts[:-1]
        is_package = (self.folder / "__init__.py").exists()
        name = ".".join([self.name, *parts] if is_package or not parts else parts)
        try:
            source = path.read_text(encoding="utf-8")
            self.modules[name] = Module(name, path, source, ast.parse(source))
        except SyntaxError as error:
            self.unparsable[name] = path, error
        except (RecursionError, MemoryError):  # of Python's parser, or of ours
            self.unparsable[name] = path, SyntaxError("it is nested too deeply")
        except ValueError as error:  # no UTF-8, or a NUL in it
            self.unparsable[name] = path, SyntaxError(str(error))
        else:
            gc.freeze()  # else each search for garbage goes through all trees: half of the time

    @cached_property
    def hooks(self) -> Hooks:
        """What hooks.py says; of an app without one nothing."""
        none = Module("hooks", self.folder / "hooks.py", "", ast.parse(""))
        module = self.modules.get(f"{self.name}.hooks") or self.modules.get("hooks")
        read = read_hooks(module or none)
        return imported_hooks(read) if self.import_hooks and read.built else read

    @cached_property
    def functions(self) -> list[Function]:
        return [each for module in self.modules.values() for each in module.functions.values()]

    @cached_property
    def enqueues(self) -> list[Enqueue]:
        """Every call that enqueues a job."""
        modules = self.with_words("enqueue", "queue_action")
        return [each for module in modules for each in enqueues_in(module)]

    def with_words(self, *words: str) -> Iterator[Module]:
        """The modules in whose source one of the words stands."""
        for module in self.modules.values():
            if any(word in module.source for word in words):
                yield module

    # -- names

    def find(self, name: str) -> tuple[Module, str] | None:
        """The module that a dotted name is defined in, and its name there ('' for the module).

        None: it is not this app's, or there is no such module.
        """
        for _ in range(5):  # through so many modules that hand a name on
            parts = name.split(".")
            for end in range(len(parts), 0, -1):
                module = self.modules.get(".".join(parts[:end]))
                if module is not None:
                    break
            else:
                return None
            rest = ".".join(parts[end:])
            head, dot, tail = rest.partition(".")
            elsewhere = module.imports.get(head)
            defined = head in module.functions or head in module.classes or head in module.assigned
            if not head or defined or elsewhere is None or elsewhere == name:
                return module, rest
            name = f"{elsewhere}{dot}{tail}"
        return None

    def function(self, name: str) -> Function | None:
        """The function of that dotted name."""
        module, rest = self.find(name) or (None, "")
        if module is None:
            return None
        owner, _, method = rest.partition(".")
        if method and owner in module.classes:
            return self.method(module, module.classes[owner], method)
        return module.functions.get(rest)

    def class_named(self, name: str) -> tuple[Module, ast.ClassDef] | None:
        """The class of that dotted name, and its module."""
        module, inner = self.find(name) or (None, "")
        if module is None or inner not in module.classes:
            return None
        return module, module.classes[inner]

    def method(self, module: Module, owner: ast.ClassDef, name: str) -> Function | None:
        """A class's method, its own or of the classes in this app that it is made from."""
        todo, seen = [(module, owner)], set()
        while todo:
            module, owner = todo.pop(0)
            if owner in seen:
                continue
            seen.add(owner)
            own = module.functions.get(f"{owner.name}.{name}")
            if own is not None:
                return own
            for base in owner.bases:
                found = self.class_named(module.full(base))
                todo += [found] if found else []
        return None

    def controller(self, doctype: str) -> tuple[Module, ast.ClassDef] | None:
        """A doctype's module and class, by Frappe's path convention."""
        name = doctype.replace(" ", "").replace("-", "")
        module = self._controllers.get(in_paths(doctype))
        if module is None or name not in module.classes:
            return None
        return module, module.classes[name]

    @cached_property
    def _controllers(self) -> dict[str, Module]:
        """By the doctype's name as it stands in the path."""
        return {
            module.name.rpartition(".")[2]: module
            for module in self.modules.values()
            if is_doctypes(module)
        }

    # -- calls

    def callee(self, caller: Function, call: ast.Call) -> Function | None:
        """The function of this app that a call leads to, where that can be read.

        Followed are names, `self`, and what is made of the app's classes or got of its doctypes in
        the same function.
        """
        method = self.attribute(caller, call.func)
        name = caller.full(call.func)
        return method or self.function(name) or self.function(f"{name}.__init__")

    def attribute(self, caller: Function, node: ast.expr) -> Function | None:
        """The method that `object.name` is, where the object's class in this app can be read."""
        if not isinstance(node, ast.Attribute):
            return None
        owner = self._class_of(caller, node.value)
        return None if owner is None else self.method(*owner, node.attr)

    def _class_of(self, caller: Function, node: ast.expr) -> tuple[Module, ast.ClassDef] | None:
        """The class in this app that an expression gives an object of."""
        if isinstance(node, ast.Name):
            if node.id in ("self", "cls") and caller.owner is not None:
                return caller.module, caller.owner
            made = caller.made.get(node.id)
            return None if made is None else self._class_of(caller, made)
        if not isinstance(node, ast.Call):
            return None
        name = caller.module.full(node.func)
        if name in DOCUMENTS:
            return self.controller(text(argument(node, 0, "doctype")) or "")
        return self.class_named(name)

    def callees(self, caller: Function) -> Iterator[Function]:
        """What of this app its calls lead to, and what the saves among them run."""
        yield from (found for call in caller.calls if (found := self.callee(caller, call)))
        for doctype, events in saves_in(caller):
            yield from self._run_by_saving(doctype, events)

    def _run_by_saving(self, doctype: str, events: tuple[str, ...]) -> Iterator[Function]:
        """Methods of the doctype's controller, and what `doc_events` names."""
        if module := self._controllers.get(doctype):
            for owner in module.classes.values():
                if owner.name.lower() == doctype.replace("_", ""):
                    yield from filter(None, (self.method(module, owner, each) for each in events))
        for entry in self.hooks.of(DOC_EVENTS):
            about, event = in_paths(entry.path[0]) if entry.path else "", entry.path[-1:]
            if about in (doctype, "*") and set(event) <= {*events}:
                yield from filter(None, [self.function(entry.name)])

    def reach(self, function: Function, depth: int) -> list[Function]:
        """The function and what it calls, over so many calls."""
        return list(self.reached_from([function], depth))

    def reached_from(self, roots: Iterable[Function], depth: int) -> dict[Function, Function]:
        """These and what they call, over so many calls, each with the one that leads to it."""
        found = {root: root for root in roots}
        edge = list(found)
        for _ in range(depth):
            callers, edge = edge, []
            for caller in callers:
                for callee in self.callees(caller):
                    if callee not in found:
                        found[callee] = found[caller]
                        edge.append(callee)
        return found


def is_doctypes(module: Module) -> bool:
    """Whether it has a doctype's class, by Frappe's path convention."""
    parts = module.name.split(".")
    return parts[-3:-2] == ["doctype"] and parts[-1] == parts[-2]
