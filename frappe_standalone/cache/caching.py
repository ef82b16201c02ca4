"""`frappe.utils.caching`: functions whose answers are kept for a job, a while, or a site."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from frappe_standalone.cache.cache import cache
from frappe_standalone.local import local

Function = TypeVar("Function", bound=Callable[..., Any])


def request_cache(func: Function) -> Function:
    """Decorator: the answer to the same arguments is kept until the job, or the user, changes."""

    name = f"request_cache:{func.__module__}.{func.__qualname__}"

    @functools.wraps(func)
    def kept(*args: Any, **kwargs: Any) -> Any:
        key = (args, tuple(sorted(kwargs.items())))
        try:
            hash(key)
        except TypeError:  # arguments that cannot be compared
            return func(*args, **kwargs)
        return local_cache(name, key, functools.partial(func, *args, **kwargs))

    return kept  # type: ignore[return-value]


def redis_cache(ttl: Any = 3600, user: Any = None, shared: bool = False) -> Any:
    """Decorator, with or without arguments: the answer is kept in Redis for `ttl` seconds."""
    func = ttl if callable(ttl) else None
    seconds = 3600 if func else ttl

    def decorate(func: Callable[..., Any]) -> Callable[..., Any]:
        prefix = f"{func.__module__}.{func.__qualname__}"

        @functools.wraps(func)
        def kept(*args: Any, **kwargs: Any) -> Any:
            key = f"{prefix}::{args!r}{sorted(kwargs.items())!r}"
            answer = cache.get_value(key, user=user, expires=True, shared=shared)
            if answer is None:
                answer = func(*args, **kwargs)
                cache.set_value(key, answer, user=user, expires_in_sec=seconds, shared=shared)
            return answer

        kept.clear_cache = lambda: cache.delete_keys(prefix)  # type: ignore[attr-defined]
        return kept

    return decorate(func) if func else decorate


site_cache = redis_cache


def local_cache(namespace: str, key: Any, generator: Callable[[], Any], **_: Any) -> Any:
    """A value kept until the job, or the user, changes."""
    values = local.cache.setdefault(namespace, {})
    if key not in values:
        values[key] = generator()
    return values[key]
