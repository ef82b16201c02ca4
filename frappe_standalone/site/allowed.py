"""Which dotted paths may be a job: a message that names another is refused, whoever signed it."""

from __future__ import annotations

import os
import sys
import sysconfig
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from frappe_celery.host import Refused, options_stand_in, settings
from frappe_standalone.site import app_hooks

OURS = ("frappe", "frappe_celery")


def check(path: str) -> None:
    """Allow what lies in an app, in Django's INSTALLED_APPS, in the project's own folder, or in the
    `frappe` namespace, and what an app's `scheduler_events` name.

    Raises:
        Refused: it lies elsewhere; says what to write where.
    """
    root = path.partition(".")[0]
    config = settings.current()
    if root in OURS or root in config.app_names or root in config.job_modules:
        return
    if _is_in_project(root, config.root) or _is_of_django(path) or _is_scheduled(path):
        return
    raise Refused(
        f"{path} lies in no installed app ({', '.join(config.app_names) or 'there is none'}). If it"
        f' is to be a job, add "job_modules": ["{root}"] to {options_stand_in()}'
    )


def _is_of_django(path: str) -> bool:
    apps = sys.modules.get("django.apps")
    names = [app.name for app in apps.apps.get_app_configs()] if apps and apps.apps.ready else []
    project = os.environ.get("DJANGO_SETTINGS_MODULE", "").partition(".")[0]
    return any(path.startswith(f"{name}.") for name in (*names, project) if name)


@lru_cache(maxsize=256)
def _is_in_project(root: str, folder: Path) -> bool:
    """Whether a top-level module is a file below the project's folder, and none that was installed
    (a virtual environment may lie there too)."""
    try:
        spec = find_spec(root)
    except (ImportError, ValueError):
        return root == "__main__"
    if spec is None:
        return True  # to be told that there is no such module
    places = [spec.origin] if spec.has_location else list(spec.submodule_search_locations or ())
    installed = {Path(place).resolve() for place in sysconfig.get_paths().values()}
    return any(
        folder in parents and not installed & parents
        for parents in (set(Path(place).resolve().parents) for place in places if place)
    )


def _is_scheduled(path: str) -> bool:
    return any(
        path in app_hooks.scheduled_methods(found)
        for found in map(app_hooks.app_hooks, settings.current().app_names)
    )
