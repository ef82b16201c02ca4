"""What Frappe 16 keeps of a site from job to job and hands out by reference, as metas and hooks: of
that is dropped what a job has changed, and the next one reads it from Redis again."""

from __future__ import annotations

import logging
from types import ModuleType
from typing import Any

import frappe

logger = logging.getLogger(__name__)


class _Watched(dict[bytes, Any]):
    """A client cache's dictionary."""

    def __init__(self, entries: dict[bytes, Any]) -> None:
        super().__init__()
        self._read: set[bytes] = set()
        self._before: dict[bytes, tuple[list[Any], ...]] = {}
        for key, cached in [*entries.items()]:
            self[key] = cached

    def __setitem__(self, key: bytes, cached: Any) -> None:
        self._before[key] = _containers(cached.value)
        super().__setitem__(key, cached)

    def __getitem__(self, key: bytes) -> Any:
        self._read.add(key)
        return super().__getitem__(key)

    def drop_changed(self, label: str) -> None:
        """After a job: of what it has read."""
        for key in self._read & self.keys():
            owners, values, before = self._before[key]
            if values == before:
                continue
            if not all(map(_is_as_before, owners, values, before)):
                self.pop(key, None)
                logger.info("%s changed %s in Frappe's cache: dropped", label, key.decode())
            elif cached := self.get(key):
                self[key] = cached
        self._read.clear()
        for key in self._before.keys() - self.keys():
            del self._before[key]


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
