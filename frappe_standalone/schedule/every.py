"""`@frappe_celery.every` in an app's `tasks` module: entries beside those of its hooks.py."""

from __future__ import annotations

import importlib
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from frappe_celery.host import EVERY, hosts
from frappe_standalone.site.context import importing


def with_marked(found: hosts.AppHooks) -> hosts.AppHooks:
    """An app's hooks with these; its error, where the module has some and cannot be imported.

    A module that does not speak of `every` is not imported.
    """
    if found.error is not None:
        return found
    spec = find_spec(f"{found.app}.tasks")
    try:
        if spec is None or spec.origin is None or b"every" not in Path(spec.origin).read_bytes():
            return found
        with importing():
            module = importlib.import_module(spec.name)
    except (Exception, SystemExit) as error:
        reason = f"{found.app}.tasks cannot be imported: {type(error).__name__}: {error}"
        return hosts.AppHooks(app=found.app, error=reason)
    events = dict(found.hooks.get("scheduler_events") or {})
    cron = dict(events.get("cron") or {})
    for function in vars(module).values():
        if getattr(function, "__module__", None) != module.__name__:
            continue
        for expression in getattr(function, EVERY, ()):
            path = f"{module.__name__}.{function.__qualname__}"
            cron[expression] = [*dict.fromkeys((*cron.get(expression, ()), path))]
    return replace(found, hooks={**found.hooks, "scheduler_events": {**events, "cron": cron}})
