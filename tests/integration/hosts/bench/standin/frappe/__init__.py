"""Stands in for Frappe: what the bench host calls, each written for these tests.

Its database is a file of lines, `effects.txt` in the bench; what a job writes is there once it was
committed. STANDIN_FRAPPE says which version it is like: 15.0.0 unless said, or 16.9.0.
"""

import importlib
import json
import os
from contextlib import nullcontext, suppress
from contextvars import ContextVar
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

__version__ = os.environ.get("STANDIN_FRAPPE", "15.0.0")
STABLE_16 = __version__.startswith("16")


class RetryBackgroundJobError(Exception):
    pass


class QueryDeadlockError(Exception):
    pass


class QueryTimeoutError(Exception):
    pass


_values = ContextVar("frappe_local")


class Local:
    """As from v16 on: one dictionary a context, which is changed in place."""

    def __getattr__(self, name):
        try:
            return _values.get({})[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name, value):
        values = _values.get(None)
        if values is None:
            values = {}
            _values.set(values)
        values[name] = value

    def __delattr__(self, name):
        try:
            del _values.get({})[name]
        except KeyError:
            raise AttributeError(name) from None


def release_local(local):
    _values.set({})


class Cache(dict):
    get_value = dict.get

    def delete_value(self, name):
        self.pop(name, None)
        self.setdefault("app_hooks", ["fixture_app.tasks.write"])


local = Local()
cache = Cache()
session = SimpleNamespace(user=None)
flags = SimpleNamespace(in_test=False, in_migrate=False)
conf = {}
loggers = {}
log_level = None
lenient = True
"""Frappe v15 takes a configuration that is no JSON for an empty one; v16 raises."""


def init(site, force=False):
    if force or not hasattr(local, "site"):
        if not os.path.isdir(site):
            raise FileNotFoundError(site)
        local.site = site
        local.conf = conf
        conf.clear()
        for path in ("common_site_config.json", f"{site}/site_config.json"):
            with suppress(ValueError) if lenient else nullcontext():
                conf.update(json.loads(Path(path).read_text()))


def __getattr__(name):
    if name == "db":
        return getattr(local, "db", None)
    raise AttributeError(name)


def connect():
    from frappe.database.database import Database

    local.db = Database(local.site)
    session.user = "Administrator"


def set_user(user):
    session.user = user


def destroy():
    session.user = None
    release_local(local)


def get_installed_apps():
    return local.db.values().get("installed_apps", ["fixture_app"])


def get_system_settings(name):
    return local.db.values().get("System Settings", {}).get(name)


def get_all(doctype, fields, order_by):
    times = ("creation", "last_execution")
    rows = [
        {name: datetime.fromisoformat(v) if name in times and v else v for name, v in row.items()}
        for row in local.db.values().get(doctype, [])
    ]
    return [{name: row.get(name) for name in fields} for row in rows]


def get_hooks(name):
    return ["fixture_app.tasks.before_job"] if name == "before_job" else []


def get_attr(path):
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def call(function, **kwargs):
    return (get_attr(function) if isinstance(function, str) else function)(**kwargs)


def log_error(title):
    local.db.lines.append(f"error log|{title}")


def enqueue(*args, **kwargs):
    from frappe.utils import background_jobs

    return background_jobs.enqueue(*args, **kwargs)
