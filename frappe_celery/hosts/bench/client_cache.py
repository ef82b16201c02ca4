"""What Frappe 16 keeps of a site from job to job and hands out by reference, as metas and hooks: of
that is dropped what a job has changed, and the next one reads it from Redis again."""

from __future__ import annotations

import logging
import sys
from types import ModuleType
from typing import Any

import frappe

logger = logging.getLogger(__name__)


class _Watched(dict[bytes, Any]):
    """A client cache's dictionary."""

    def __init__(self, entries: dict[bytes, Any]) -> None:
        super().__init__(entries)
        self._read: set[tuple[bytes, str | None]] = set()
        self._before: dict[bytes, dict[str | None, tuple[list[Any], ...]]] = {}

    def __setitem__(self, key: bytes, cached: Any) -> None:
        self._before[key] = {None: _containers(cached.value)}
        self._read.add((key, None))
        super().__setitem__(key, cached)

    def __getitem__(self, key: bytes) -> Any:
        cached = super().__getitem__(key)
        hook, parts = _asked_hook(), self._before.setdefault(key, {})
        self._read.add((key, hook))
        if hook not in parts:
            parts[hook] = _containers(cached.value if hook is None else cached.value.get(hook))
        return cached

    def drop_changed(self, label: str) -> None:
        """After a job: of what it has read or set."""
        for key, hook in self._read:
            cached, parts = self.get(key), self._before[key]
            if cached is None or hook not in parts:  # it has been set since
                continue
            owners, values, before = parts[hook]
            if values == before:
                continue
            if all(map(_is_as_before, owners, values, before)):
                parts[hook] = _containers(cached.value if hook is None else cached.value.get(hook))
            else:
                self.pop(key, None)
                logger.info("%s changed %s in Frappe's cache: dropped", label, key.decode())
        self._read.clear()
        if len(self._before) > len(self):
            self._before = {key: self._before[key] for key in [*self] if key in self._before}


def _asked_hook() -> str | None:
    """What `get_hooks` is asked for, and alone hands out; None: another reads, or all of it."""
    frame = sys._getframe(2).f_back  # behind `ClientCache.get_value`
    if frame and frame.f_code.co_name == "get_hooks" and frame.f_globals["__name__"] == "frappe":
        hook: str | None = frame.f_locals.get("hook")
        return hook or None
    return None


def _containers(value: Any) -> tuple[list[Any], ...]:
    """Of an entry: what has them, they themselves, and how they are."""
    owners: list[Any] = []
    found: list[Any] = []
    seen: set[int] = set()
    todo = [value]
    while todo:
        one = todo.pop()
        if isinstance(one, (str, int, ModuleType)) or callable(one) or id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, tuple):
            todo += one
            continue
        its = one if isinstance(one, (dict, list, set)) else getattr(one, "__dict__", None)
        if its is not None:
            owners.append(one)
            found.append(its)
            todo += its.values() if isinstance(its, dict) else its
    return owners, found, [type(its).copy(its) for its in found]


def _is_as_before(owner: Any, now: Any, before: Any) -> bool:
    """But for what its class's cached properties have added."""
    if owner is now or not now.items() >= before.items():
        return bool(now == before)
    return all(hasattr(type(owner), name) for name in now.keys() - before.keys())


def watch() -> None:
    """As a job's method is about to run."""
    cache = getattr(frappe, "client_cache", None)
    if cache is not None and type(cache.cache) is dict:
        with cache.lock:
            cache.cache = _Watched(cache.cache)


def drop_changed(label: str) -> None:
    """After a job."""
    found = getattr(getattr(frappe, "client_cache", None), "cache", None)
    if isinstance(found, _Watched):
        found.drop_changed(label)
