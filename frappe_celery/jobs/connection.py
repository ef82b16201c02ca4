"""Clients of the Redis that keeps the jobs, with errors that say which one and where."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import redis
from redis.backoff import ConstantBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from frappe_celery.errors import BrokerUnreachable, ConfigError

CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 10.0


def connect(url: str) -> Any:
    """A client of `url` (redis://, rediss://, unix://) that tries a lost connection once more.

    Raises:
        ConfigError: not a Redis URL.
    """
    try:
        return redis.Redis.from_url(
            url,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            retry=Retry(ConstantBackoff(0.1), 1),
            retry_on_error=[RedisConnectionError],
        )
    except ValueError as exc:
        raise ConfigError(
            f"{without_password(url)!r} is not the URL of a Redis: {exc}."
            " Write redis_queue (or broker_url) as redis://host:port"
        ) from None


def without_password(url: str) -> str:
    """The URL as it may be shown in logs and errors."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    return urlunsplit(parts._replace(netloc="***@" + parts.netloc.rpartition("@")[2]))


UNREACHABLE = (RedisConnectionError, RedisTimeoutError)


def unreachable(url: str, exc: Exception) -> BrokerUnreachable:
    """The error that says which server does not answer."""
    return BrokerUnreachable(
        f"the Redis at {without_password(url)} does not answer ({exc})."
        " Start it, or mend redis_queue (or broker_url) in sites/common_site_config.json"
    )


@contextmanager
def naming_the_server(url: str) -> Iterator[None]:
    """Turn redis-py's connection errors into BrokerUnreachable, which says which server."""
    try:
        yield
    except UNREACHABLE as exc:
        raise unreachable(url, exc) from exc
