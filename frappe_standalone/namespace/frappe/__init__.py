"""`import frappe` where no Frappe is installed (frappe_celery's standalone host)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

# of these, classes say they are; pickle takes a class by value whose module nobody imported
import frappe.exceptions
import frappe.model.document
import frappe.types.frappedict

from frappe_standalone.cache.cache import cache
from frappe_standalone.namespace.importer import look_up
from frappe_standalone.site.calling import get_newargs
from frappe_standalone.site.context import db, flags

client_cache = cache
__title__ = "frappe_celery's standalone host"
STANDARD_USERS = ("Guest", "Administrator")


def ping() -> str:
    """Answers, so that one sees that jobs run."""
    return "pong"


def get_value(*args: Any, **kwargs: Any) -> Any:
    """The same as `frappe.db.get_value`."""
    return db.get_value(*args, **kwargs)


def read_only() -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator: Frappe would ask a replica; there is none here."""
    return lambda function: lambda *args, **kwargs: function(*args, **get_newargs(function, kwargs))


def task(**options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator: the function gets an `enqueue(**kwargs)` with these options."""
    from frappe_celery.host import enqueue_shim

    def with_enqueue(function: Callable[..., Any]) -> Callable[..., Any]:
        function.enqueue = lambda **kwargs: enqueue_shim.enqueue(function, **options, **kwargs)  # type: ignore[attr-defined]
        return function

    return with_enqueue


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from frappe_celery.host import settings

        return f"{settings.current().frappe_version}.0.0"
    if name == "qb":  # PyPika is imported with the first use
        from frappe_standalone.database.query_builder import Builder

        return Builder
    if name == "in_test":
        return bool(flags.in_test)
    return look_up(sys.modules[__name__], name)
