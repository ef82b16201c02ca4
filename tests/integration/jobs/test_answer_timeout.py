"""A server that stands still: a script's caller is told in time, and asked it is again later."""

from __future__ import annotations

import time

import pytest
from redis import Redis
from redis.exceptions import TimeoutError as RedisTimeoutError

from frappe_celery.jobs.scripts import Scripts
from tests.servers import RedisServer

SECONDS = 0.5


@pytest.fixture
def scripts(own_redis: RedisServer) -> Scripts:
    """With a connection that exists."""
    scripts = Scripts(Redis.from_url(own_redis.url, socket_timeout=SECONDS))
    scripts.run("alive", ("consumers",), "name", "name")
    return scripts


@pytest.mark.parametrize(("megabytes", "times"), [(0, 2), (50, 8)])
def test_a_server_that_stands_still_is_waited_for_once_and_asked_again_later(
    own_redis: RedisServer, scripts: Scripts, megabytes: int, times: int
) -> None:
    """With a small command nothing comes back; a large one cannot be sent, which takes several
    calls, each with that timeout."""
    own_redis.pause()
    began = time.monotonic()
    with pytest.raises(RedisTimeoutError):
        scripts.run("alive", ("consumers",), "x" * megabytes * 2**20, "name")
    assert SECONDS <= time.monotonic() - began < times * SECONDS
    own_redis.resume()
    scripts.run("alive", ("consumers",), "name", "name")
