"""`frappe.local`: what belongs to one job, thread, greenlet or asyncio task and to no other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from celery.local import Proxy

from frappe_standalone.missing import missing_attribute

_EMPTY: dict[str, Any] = {}
_OF_A_SITE = (
    *("all_apps", "app_modules", "jenv", "jloader", "link_count", "module_app"),
    *("new_doc_templates", "preload_assets", "rate_limiter", "replica_db", "response_headers"),
    *("role_permissions", "test_objects", "user", "user_perms", "valid_columns"),
)
"""What Frappe sets there for itself."""


class Local:
    """Attributes kept in a context variable; unset ones raise AttributeError, as any object's.

    What `on_first_use` is given is called before the first reading in a context that has no site,
    so that a script or a Django view gets the default site without a `frappe.init`.
    """

    __slots__ = ("_context", "_first_use")

    def __init__(self) -> None:
        object.__setattr__(self, "_context", ContextVar("frappe.local", default=_EMPTY))
        self.on_first_use(lambda: None)

    def on_first_use(self, enter: Callable[[], None]) -> None:
        """`site.context` enters the default site; what lies below it needs no more than `local`."""
        object.__setattr__(self, "_first_use", enter)

    def __getattr__(self, name: str) -> Any:
        values = self._context.get()
        if name in values:
            return values[name]
        if "site" not in values and not name.startswith("__"):
            self._first_use()
            values = self._context.get()
        if name in values:
            return values[name]
        if name in _OF_A_SITE:
            raise missing_attribute("frappe.local", name)
        raise AttributeError(
            f"frappe.local has no {name!r}: nothing set it on this site, in this job or thread"
        )

    def __contains__(self, name: object) -> bool:
        """Whether it is set; no site is entered for the answer."""
        return name in self._context.get()

    def __setattr__(self, name: str, value: Any) -> None:
        self._context.set({**self._context.get(), name: value})

    def __delattr__(self, name: str) -> None:
        values = dict(self._context.get())
        if name not in values:
            raise AttributeError(f"frappe.local has no {name!r}")
        del values[name]
        self._context.set(values)

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return iter(self._context.get().items())

    def __bool__(self) -> bool:
        return True

    @property
    def is_set_up(self) -> bool:
        """Whether a site was entered since the start or the last `clear`."""
        return "site" in self._context.get()

    def update(self, **values: Any) -> None:
        self._context.set({**self._context.get(), **values})

    def replace(self, values: dict[str, Any]) -> None:
        self._context.set(values)

    def clear(self) -> None:
        self._context.set(_EMPTY)

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Begin with nothing, and give back afterwards what was there before."""
        token = self._context.set(_EMPTY)
        try:
            yield
        finally:
            self._context.reset(token)


local = Local()


def on_an_event_loop() -> bool:
    """Whether this is code of asyncio's, which may not wait for a database."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def proxy(local: Local, name: str) -> Any:
    """Stands for `local.<name>` as it is when used, None while unset (`frappe.session`, …)."""
    return Proxy(lambda: getattr(local, name, None), name=name)
