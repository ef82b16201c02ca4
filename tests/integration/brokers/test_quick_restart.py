"""What a worker's loop listens with, where Redis was away and is back before it looks: it is told.

Connected anew within a read, it would be read once more for what the loop had seen on the old
connection, and the loop stand still.
"""

from __future__ import annotations

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from frappe_celery import celery_app
from frappe_celery.brokers.rabbitmq.channel import Bell
from frappe_celery.jobs.connection import connect
from tests.integration.benches import inside
from tests.project import Project
from tests.servers import RedisServer


def restart(server: RedisServer) -> None:
    server.stop()
    server.start()


@pytest.mark.parametrize("name", ["subclient", "bell"])
def test_on_redis(project: Project, own_redis: RedisServer, name: str) -> None:
    project.configure(redis_queue=own_redis.url)
    with inside(project), celery_app.current().connection() as connection:
        listener = getattr(connection.default_channel, name)
        listener.subscribe("news")
        listener.parse_response()
        restart(own_redis)
        with pytest.raises(RedisConnectionError):
            listener.parse_response()


def test_on_rabbitmq(own_redis: RedisServer) -> None:
    bell = Bell(connect(own_redis.url), "rings")
    assert bell.listen()
    restart(own_redis)
    assert not bell.heard()
    assert bell.listen(), "it may have missed something"
