"""The types of `import frappe` without Frappe, in `stubs/`: the build makes them for the wheel, and
for an editable install; `python -m hatch_build` makes them anew.

A stub names what the namespace has, and where in this package it is typed. All is read from the
sources: where something is built nothing of ours can be imported.
"""

from __future__ import annotations

import ast
import runpy
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE = Path(__file__).parent
STUBS = HERE / "stubs"
HEAD = "# made by the build: hatch_build.py\n"
_HOST = "frappe_standalone"


def _sources() -> Path:
    """The folder of our packages: here, but for tests of what is installed elsewhere."""
    if (HERE / _HOST).is_dir():
        return HERE
    spec = find_spec(_HOST)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parents[1]


SOURCES = _sources()
NAMESPACE = SOURCES / _HOST / "namespace"
table = runpy.run_path(str(NAMESPACE / "table.py"))["table"]
_DOCUMENT = f"from {_HOST}.documents.document import Document as {{}}"
_TYPE_CHECKING = "from typing import TYPE_CHECKING as TYPE_CHECKING"
_LEFT_OUT = (
    *("__future__", "collections.abc", "functools", "importlib", "sys", "typing"),
    f"{_HOST}.namespace.importer",
)
"""What a module of the namespace imports for itself."""
_DOC = ("from typing import Any", _DOCUMENT.format("_Document"))


def _returns_document(name: str) -> tuple[tuple[str, ...], str]:
    return _DOC, f"def {name}(*args: Any, **kwargs: Any) -> _Document: ..."


TYPED = {
    **{
        name: _returns_document(name)
        for name in ("get_doc", "get_cached_doc", "get_last_doc", "get_lazy_doc", "new_doc")
    },
    "get_single": (_DOC, "def get_single(doctype: str) -> _Document: ..."),
    "copy_doc": (_DOC, "def copy_doc(doc: Any, ignore_no_copy: bool = True) -> _Document: ..."),
    "db": ((f"from {_HOST}.database.database import Database as _Database",), "db: _Database"),
    "__version__": ((), "__version__: str"),
    "in_test": ((), "in_test: bool"),
    **{
        name: ((f"from {_HOST}.utils.frappedict import _dict as _dict",), f"{name}: _dict")
        for name in ("conf", "flags", "form_dict", "response", "session")
    },
}
"""What the package itself types as anything: the imports, and what stands for it."""


class Stubs(BuildHookInterface):
    """Writes them before they are put into a wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        write()


def write() -> None:
    """Write all of them anew."""
    shutil.rmtree(STUBS, ignore_errors=True)
    for path, text in stubs().items():
        (STUBS / path).parent.mkdir(parents=True, exist_ok=True)
        (STUBS / path).write_text(text, encoding="utf-8")


def stubs() -> dict[Path, str]:
    """Each stub by its path below `stubs/`."""
    return {path.relative_to(NAMESPACE).with_suffix(".pyi"): _stub(path) for path in modules()}


def modules() -> list[Path]:
    """The file of each module of `frappe`, also of one that stands in the table alone."""
    folder = NAMESPACE / "frappe"
    listed = {path for path in map(Path, table()) if folder in path.parents}
    return sorted({*listed, *folder.rglob("*.py")})


def _stub(path: Path) -> str:
    module = ".".join(path.relative_to(NAMESPACE).with_suffix("").parts).removesuffix(".__init__")
    found = dict(names(path, module))
    if module == "frappe":
        found |= {"__version__": "", "in_test": "", "TYPE_CHECKING": _TYPE_CHECKING}
    imports: dict[str, None] = {}
    bodies = []
    for name, line in sorted(found.items()):
        needed, body = TYPED.get(name, ((line,), ""))
        imports |= dict.fromkeys(needed)
        bodies += [body] if body else []
    return HEAD + "\n".join([*imports, "", *bodies]) + "\n"


def names(path: Path, module: str) -> Iterator[tuple[str, str]]:
    """The names that a module of the namespace has, each with its import."""
    here = f"{_HOST}.namespace.{module}"
    defined = path.read_text(encoding="utf-8") if path.exists() else ""
    for node in ast.parse(table().get(str(path), "")).body + ast.parse(defined).body:
        if isinstance(node, ast.ImportFrom) and node.module not in _LEFT_OUT:
            for alias in node.names:
                if alias.name == "*":
                    yield from _of_star(node.module or "")
                else:
                    name = alias.asname or alias.name
                    yield name, f"from {node.module} import {alias.name} as {name}"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if "." not in alias.name and alias.name not in _LEFT_OUT:
                    yield alias.name, f"import {alias.name} as {alias.name}"
        elif not isinstance(node, ast.ImportFrom):
            for name in _bound(node):
                if not name.startswith("__"):
                    yield name, f"from {here} import {name} as {name}"


def _of_star(module: str) -> Iterator[tuple[str, str]]:
    """What `from module import *` gives, but for what the module itself only imports."""
    file = SOURCES / f"{module.replace('.', '/')}.py"
    if not file.exists():
        yield "*", f"from {module} import *"
        return
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        names = _bound(node)
        if isinstance(node, ast.ImportFrom):
            names = [alias.name for alias in node.names if alias.asname == alias.name]
        for name in names:
            if not name.startswith("_"):
                yield name, f"from {module} import {name} as {name}"


def _bound(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else []
    if isinstance(node, ast.AnnAssign):
        targets = [node.target]
    return [
        each.id
        for target in targets
        for each in (target.elts if isinstance(target, ast.Tuple) else [target])
        if isinstance(each, ast.Name)
    ]


if __name__ == "__main__":
    write()
