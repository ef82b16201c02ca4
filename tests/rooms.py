"""The rooms as the code has them: their graph, the picture in CONTRIBUTING.md, circles.

python -m tests.rooms     writes the picture anew; prints floors, circles and lines of code
"""

from __future__ import annotations

import ast
import re
import sys
import tokenize
from collections.abc import Collection, Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from importlib.util import find_spec
from pathlib import Path

import grimp

HERE = Path(__file__).parents[1]
SOURCES = Path(str(find_spec("frappe_celery").origin)).parents[1]  # type: ignore[union-attr]
"""Where the packages lie: here, or where a wheel of them was installed."""
PACKAGE = "frappe_celery"
PACKAGES = (PACKAGE, "frappe_bridge", "frappe_pages", "frappe_standalone", "frappe_check")
"""Of the distribution."""
BEGIN, END = "<!-- rooms: python -m tests.rooms -->", "<!-- end of rooms -->"
DRAWN_OPEN = ("brokers", "hosts", "watch")
"""Rooms whose own rooms the picture shows."""

NO_CODE = {
    getattr(tokenize, name)
    for name in ("COMMENT", "NL", "NEWLINE", "INDENT", "DEDENT", "ENCODING", "ENDMARKER")
}

Arrows = Mapping[str, Collection[str]]


def graph() -> grimp.ImportGraph:
    """Every import of the packages', inside functions and for types alone too."""
    return grimp.build_graph(*PACKAGES, cache_dir=None)


def arrows(found: grimp.ImportGraph) -> dict[str, set[str]]:
    """What each module imports."""
    return {module: found.find_modules_directly_imported_by(module) for module in found.modules}


def between_rooms(imports: Arrows, package: str = PACKAGE) -> dict[str, set[str]]:
    """What each room or file of a package imports of the others; the package is one by itself."""

    def room_of(module: str) -> str:
        return module.removeprefix(f"{package}.").split(".")[0] if module != package else package

    inside = {m for m in imports if m == package or m.startswith(f"{package}.")}
    rooms: dict[str, set[str]] = {room_of(module): set() for module in inside}
    for module in inside:
        others = {room_of(other) for other in imports[module] if other in inside}
        rooms[room_of(module)] |= others - {room_of(module)}
    return rooms


def packages(imports: Arrows) -> list[str]:
    """Those that have rooms or files in them."""
    return sorted({module.rpartition(".")[0] for module in imports if "." in module})


def circle(imports: Arrows) -> list[str] | None:
    """One of those that there are."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as exc:
        return list(reversed(exc.args[1]))
    return None


def pairs(imports: Arrows) -> set[tuple[str, str]]:
    """Modules that import each other."""
    return {
        (one, other)
        for one, others in imports.items()
        for other in others
        if one < other and one in imports.get(other, ())
    }


def joined(imports: Arrows, some: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """The same with each of these pairs as one module."""
    names = {module: module for module in imports}
    names |= {module: " and ".join(pair) for pair in some for module in pair}
    result: dict[str, set[str]] = {name: set() for name in names.values()}
    for module, others in imports.items():
        result[names[module]] |= {names[other] for other in others} - {names[module]}
    return result


# -- numbers


def floors(rooms: Arrows) -> int:
    """How many rooms stand above each other, counted from the lowest."""
    height: dict[str, int] = {}
    for room in TopologicalSorter(rooms).static_order():
        height[room] = 1 + max((height[below] for below in rooms[room]), default=0)
    return max(height.values())


def code_lines(path: Path) -> int:
    """Lines of a module or a script without blanks, comments and docstrings."""
    source = path.read_text()
    if path.suffix == ".lua":
        return len(re.findall(r"^\s*(?!--)\S", source, re.MULTILINE))
    counted: set[int] = set()
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type not in NO_CODE:
                counted |= {*range(token.start[0], token.end[0] + 1)}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            counted -= {*range(node.lineno, (node.end_lineno or 0) + 1)}
    return len(counted)


def numbers() -> Iterator[str]:
    """Of each package: files, lines of code, floors, circles."""
    imports = arrows(graph())
    for package in PACKAGES:
        paths = [path for kind in ("py", "lua") for path in (SOURCES / package).rglob(f"*.{kind}")]
        rooms = between_rooms(imports, package)
        front_door = {package}
        rooms = {room: rooms[room] - front_door for room in rooms.keys() - front_door}
        circles = [*filter(None, [circle(rooms)]), *pairs(rooms)]
        inside = {name: imports[name] for name in imports if name.partition(".")[0] == package}
        yield (
            f"{package:<18}{len(paths):>4} files {sum(map(code_lines, paths)):>7,} lines of code"
            f" {floors(rooms):>3} floors, {len(circles)} circles of rooms,"
            f" {len(pairs(inside))} pairs of files"
        )


# -- the picture


def layers() -> list[list[str]]:
    """The storeys of the contract in pyproject.toml, the uppermost first."""
    import tomllib  # from Python 3.11 on

    text = (HERE / "pyproject.toml").read_text()
    contract = tomllib.loads(text)["tool"]["importlinter"]["contracts"][0]
    return [re.split(r" [|:] ", layer) for layer in contract["layers"]]


def picture() -> str:
    """A line a room: its name, what it is for (its first line), and what it imports."""
    imports = between_rooms(arrows(graph()))
    lines = []
    for layer in [[PACKAGE], *layers()]:
        for name in layer:
            path = SOURCES / PACKAGE if name == PACKAGE else SOURCES / PACKAGE / name
            below = [each for others in layers() for each in others if each in imports[name]]
            shown = f"{name}/" if path.is_dir() else f"{name}.py"
            if name == PACKAGE:
                shown = "__init__.py"
            lines.append(f"{shown:<18}{first_line(path)}")
            if name in DRAWN_OPEN:
                inner = sorted(p for p in path.iterdir() if (p / "__init__.py").exists())
                lines += [f"  {p.name + '/':<16}{first_line(p)}" for p in inner]
            if below:
                lines.append(f"{'':<18}→ {' '.join(below)}")
    return "\n".join(lines)


def first_line(path: Path) -> str:
    """What a module's docstring begins with."""
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    text = ast.get_docstring(ast.parse(file.read_text())) or ""
    return text.partition("\n\n")[0].replace("\n", " ")


def drawn(page: str) -> str:
    """A page with the picture as it is now."""
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n\n```text\n{picture()}\n```\n\n{END}{tail}"


def files(room: str) -> Iterator[str]:
    """Each file of a room with its first line."""
    for path in sorted((SOURCES / PACKAGE / room).rglob("*.py")):
        if path.name != "__init__.py" and "namespace" not in path.parts:
            yield f"{path.relative_to(SOURCES / PACKAGE)}  {first_line(path.with_suffix(''))}"


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(*files(name), sep="\n")
    if sys.argv[1:]:
        sys.exit()
    contributing = HERE / "CONTRIBUTING.md"
    contributing.write_text(drawn(contributing.read_text()))
    print(*numbers(), sep="\n")
