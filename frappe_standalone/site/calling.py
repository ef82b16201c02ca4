"""`frappe.call`, `get_attr`, `whitelist`: functions by name, called with what they take."""

from __future__ import annotations

import functools
import importlib
import inspect
import re
from collections.abc import Callable
from typing import Any

from frappe_standalone.exceptions import DataError
from frappe_standalone.exceptions import PermissionError as NotPermitted
from frappe_standalone.missing import ANY, lacks
from frappe_standalone.site.app_hooks import get_hooks, make_importable
from frappe_standalone.utils.numbers import cint

_NEVER_PASSED = ("flags", "ignore_permissions")

whitelisted: list[Callable[..., Any]] = []
guest_methods: list[Callable[..., Any]] = []


def get_module(modulename: str) -> Any:
    """Import the module of that name, an app's too."""
    make_importable()
    return importlib.import_module(modulename)


def get_attr(method_string: str) -> Any:
    """What is at a dotted path; classes on the way are fine.

    Raises:
        ImportError: no such module.
        AttributeError: the module has no such name.
    """
    modulename, _, name = method_string.rpartition(".")
    if not modulename:
        raise ImportError(
            f"{method_string!r} is not a dotted path; write module.function, as in"
            " 'myapp.tasks.daily_report'"
        )
    try:
        return getattr(get_module(modulename), name)
    except ModuleNotFoundError as exc:
        if "." not in modulename or exc.name != modulename:
            raise
        package, _, class_name = modulename.rpartition(".")
        holder = getattr(get_module(package), class_name, None)
        if not isinstance(holder, type):
            raise exc from None
        return getattr(holder, name)


def call(fn: str | Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a function, or what a path names, with the keyword arguments that it takes."""
    function = get_attr(fn) if isinstance(fn, str) else fn
    return function(*args, **get_newargs(function, kwargs))


def get_newargs(fn: Callable[..., Any], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments that `fn` takes; `flags` and `ignore_permissions` are never passed on."""
    try:
        parameters = inspect.signature(fn).parameters
    except (TypeError, ValueError):  # a builtin that does not tell
        return dict(kwargs)
    takes_all = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    return {
        name: value
        for name, value in kwargs.items()
        if (takes_all or name in parameters) and name not in _NEVER_PASSED
    }


def get_hook_method(hook_name: str, fallback: Any = None) -> Any:
    """The function that the first app has for a hook."""
    paths = get_hooks(hook_name)
    return get_attr(paths[0]) if paths else fallback


def call_hook_method(hook: str, *args: Any, **kwargs: Any) -> Any:
    """Call every app's function for a hook; the first answer that is something."""
    answers = [get_attr(path)(*args, **kwargs) for path in get_hooks(hook)]
    return next(filter(None, answers), None)


@lacks(force_types=ANY)
def whitelist(
    allow_guest: bool = False, xss_safe: bool = False, methods: list[str] | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator: may be called from outside. There is no outside here, so it only notes that."""

    def note(fn: Callable[..., Any]) -> Callable[..., Any]:
        whitelisted.append(fn)
        if allow_guest:
            guest_methods.append(fn)
        return fn

    return note


@lacks(key=ANY, limit=ANY, seconds=ANY, methods=ANY, ip_based=ANY)
def rate_limit() -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator: limits requests, as in Frappe; a call that is none, such as a job's, passes."""
    return lambda function: function


def validate_and_sanitize_search_inputs(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator for a query behind a link field: numbers are made numbers.

    Raises:
        DataError: the search field has other characters than a field's name.
    """

    @functools.wraps(fn)
    def search(*args: Any, **kwargs: Any) -> Any:
        kwargs.update(zip(fn.__code__.co_varnames, args, strict=False))
        if re.search(r"\W", kwargs["searchfield"] or ""):
            raise DataError(f"Invalid Search Field {kwargs['searchfield']}")
        kwargs["start"], kwargs["page_len"] = cint(kwargs["start"]), cint(kwargs["page_len"])
        return fn(**kwargs)

    return search


def is_whitelisted(method: Callable[..., Any]) -> None:
    """Raises PermissionError unless `method` was whitelisted."""
    if getattr(method, "__func__", method) not in whitelisted:
        raise NotPermitted(f"{method.__module__}.{method.__name__} is not whitelisted")
