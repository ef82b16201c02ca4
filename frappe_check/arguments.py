"""What `frappe-celery check` was asked to look at, as folders of apps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from frappe_celery.config.files import app_folders, find_apps
from frappe_celery.errors import ConfigError

FRAPPE = "frappe"
OWN = "frappe_celery"
"""Not looked at unless it is named."""


@dataclass(frozen=True)
class Wanted:
    """An app's folder, and which of its files are asked for."""

    folder: Path
    only: Path
    """The folder, a folder in it, or a file."""


def wanted(arguments: Sequence[str], root: Path) -> list[Wanted]:
    """What each argument names; without any the apps of the bench or project in `root`, Frappe as
    the last.

    Raises:
        ConfigError: names the argument that is neither an app nor a path.
    """
    found = dict.fromkeys(
        each for argument in arguments or _installed(root) for each in _named(argument, root)
    )
    return list(found)


def _installed(root: Path) -> list[str]:
    listed = root / "sites" / "apps.txt"
    names = listed.read_text().split() if listed.is_file() else find_apps(root)
    has_frappe = any((folder / FRAPPE / "hooks.py").is_file() for folder in app_folders(root))
    names = [name for name in names if name != OWN and (has_frappe or name != FRAPPE)]
    if not names:
        raise ConfigError(
            f"{root} has no sites/apps.txt that names an app, and no package with a hooks.py."
            " Name an app's folder: `frappe-celery check path/to/myapp`"
        )
    return sorted(names, key=FRAPPE.__eq__)


def _named(argument: str, root: Path) -> list[Wanted]:
    for folder in app_folders(root):
        package = folder / argument
        if argument.isidentifier() and (package / "hooks.py").is_file():
            return [Wanted(package.resolve(), package.resolve())]
    path = Path(argument)
    if path.is_dir():
        return _in_folder(path.resolve())
    if path.is_file() and path.suffix == ".py":
        return [Wanted(_app_around(path.resolve().parent), path.resolve())]
    known = ", ".join(find_apps(root))
    raise ConfigError(
        f"{argument!r} is neither an app in {root} ({known or 'there is none'}) nor a folder or a"
        " Python file. Give an app's name, or a path to its sources"
    )


def _in_folder(path: Path) -> list[Wanted]:
    """An app's package, the repository around some, or a folder within one."""
    around = _app_around(path)
    if (around / "hooks.py").is_file():
        return [Wanted(around, path)]
    packages = sorted(file.parent for file in path.glob("*/hooks.py"))
    return [Wanted(package, package) for package in packages] or [Wanted(around, path)]


def _app_around(folder: Path) -> Path:
    """The package with a hooks.py that a folder lies in, else the outermost package, else it."""
    outermost = folder
    for each in (folder, *folder.parents):
        if (each / "hooks.py").is_file() and (each / "__init__.py").is_file():
            return each
        if not (each / "__init__.py").is_file():
            break
        outermost = each
    return outermost
