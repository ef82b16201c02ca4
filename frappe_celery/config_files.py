"""Finding and reading what a bench or project is configured by."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from frappe_celery.errors import ConfigError

_read: dict[Path, tuple[tuple[int, int], dict[str, Any]]] = {}


def find_root(environ: Mapping[str, str]) -> Path:
    """The bench's or project's folder: $FRAPPE_BENCH_ROOT, above `sites` when in it, else here."""
    if environ.get("FRAPPE_BENCH_ROOT"):
        root = Path(environ["FRAPPE_BENCH_ROOT"])
        if not root.is_dir():
            raise ConfigError(f"FRAPPE_BENCH_ROOT is {str(root)!r}, which is not a folder")
        return root
    here = Path.cwd()
    if here.name == "sites" and ((here / "apps.txt").exists() or (here / "common_site_config.json").exists()):
        return here.parent
    return here


def read_json(path: Path) -> dict[str, Any]:
    """A configuration file's object; read again only after it changed.

    Raises:
        ConfigError: not JSON, or not an object; names the file and the line.
    """
    stat = path.stat()
    version = (stat.st_mtime_ns, stat.st_size)
    cached = _read.get(path)
    if cached is None or cached[0] != version:
        try:
            value = json.loads(path.read_text())
        except json.JSONDecodeError as exc:
            raise ConfigError(
                f"{path}, line {exc.lineno}, column {exc.colno}: {exc.msg}. Mend the JSON there"
            ) from None
        if not isinstance(value, dict):
            raise ConfigError(f"{path} holds a {type(value).__name__}; it must be a JSON object")
        _read[path] = cached = (version, value)
    return dict(cached[1])


def parse_environment(
    environ: Mapping[str, str], prefix: str, names: Iterable[str]
) -> dict[str, Any]:
    """The options that the environment sets; a value that is JSON is read as JSON."""
    values: dict[str, Any] = {}
    for name in names:
        text = environ.get(prefix + name.upper().removeprefix(prefix))
        if text is None:
            continue
        try:
            values[name] = json.loads(text)
        except json.JSONDecodeError:
            values[name] = text
    return values


def find_apps(root: Path) -> tuple[str, ...]:
    """Packages with a hooks.py in `root`, in a bench's `apps`, and on PYTHONPATH."""
    folders = app_folders(root)
    folders += [Path(entry) for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    found: dict[str, None] = {}
    for folder in folders:
        for hooks in sorted(folder.glob("*/hooks.py")):
            if (hooks.parent / "__init__.py").exists():
                found.setdefault(hooks.parent.name)
    return tuple(found)


def app_folders(root: Path) -> list[Path]:
    """Where app packages lie: the project's folder, and each folder in a bench's `apps`."""
    return [root, *(path for path in sorted(root.glob("apps/*")) if path.is_dir())]


def make_importable(root: Path) -> None:
    """Put the folders of the apps on Python's path, behind what is there."""
    for folder in app_folders(root):
        if str(folder) not in sys.path:
            sys.path.append(str(folder))
