"""`frappe.cache`: values on Redis, each site's by itself, remembered within a job; by decorators.

`frappe.cache.get_value` and `frappe.cache().get_value` are the same. Values travel as JSON or as a
signed pickle, bound to their key: what somebody else wrote into Redis, or
moved there, is not opened, it counts as missing. A Redis that does not answer is a cache that holds
nothing.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import redis

from frappe_celery.host import Refused, codec, settings
from frappe_celery.host import connect_to_redis as connect
from frappe_standalone.local import local
from frappe_standalone.missing import ANY, lacks

Function = TypeVar("Function", bound=Callable[..., Any])

PURPOSE = "cached value"
_LISTS = ("lpush", "rpush", "lpop", "rpop", "llen", "lrange", "ltrim")
_SETS = ("sadd", "srem", "sismember", "smembers", "spop", "srandmember")
_EMPTYING = ("flushall", "flushdb")
_AWAY = (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError)

client: Callable[[str], redis.Redis] = functools.cache(connect)
"""The client for a URL, also of realtime events; connects when it is first used, in a forked
process anew."""


class Cache:
    """The names of Frappe's RedisWrapper that task code uses."""

    def __call__(self) -> Cache:
        return self

    @property
    def client(self) -> redis.Redis:
        """The Redis client: `redis_cache`, else where the jobs are."""
        here = settings.current()
        return client(here.redis_cache or here.store_url)

    def make_key(self, key: Any, user: Any = None, shared: bool = False) -> bytes:
        """The key in Redis, which has the bench's prefix and, unless `shared`, the site's."""
        if isinstance(key, bytes):
            return key
        prefix = f"{settings.current().prefix}cache:"
        if shared:
            return f"{prefix}{key}".encode()
        if user:
            key = f"user:{local.session.user if user is True else user}:{key}"
        return f"{prefix}{local.site}|{key}".encode()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Redis's own commands: on this site's lists and sets, else on keys as they are given."""
        if name in _EMPTYING:
            raise AttributeError(f"frappe.cache has no {name!r} here: that Redis may have the jobs")
        if name.startswith("_") or not hasattr(redis.Redis, name):
            raise AttributeError(f"frappe.cache has no {name!r}")
        command: Callable[..., Any] = getattr(self.client, name)
        if name in (*_LISTS, *_SETS):
            return lambda key, *args: command(self.make_key(key), *args)
        return command

    def _ask(self, command: str, *args: Any, **options: Any) -> Any:
        """What Redis answers; None where it does not."""
        with suppress(*_AWAY):
            return getattr(self.client, command)(*args, **options)

    def _seal(self, value: Any, *place: Any) -> bytes:
        text = codec.dumps([_named(place), codec.encode_value(value)])
        return settings.current().signer.seal(PURPOSE, text.encode())

    def _open(self, sealed: Any, *place: Any) -> Any:
        if sealed is None:
            return None
        try:
            named, encoded = json.loads(settings.current().signer.open(PURPOSE, sealed))
        except Refused:
            return None
        return codec.decode(encoded) if named == _named(place) else None

    # -- single values

    def set_value(
        self,
        key: str,
        val: Any,
        user: Any = None,
        expires_in_sec: float | None = None,
        shared: bool = False,
    ) -> None:
        """Keep a value, for so many seconds where given."""
        name = self.make_key(key, user, shared)
        if not expires_in_sec:
            local.cache[name] = val
        milliseconds = int(expires_in_sec * 1000) if expires_in_sec else None
        self._ask("set", name, self._seal(val, name), px=milliseconds)

    def get_value(
        self,
        key: str,
        generator: Callable[[], Any] | None = None,
        user: Any = None,
        expires: bool = False,
        shared: bool = False,
        *,
        use_local_cache: bool = True,
    ) -> Any:
        """The value; where there is none, what `generator` makes, which is then kept."""
        name = self.make_key(key, user, shared)
        if use_local_cache and name in local.cache and not expires:
            return local.cache[name]
        value = self._open(self._ask("get", name), name)
        if expires:
            return value
        if value is None and generator:
            value = generator()
            self.set_value(key, value, user, shared=shared)
        elif value is not None:
            local.cache[name] = value
        return value

    def delete_value(
        self, keys: Any, user: Any = None, make_keys: bool = True, shared: bool = False
    ) -> None:
        """Forget a value, or several by a list of keys."""
        keys = keys if isinstance(keys, (list, tuple, set)) else [keys]
        names = [self.make_key(key, user, shared) if make_keys else key for key in keys]
        for name in names:
            local.cache.pop(name, None)
        if names:
            self._ask("delete", *names)

    delete_key = delete_value

    def get_keys(self, key: str = "", user: Any = None, shared: bool = False) -> list[bytes]:
        """The keys of this site that begin so, as they are in Redis."""
        with suppress(*_AWAY):
            return list(self.client.scan_iter(self.make_key(key, user, shared) + b"*", count=1000))
        return []

    def delete_keys(self, key: str, user: Any = None, shared: bool = False) -> None:
        """Forget all values whose keys begin so."""
        self.delete_value(self.get_keys(key, user, shared), make_keys=False)

    def exists(self, *names: str, user: Any = None, shared: bool = False) -> int:
        """How many of these are kept."""
        return self._ask("exists", *(self.make_key(n, user, shared) for n in names)) or 0

    # -- hashes

    def hset(self, name: str, key: Any, value: Any, shared: bool = False) -> None:
        """Keep a value in a hash."""
        if key is None:
            return
        full = self.make_key(name, shared=shared)
        local.cache.setdefault(full, {})[str(key)] = value
        self._ask("hset", full, str(key), self._seal(value, full, key))

    def hget(
        self, name: str, key: Any, generator: Callable[[], Any] | None = None, shared: bool = False
    ) -> Any:
        """A value of a hash; where there is none, what `generator` makes, which is then kept."""
        if not key:
            return None
        full = self.make_key(name, shared=shared)
        known = local.cache.setdefault(full, {})
        if str(key) in known:
            return known[str(key)]
        value = self._open(self._ask("hget", full, str(key)), full, key)
        if value is not None:
            known[str(key)] = value
        elif generator:
            value = generator()
            self.hset(name, key, value, shared)
        return value

    def hgetall(self, name: str) -> dict[bytes, Any]:
        """A whole hash, its values as they were set; its keys, as in Frappe, are bytes."""
        full = self.make_key(name)
        found = self._ask("hgetall", full) or {}
        return {key: self._open(value, full, key) for key, value in found.items()}

    def hkeys(self, name: str) -> list[bytes]:
        """The keys of a hash, as bytes."""
        return list(self.hgetall(name))

    def hexists(self, name: str, key: Any, shared: bool = False) -> bool:
        """Whether a hash has a key."""
        return bool(self._ask("hexists", self.make_key(name, shared=shared), str(key)))

    @lacks(pipeline=None)
    def hdel(self, name: str, keys: Any, shared: bool = False) -> None:
        """Forget a key of a hash, or several by a list."""
        full = self.make_key(name, shared=shared)
        keys = [str(key) for key in (keys if isinstance(keys, (list, tuple)) else [keys])]
        for key in keys:
            local.cache.get(full, {}).pop(key, None)
        self._ask("hdel", full, *keys)


def _named(place: tuple[Any, ...]) -> list[str]:
    """A key, and a field of a hash, as text."""
    texts = (p.decode(errors="backslashreplace") if isinstance(p, bytes) else p for p in place)
    return [*map(str, texts)]


cache = Cache()


# -- functions whose answers are kept: `frappe.utils.caching`


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


@lacks(maxsize=ANY)
def site_cache(ttl: Any = 3600) -> Any:
    """`redis_cache`: an hour unless it is told."""
    return redis_cache(ttl)


def local_cache(
    namespace: str, key: Any, generator: Callable[[], Any], regenerate_if_none: bool = False
) -> Any:
    """A value kept until the job, or the user, changes."""
    values = local.cache.setdefault(namespace, {})
    if key not in values or (regenerate_if_none and values[key] is None):
        values[key] = generator()
    return values[key]
