"""Redis clients of the cache and of realtime events, one a URL and process."""

from __future__ import annotations

import os

import redis

from frappe_celery.config import sentinels

SECONDS_TO_ANSWER = 3

_clients: dict[tuple[int, str], redis.Redis] = {}


def client(url: str) -> redis.Redis:
    """The client for a URL; connects when it is first used."""
    key = (os.getpid(), url)
    if key not in _clients:
        times = {"socket_connect_timeout": SECONDS_TO_ANSWER, "socket_timeout": SECONDS_TO_ANSWER}
        if url.startswith(sentinels.SCHEME):
            pool = sentinels.Sentinels.of(url).master_pool(**times)
            _clients[key] = redis.Redis(connection_pool=pool)
        else:
            _clients[key] = redis.Redis.from_url(url, **times)
    return _clients[key]
