"""A module of an app: its tree, what it imports, and its functions."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from frappe_check.syntax import Definition, dotted, inside, targets

_SKIPPED = {
    *("tests", "test", "patches", "test_utils"),
    *("node_modules", "build", "dist", "site-packages", "env"),
}
_BLOCKS = (ast.If, ast.Try, ast.With, ast.For, ast.While)


@dataclass(eq=False)
class Function:
    """A function of a module, or a method of a class in it; what is nested in it belongs to it."""

    module: Module
    node: Definition
    owner: ast.ClassDef | None = None

    @property
    def name(self) -> str:
        """`myapp.tasks.sync`, `myapp.tasks.Importer.run`."""
        within = f"{self.owner.name}.{self.node.name}" if self.owner else self.node.name
        return f"{self.module.name}.{within}"

    @property
    def short(self) -> str:
        """Its name as a sentence has it, in backquotes."""
        return f"`{self.node.name}`"

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node of its body; its decorators and defaults are evaluated elsewhere."""
        return list(inside(self.node.body))

    @cached_property
    def calls(self) -> list[ast.Call]:
        return [node for node in self.nodes if isinstance(node, ast.Call)]

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """What each node of it stands in."""
        return {
            child: node for node in (self.node, *self.nodes) for child in ast.iter_child_nodes(node)
        }

    def around(self, node: ast.AST) -> Iterator[ast.AST]:
        """What a node stands in, the innermost first, without the function itself."""
        while (node := self.parents.get(node, self.node)) is not self.node:
            yield node

    @cached_property
    def parameters(self) -> list[ast.arg]:
        """Those that can be given by name."""
        arguments = self.node.args
        return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]

    @cached_property
    def written(self) -> list[tuple[ast.AST, ast.expr]]:
        """What it assigns to or deletes, with the statement that does."""
        return [(node, target) for node in self.nodes for target in targets(node)]

    @cached_property
    def assigned(self) -> list[tuple[str, ast.expr | None]]:
        """Each name that it binds, as often as it does, with the value where one is given."""
        return [
            (target.id, getattr(node, "value", None))
            for node, target in self.written
            if isinstance(target, ast.Name)
        ]

    @cached_property
    def made(self) -> dict[str, ast.Call]:
        """Names that it binds once, to what a call gives, with the call."""
        times = Counter(name for name, _ in self.assigned)
        return {
            name: value
            for name, value in self.assigned
            if times[name] == 1 and isinstance(value, ast.Call)
        }

    @cached_property
    def given(self) -> dict[str, ast.Call]:
        """As `made`, and by `with … as` and `:=`."""
        items = (node for node in self.nodes if isinstance(node, ast.withitem))
        walruses = (node for node in self.nodes if isinstance(node, ast.NamedExpr))
        bound: list[tuple[ast.expr | None, ast.expr]] = [
            *((item.optional_vars, item.context_expr) for item in items),
            *((walrus.target, walrus.value) for walrus in walruses),
        ]
        return self.made | {
            target.id: value
            for target, value in bound
            if isinstance(target, ast.Name) and isinstance(value, ast.Call)
        }

    @cached_property
    def local(self) -> set[str]:
        """Names that it binds itself; not those that it declares global."""
        bound = {each.arg for each in self.parameters}
        bound |= {each.arg for each in (self.node.args.vararg, self.node.args.kwarg) if each}
        outer: set[str] = set()
        for node in self.nodes:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                bound.add(node.id)
            elif isinstance(node, ast.Global):
                outer |= set(node.names)
            elif isinstance(node, ast.ExceptHandler) and node.name:
                bound.add(node.name)
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                bound |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
            elif isinstance(node, Definition | ast.ClassDef):
                bound.add(node.name)
                if isinstance(node, Definition):
                    bound |= {each.arg for each in node.args.args}
        return bound - outer

    def full(self, node: ast.AST) -> str:
        """As the module's `full`; '' too where the name begins with one of the function's own."""
        head = dotted(node).partition(".")[0]
        is_own = head in self.local and head not in self.module.imports
        return "" if is_own else self.module.full(node)


@dataclass(eq=False)
class Module:
    """A source file that could be parsed."""

    name: str
    path: Path
    source: str
    tree: ast.Module
    functions: dict[str, Function] = field(default_factory=dict)
    """By their name in the module: `sync`, `Importer.run`."""
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for node in statements(self.tree.body):
            if isinstance(node, Definition):
                self.functions[node.name] = Function(self, node)
            elif isinstance(node, ast.ClassDef):
                self.classes[node.name] = node
                for each in node.body:
                    if isinstance(each, Definition):
                        self.functions[f"{node.name}.{each.name}"] = Function(self, each, node)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @cached_property
    def calls(self) -> list[ast.Call]:
        return [node for node in self.nodes if isinstance(node, ast.Call)]

    @cached_property
    def lines(self) -> list[str]:
        """As Python counts them: a form feed ends none."""
        return self.source.split("\n")

    @property
    def package(self) -> str:
        """The package that its relative imports begin from."""
        return self.name if self.path.name == "__init__.py" else self.name.rpartition(".")[0]

    @cached_property
    def imports(self) -> dict[str, str]:
        """What each imported name stands for, `frappe.utils.now`; those within functions too."""
        found: dict[str, str] = {}
        for node in self.nodes:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                found |= self.imported(node)
        return found

    def imported(self, node: ast.Import | ast.ImportFrom) -> dict[str, str]:
        """The names that one import statement binds, with what each stands for."""
        if isinstance(node, ast.Import):
            heads = ((alias, alias.name.partition(".")[0]) for alias in node.names)
            return {each.asname or head: each.name if each.asname else head for each, head in heads}
        source = node.module or ""
        if node.level:
            base = self.package.split(".")
            kept = base[: len(base) - node.level + 1]
            source = ".".join([*kept, source] if source else kept)
        return {alias.asname or alias.name: f"{source}.{alias.name}" for alias in node.names}

    @cached_property
    def assigned(self) -> dict[str, ast.expr | None]:
        """Names that the module binds by assignment, with the value where one is given."""
        return {
            target.id: getattr(node, "value", None)
            for node in statements(self.tree.body)
            for target in targets(node)
            if isinstance(target, ast.Name)
        }

    @cached_property
    def names(self) -> set[str] | None:
        """All that the module binds; None where a star import hides it."""
        if "*" in self.imports or "__getattr__" in self.functions:
            return None
        return {*self.functions, *self.classes, *self.imports, *self.assigned}

    def full(self, node: ast.AST) -> str:
        """The dotted name of an expression, as seen from outside; '' where it has none.

        A name that is bound nowhere is taken as the module of that name.
        """
        head, dot, rest = dotted(node).partition(".")
        if head in self.imports:
            head = self.imports[head]
        elif head in self.functions or head in self.classes or head in self.assigned:
            head = f"{self.name}.{head}"
        return f"{head}{dot}{rest}"


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Those that run when a module is imported: also within `if`, `try`, `with` and loops."""
    for node in body:
        yield node
        if isinstance(node, _BLOCKS):
            for part in ("body", "orelse", "finalbody"):
                yield from statements(getattr(node, part, []))
            for handler in getattr(node, "handlers", []):
                yield from statements(handler.body)


def source_files(folder: Path) -> Iterator[Path]:
    """The sources in a folder that run in production: neither tests nor patches."""
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            if path.name not in _SKIPPED and not path.name.startswith((".", "__")):
                yield from source_files(path)
        elif path.suffix == ".py" and not is_test(path.name):
            yield path


def is_test(file: str) -> bool:
    """By the names that Frappe and pytest look for."""
    named = ("conftest.py", "test.py", "tests.py")
    return file.startswith("test_") or file.endswith("_test.py") or file in named
