"""Apps for tests: a folder `myapp` from one text, as the rules' examples are written."""

from __future__ import annotations

import re
from pathlib import Path

from frappe_check.arguments import Wanted
from frappe_check.examine import Report, examine

_FILE = re.compile(r"^# (?P<name>[\w/]+\.(py|json))$")
_FOUND = re.compile(r"FC\d{3}")


def written(folder: Path, text: str) -> Path:
    """The app, and a file for each comment that names one: `# tasks.py`."""
    app = folder / "myapp"
    files: dict[str, list[str]] = {"__init__.py": []}
    lines = files["__init__.py"]
    for line in text.strip().splitlines():
        begins = _FILE.match(line)
        if begins:
            lines = files.setdefault(begins["name"], [])
        if not begins or begins["name"].endswith(".py"):
            lines.append(line)
    for name, content in files.items():
        path = app / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(content) + "\n")
        for package in path.relative_to(app).parents:
            (app / package / "__init__.py").touch()
    return app


def examined(folder: Path, text: str, *, import_hooks: bool = False) -> Report:
    """What is said of the app."""
    app = written(folder, text)
    return examine(Wanted(app, app), import_hooks)


def found(report: Report) -> set[tuple[str, int, str]]:
    """File, line and code of every finding."""
    return {
        (str(each.path.relative_to(report.app.folder)), each.line, each.code)
        for each in report.findings
    }


def marked(folder: Path) -> set[tuple[str, int, str]]:
    """The same as the comments in the app's files have it."""
    return {
        (str(path.relative_to(folder)), number, code)
        for path in folder.rglob("*.py")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        for code in _FOUND.findall(line.partition("#")[2])
    }
