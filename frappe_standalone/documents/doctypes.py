"""Where apps describe doctypes: `<app>/<module>/doctype/<doctype>`, and fixtures."""

from __future__ import annotations

import importlib.util
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from frappe_standalone.site.app_hooks import make_importable
from frappe_standalone.site.context import AppsKey, current_apps
from frappe_standalone.utils.text import scrub, unscrub


@lru_cache(maxsize=64)
def custom_fields(apps: AppsKey) -> dict[str, list[dict[str, Any]]]:
    """By doctype, the Custom Fields that apps bring as files."""
    return _brought(apps, "custom_field", "dt")


@lru_cache(maxsize=64)
def property_setters(apps: AppsKey) -> dict[str, list[dict[str, Any]]]:
    """By doctype, the Property Setters that apps bring as files."""
    return _brought(apps, "property_setter", "doc_type")


@lru_cache(maxsize=64)
def roles(apps: AppsKey) -> dict[str, dict[str, Any]]:
    """By name, the Roles that apps bring as files."""
    brought = _brought(apps, "role", "name")
    return {name: each for name, (each, *_) in brought.items() if each.get("doctype") == "Role"}


def _brought(apps: AppsKey, kind: str, key: str) -> dict[str, list[dict[str, Any]]]:
    """By the doctype under a key, what fixtures and `<module>/custom/<doctype>.json` hold."""
    listed: list[dict[str, Any]] = []
    for root in (root for app in apps[1] for root in _roots(app)):
        for path in sorted(root.glob(f"fixtures/*{kind}.json")):
            listed += json.loads(path.read_text())
        for path in sorted(root.glob("*/custom/*.json")):
            exported = json.loads(path.read_text())
            if isinstance(exported, dict) and exported.get("sync_on_migrate"):
                listed += exported.get(f"{kind}s") or ()
    found: dict[str, list[dict[str, Any]]] = {}
    for each in listed:
        found.setdefault(each.get(key, ""), []).append(each)
    return found


@lru_cache(maxsize=1024)
def doctype_folder(doctype: str, apps: AppsKey) -> tuple[str, Path] | None:
    """The package and folder `<app>/<module>/doctype/<doctype>` of the last app that describes it.

    Where none does it is the last that has such a folder: a controller may lie there.
    """
    name = scrub(doctype)
    found = [
        (f"{package}.doctype.{name}", folder)
        for package, module in _module_folders(apps)
        if (folder := module / "doctype" / name).is_dir()
    ]
    described = (each for each in found if (each[1] / f"{name}.json").exists())
    return next(described, found[0] if found else None)


@lru_cache(maxsize=1024)
def controller_module(doctype: str, apps: AppsKey) -> tuple[str, bool]:
    """The module of a doctype's controller, in the folder of `doctype_folder`, and whether it is
    there; '' where no app has such a folder."""
    folder = doctype_folder(doctype, apps)
    if folder is None:
        return "", False
    name = scrub(doctype)
    return f"{folder[0]}.{name}", (folder[1] / f"{name}.py").exists()


def known_doctypes() -> list[str]:
    """The doctypes that the current site's apps describe, and our own."""
    found = {}
    for _, module in _module_folders(current_apps()):
        for path in sorted(module.glob("doctype/*/*.json")):
            if path.stem == path.parent.name:
                found[json.loads(path.read_text()).get("name") or unscrub(path.stem)] = True
    return list(found)


@lru_cache(maxsize=64)
def _module_folders(apps: AppsKey) -> list[tuple[str, Path]]:
    """Each module of each app, as package and folder, those of the last app first."""
    make_importable()
    return [
        (f"{app}.{module}", root / module)
        for app in (*reversed(apps[1]), "frappe")
        for root in _roots(app)
        for module in _modules(root)
    ]


def _roots(app: str) -> list[Path]:
    spec = importlib.util.find_spec(app)
    return [Path(found) for found in (spec and spec.submodule_search_locations) or ()]


def _modules(root: Path) -> list[str]:
    """The app's modules, of modules.txt or by looking for `doctype` folders."""
    listed = root / "modules.txt"
    if listed.exists():
        return [scrub(line.strip()) for line in listed.read_text().splitlines() if line.strip()]
    return sorted(found.parent.name for found in root.glob("*/doctype"))


def forget() -> None:
    """Look for them again when they are next asked for."""
    own = (doctype_folder, controller_module, _module_folders)
    for kept in (*own, custom_fields, property_setters, roles):
        kept.cache_clear()
