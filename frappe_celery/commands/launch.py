"""What a project's processes are started with: its Celery app, and the variables that it needs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec

from celery import Celery
from celery.app.utils import find_app

from frappe_celery.config.files import DJANGO_SETTINGS, make_importable, variable
from frappe_celery.config.option_defaults import OPTIONS
from frappe_celery.config.secrets import is_secret, masked_text
from frappe_celery.config.settings import Settings
from frappe_celery.errors import ConfigError
from frappe_celery.jobs import hosts
from frappe_celery.worker.readiness import Readiness

CELERYS_APP = "APP"
"""The variable that Celery's own commands take for `-A`."""
NEEDED = (
    *(DJANGO_SETTINGS, "DJANGO_CONFIGURATION", "CELERY_CONFIG_MODULE", "PYTHONPATH"),
    *("FRAPPE_SITE", "DATABASE_URL", "CELERY_BROKER_URL", "CELERY_RESULT_BACKEND"),
    *(variable(option.name) for option in OPTIONS),
)


@dataclass(frozen=True)
class Launch:
    """In a bench nothing: all that its processes need is in its files."""

    app: str | None = None
    """What `celery -A` is given for the app that `frappe_celery.setup` was called on."""
    own_queues: tuple[str, ...] = ()
    """Those of that app which are not Frappe's."""
    environment: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    """Variables that hold one, and are written nowhere."""


def launch_of(config: Settings, environ: Mapping[str, str] = os.environ) -> Launch:
    """By what this process was started with.

    Raises:
        ConfigError: the module of the app is there and cannot be imported.
    """
    if hosts.is_bench():
        return Launch()
    make_importable(config.root)
    name, app = _own_app(environ) or (None, None)
    needed = {name: value for name, value in sorted(environ.items()) if value and name in NEEDED}
    secrets = tuple(n for n, v in needed.items() if is_secret(n) or masked_text(v) != v)
    return Launch(
        name,
        tuple(queue for queue in app.amqp.queues if queue not in config.queues) if app else (),
        {name: value for name, value in needed.items() if name not in secrets},
        secrets,
    )


def _own_app(environ: Mapping[str, str]) -> tuple[str, Celery] | None:
    package = environ.get(DJANGO_SETTINGS, "").partition(".")[0]
    for name in (environ.get(CELERYS_APP), package):
        if not name or not _is_there(name):
            continue
        try:
            if _is_there(f"{name}.celery"):
                import_module(f"{name}.celery")  # whose ImportError Celery passes over
            app = find_app(name)
        except (AttributeError, ValueError):  # a package without an app
            continue
        except Exception as exc:
            raise ConfigError(f"the Celery app of {name} cannot be imported: {exc}") from exc
        if isinstance(app, Celery) and Readiness in app.steps["worker"]:
            return name, app
    return None


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):
        return False
