"""What a worker's loop listens with, where Redis was away and is back before it looks: it is told.

Connected anew within a read, it would be read once more for what the loop had seen on the old
connection, and the loop stand still.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from kombu import Connection, Exchange, Queue
from kombu.asynchronous import Hub
from redis.exceptions import ConnectionError as RedisConnectionError

from frappe_celery import celery_app
from tests.integration.benches import inside
from tests.project import Project
from tests.servers import RedisServer
from tests.waiting import wait_until


def restart(server: RedisServer) -> None:
    server.stop()
    server.start()


def test_on_redis(project: Project, own_redis: RedisServer) -> None:
    project.configure(redis_queue=own_redis.url)
    with inside(project), celery_app.current().connection() as connection:
        listener = connection.default_channel.subclient
        listener.subscribe("news")
        listener.parse_response()
        restart(own_redis)
        with pytest.raises(RedisConnectionError):
            listener.parse_response()


@contextmanager
def heard_in_a_loop(connection: Connection, *queues: Queue) -> Iterator[Callable[[], list[Any]]]:
    """What came until now; each call is one turn of the loop."""
    heard: list[Any] = []
    hub = Hub()
    connection.transport.register_with_event_loop(connection.connection, hub)
    consumer = connection.Consumer(
        list(queues), callbacks=[lambda body, message: (heard.append(body), message.ack())]
    )

    def turn() -> list[Any]:
        next(hub.loop)
        return heard

    with consumer:
        yield turn
    hub.close()
    connection.transport.close_connection(connection.connection)
    assert not hub.on_tick, "who is closed takes no part any more"


def test_a_loop_hears_after_its_listener_was_connected_anew(
    project: Project, own_redis: RedisServer
) -> None:
    """redis-py does so by itself, and tells nobody, where it finds a new connection cut."""
    project.configure(redis_queue=own_redis.url)
    task, told = Queue("team"), Queue("told", Exchange("told", type="fanout"))
    with (
        inside(project),
        celery_app.current().connection() as connection,
        heard_in_a_loop(connection, task, told) as turn,
        celery_app.current().connection() as other,
        other.Producer() as producer,
    ):
        turn()
        listener = connection.default_channel.subclient.connection
        listener.disconnect()
        listener.connect()
        turn()
        producer.publish("a task", routing_key="team")
        producer.publish("a broadcast", exchange=told.exchange, declare=[told.exchange])
        wait_until(lambda: {"a task", "a broadcast"} <= set(turn()), what="both are heard")
