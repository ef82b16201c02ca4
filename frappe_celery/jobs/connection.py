"""Clients of the Redis that keeps the jobs, with errors that say which one and where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import redis
from redis.backoff import ConstantBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ReadOnlyError, RedisError, WatchError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from frappe_celery import errors
from frappe_celery.config import sentinels
from frappe_celery.config.files import options_stand_in
from frappe_celery.config.urls import without_password
from frappe_celery.errors import ConfigError

CONNECT_SECONDS = 1.3
"""A first packet that was lost is sent again after 1 s."""
ANSWER_SECONDS = 2.5
"""Callers hear of a broker that stands still within 3 s (issue 2, must show 6)."""


class BrokerUnreachable(errors.BrokerUnreachable, RedisConnectionError):
    """For those too who know redis-py's errors alone: RQ, and code that is given our client."""


class _Naming:
    """Has the errors of one of redis-py's clients say which server is away or full."""

    url = ""

    def execute_command(self, *args: Any, **options: Any) -> Any:
        try:
            return super().execute_command(*args, **options)  # type: ignore[misc]
        except RedisError as exc:
            raise_named(self.url, exc)


class Client(_Naming, redis.Redis):
    """Raises BrokerUnreachable where its server is away or takes nothing."""

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Any:
        """Commands for one round trip; raises the same."""
        made = Pipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)
        made.url = self.url
        return made

    def each(self, command: str, keys: Iterable[str], *rest: Any, **options: Any) -> list[Any]:
        """What a command answers for each of these keys, in one round trip."""
        pipe = self.pipeline(transaction=False)
        for key in keys:
            getattr(pipe, command)(key, *rest, **options)
        answers: list[Any] = pipe.execute()
        return answers


class Pipeline(_Naming, redis.client.Pipeline):
    """One of Client's."""

    def execute(self, raise_on_error: bool = True) -> Any:
        """Send the commands; their answers."""
        try:
            return super().execute(raise_on_error)
        except RedisError as exc:
            raise_named(self.url, exc)


def connect(url: str) -> Any:
    """A Client of `url` (redis://, rediss://, unix://, sentinel://: see `sentinels`) that tries a
    lost connection once more.

    Raises:
        ConfigError: not a Redis URL.
    """
    options = {
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_timeout": ANSWER_SECONDS,
        "retry": Retry(ConstantBackoff(0.1), 1, supported_errors=(RedisConnectionError,)),
    }
    client: Any
    if url.startswith(sentinels.SCHEME):
        client = Client(connection_pool=sentinels.Sentinels.of(url).master_pool(**options))
    else:
        try:
            client = Client.from_url(url, **options)
        except ValueError as exc:
            why = "write / # ? % of a password as %2F %23 %3F %25" if "@" in url else str(exc)
            raise ConfigError(
                f"{without_password(url)!r} is not the URL of a Redis: {why}."
                " Write redis_queue (or broker_url) as redis://host:port"
            ) from None
    client.url = url
    return client


@contextmanager
def naming_the_server(url: str) -> Iterator[None]:
    """Have what goes past our client raise BrokerUnreachable too."""
    try:
        yield
    except RedisError as exc:
        raise_named(url, exc)


def raise_named(url: str, exc: RedisError) -> NoReturn:
    """Raise an error of redis-py's so: without the cost of a context manager, for each job."""
    if isinstance(exc, WatchError) and isinstance(exc.__context__, RedisConnectionError):
        exc = exc.__context__  # with keys watched redis-py says no more than that
    said = "" if isinstance(exc, BrokerUnreachable) else _unreachable(url, exc)
    if not said:
        raise exc
    raise BrokerUnreachable(said) from exc


def _unreachable(url: str, exc: RedisError) -> str:
    """Which server does not answer or takes nothing; '' for other errors."""
    if isinstance(exc, (RedisConnectionError, RedisTimeoutError)):
        return (
            f"the Redis at {without_password(url)} does not answer ({exc})."
            f" Start it, or mend redis_queue (or broker_url) in {options_stand_in()}"
        )
    if "DB index is out of range" in str(exc):
        return (
            f"the Redis at {without_password(url)} has no database of that number. Write a smaller"
            " one at the end of redis_queue (or broker_url), or raise `databases` in its redis.conf"
        )
    if "maxmemory" in str(exc):  # redis-py has a class of its own for it from 5.0 on
        return (
            f"the Redis at {without_password(url)} is full"
            f" (command not allowed when used memory > 'maxmemory'): raise its maxmemory"
        )
    cannot = any(word in str(exc) for word in ("MISCONF", "NOREPLICAS"))
    if cannot or isinstance(exc, ReadOnlyError):
        said = str(exc).rstrip(".")
        return f"the Redis at {without_password(url)} takes nothing now: {said}. Mend that server"
    return ""
