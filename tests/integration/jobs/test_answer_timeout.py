"""A server that stands still: a script's caller is told in time, and asked it is again later."""

from __future__ import annotations

import time
from typing import Any

import pytest
from redis import Connection, Redis
from redis.exceptions import TimeoutError as RedisTimeoutError

from frappe_celery.jobs.scripts import Scripts
from tests.servers import RedisServer
from tests.waiting import HANG_SECONDS

SECONDS = 0.5


class Counted(Connection):
    """A connection that counts what it sends."""

    commands = 0

    def send_packed_command(self, command: Any, check_health: bool = True) -> None:
        Counted.commands += 1
        super().send_packed_command(command, check_health)


@pytest.fixture
def scripts(own_redis: RedisServer) -> Scripts:
    """With a connection that exists."""
    client = Redis.from_url(own_redis.url, socket_timeout=SECONDS, connection_class=Counted)
    scripts = Scripts(client)
    scripts.run("alive", ("consumers",), "name", "name")
    return scripts


@pytest.mark.parametrize("megabytes", [0, 50])
def test_a_server_that_stands_still_is_waited_for_once_and_asked_again_later(
    own_redis: RedisServer, scripts: Scripts, megabytes: int
) -> None:
    """With a small command nothing comes back; a large one cannot be sent."""
    own_redis.pause()
    before = Counted.commands
    began = time.monotonic()
    with pytest.raises(RedisTimeoutError):
        scripts.run("alive", ("consumers",), "x" * megabytes * 2**20, "name")
    assert SECONDS <= time.monotonic() - began < HANG_SECONDS
    assert Counted.commands == before + 1
    own_redis.resume()
    scripts.run("alive", ("consumers",), "name", "name")
