"""The hooks.py files of a site's apps, imported as the modules that they are.

A hook may be a text, a list or a dictionary; `get_hooks` makes one list of every app's, in the
order of the installed apps, and does the same inside dictionaries (`doc_events`, `cron`).
"""

from __future__ import annotations

import copy
import importlib
import inspect
import logging
import traceback
from collections.abc import Mapping
from types import FunctionType, ModuleType
from typing import Any

from frappe_celery.host import app_files as config_files
from frappe_celery.host import hosts, settings
from frappe_standalone.site.context import AppsKey, apps_of, current_apps, importing
from frappe_standalone.utils.frappedict import _dict

logger = logging.getLogger(__name__)

_merged: dict[AppsKey, _dict] = {}
_doc_events: dict[AppsKey, dict[str, dict[str, list[str]]]] = {}


def make_importable() -> None:
    """Have the project's app folders on Python's path."""
    config_files.make_importable(settings.current().root)


def app_hooks(app: str) -> hosts.AppHooks:
    """One app's hooks, or the text of what went wrong when its hooks.py was imported."""
    make_importable()
    try:
        with importing():
            module = importlib.import_module(f"{app}.hooks")
    except (Exception, SystemExit) as error:
        return hosts.AppHooks(app=app, error=_reason(app, error))
    return hosts.AppHooks(app=app, hooks=_values(module))


def scheduled_methods(found: hosts.AppHooks) -> list[str]:
    """The methods that an app's `scheduler_events` name."""
    methods: list[str] = []
    for events in (found.hooks.get("scheduler_events") or {}).values():
        for entry in events.values() if isinstance(events, dict) else [events]:
            methods += [entry] if isinstance(entry, str) else list(entry)
    return [method for method in methods if isinstance(method, str) and "." in method]


def site_hooks(site: str) -> list[hosts.AppHooks]:
    """The hooks of a site's apps, each by itself, in installed order."""
    return [app_hooks(app) for app in apps_of(settings.current().site_config(site))[1]]


def get_hooks(hook: str | None = None, default: Any = None, app_name: str | None = None) -> Any:
    """`frappe.get_hooks`: all hooks of the site's apps, or one of them ([] when none has it).

    An app whose hooks.py cannot be imported is left out, and the log says so.
    """
    root, apps = current_apps()
    merged = _of((root, (app_name,) if app_name else apps))
    if hook is None:
        return copy.deepcopy(merged)
    if hook not in merged:
        return [] if default is None else default
    return copy.deepcopy(merged[hook])


def doctype_hooks(hook: str) -> Mapping[str, list[str]]:
    """A hook that is a dictionary by doctype, to be read only."""
    return _of(current_apps()).get(hook) or {}


def _of(apps: AppsKey) -> _dict:
    if apps not in _merged:
        _merged[apps] = _merge(apps[1])
    return _merged[apps]


def forget() -> None:
    """Read the hooks again when they are next asked for (`frappe.clear_cache`)."""
    _merged.clear()
    _doc_events.clear()


def get_doc_hooks() -> dict[str, dict[str, list[str]]]:
    """`doc_events` by doctype and event; a key that names several doctypes counts for each."""
    apps = current_apps()
    found = _doc_events.get(apps)
    if found is None:
        found = _doc_events[apps] = {}
        for doctypes, events in (get_hooks("doc_events") or {}).items():
            for doctype in doctypes if isinstance(doctypes, tuple) else (doctypes,):
                _append(found, doctype, events)
    return found


def _merge(apps: tuple[str, ...]) -> _dict:
    merged = _dict()
    for app in apps:
        found = app_hooks(app)
        if found.error is not None:
            logger.error("app %s is left out: %s", app, found.error)
        for name, value in found.hooks.items():
            _append(merged, name, value)
    return merged


def _append(target: dict[Any, Any], key: Any, value: Any) -> None:
    if isinstance(value, dict):
        inner = target.setdefault(key, {})
        for name, part in value.items():
            _append(inner, name, part)
    else:
        target.setdefault(key, []).extend(value if isinstance(value, (list, tuple)) else [value])


def _values(module: ModuleType) -> dict[str, Any]:
    return {
        name: value
        for name, value in inspect.getmembers(module)
        if not name.startswith("_") and not isinstance(value, (ModuleType, FunctionType, type))
    }


def _reason(app: str, error: BaseException) -> str:
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "importlib" not in f.filename]
    where = f" ({frames[-1].filename}, line {frames[-1].lineno})" if len(frames) > 1 else ""
    return f"{app}.hooks cannot be imported: {type(error).__name__}: {error}{where}"
