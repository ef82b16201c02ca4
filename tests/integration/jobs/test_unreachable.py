"""A broker that does not answer: an error, soon, that says which, without its password."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from redis import Redis

from frappe_celery.config import settings
from frappe_celery.enqueue_shim import (
    enqueue,
    enqueue_doc,
    get_info,
    get_job,
    get_jobs,
    is_job_enqueued,
)
from frappe_celery.errors import BrokerUnreachable, ConfigError
from frappe_celery.jobs import get_store
from tests.integration.benches import inside, write_tasks
from tests.ports import LOOPBACK, free_port
from tests.project import Project
from tests.servers import RedisServer
from tests.waiting import HANG_SECONDS

CALLS: dict[str, Callable[[], Any]] = {
    "enqueue": lambda: enqueue("myapp.core.record"),
    "enqueue deduplicate": lambda: enqueue("myapp.core.record", job_id="x", deduplicate=True),
    "enqueue_doc": lambda: enqueue_doc("Note", "N", "publish"),
    "is_job_enqueued": lambda: is_job_enqueued("x"),
    "get_job": lambda: get_job("x"),
    "get_jobs": get_jobs,
    "get_info": get_info,
    "counts": lambda: get_store().counts(),
    "workers": lambda: get_store().workers.all(),
    "refused": lambda: get_store().refused(),
}


@pytest.fixture
def use(bench: Project) -> Iterator[Callable[[str], None]]:
    write_tasks(bench)
    with inside(bench):
        yield lambda url: settings.use(
            settings.Settings.load(bench.root, {"FRAPPE_CELERY_REDIS_QUEUE": url})
        )


def refused_soon(call: Callable[[], Any]) -> str:
    begun = time.monotonic()
    with pytest.raises(BrokerUnreachable) as error:
        call()
    assert time.monotonic() - begun < HANG_SECONDS
    return str(error.value)


@pytest.mark.parametrize("call", CALLS)
def test_where_nothing_listens(use: Callable[[str], None], call: str) -> None:
    port = free_port()
    use(f"redis://user:pa55word@{LOOPBACK}:{port}/1")
    text = refused_soon(CALLS[call])
    assert f"{LOOPBACK}:{port}/1" in text
    assert "pa55word" not in text
    assert "redis_queue" in text


@pytest.mark.parametrize("call", ["enqueue", "is_job_enqueued", "counts"])
def test_where_packets_are_dropped(use: Callable[[str], None], call: str) -> None:
    """A listener whose queue of connections is full answers none, as a firewall would."""
    with socket.socket() as listener:
        listener.bind((LOOPBACK, free_port()))
        listener.listen(0)
        port = listener.getsockname()[1]
        waiting = []
        for _ in range(4):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex((LOOPBACK, port))
            waiting.append(client)
        use(f"redis://{LOOPBACK}:{port}/0")
        assert f"{LOOPBACK}:{port}/0" in refused_soon(CALLS[call])
        for client in waiting:
            client.close()


@pytest.mark.parametrize("call", ["enqueue", "is_job_enqueued", "counts"])
def test_where_the_server_stands_still(
    use: Callable[[str], None], own_redis: RedisServer, call: str
) -> None:
    use(own_redis.url)
    CALLS[call]()
    own_redis.pause()
    try:
        text = refused_soon(CALLS[call])
    finally:
        own_redis.resume()
    assert own_redis.url in text
    CALLS[call]()


def test_where_the_server_restarted_in_between_nothing_is_noticed(
    use: Callable[[str], None], own_redis: RedisServer
) -> None:
    use(own_redis.url)
    enqueue("myapp.core.record")
    get_store().counts()
    own_redis.kill()
    own_redis.start()
    assert is_job_enqueued("x") is False
    enqueue("myapp.core.record")
    assert get_store().queue_length("default") == 2


def test_a_wrong_password_is_said_without_it(
    use: Callable[[str], None], own_redis: RedisServer
) -> None:
    Redis.from_url(own_redis.url).config_set("requirepass", "right")
    port = own_redis.port
    for url in (f"redis://:wr0ng@{LOOPBACK}:{port}/0", f"redis://{LOOPBACK}:{port}?password=wr0ng"):
        use(url)
        text = refused_soon(CALLS["enqueue"])
        assert f"{LOOPBACK}:{port}" in text
        assert "wr0ng" not in text
    use(f"redis://:right@{LOOPBACK}:{port}/0")
    assert enqueue("myapp.core.record").is_queued


def test_a_full_server_is_an_error_that_names_it(
    use: Callable[[str], None], own_redis: RedisServer
) -> None:
    use(own_redis.url)
    Redis.from_url(own_redis.url).config_set("maxmemory", "1")
    text = refused_soon(CALLS["enqueue"])
    assert f"the Redis at {own_redis.url} is full" in text
    assert "(command not allowed when used memory > 'maxmemory')" in text
    assert text.endswith("raise its maxmemory")


def test_a_master_that_misses_its_replicas_is_an_error_that_names_it(
    use: Callable[[str], None], own_redis: RedisServer
) -> None:
    """With min-replicas-to-write, which doctor recommends where there are any."""
    use(own_redis.url)
    Redis.from_url(own_redis.url).config_set("min-replicas-to-write", "1")
    text = refused_soon(CALLS["enqueue"])
    assert own_redis.url in text
    assert "NOREPLICAS" in text or "good replicas" in text


@pytest.mark.parametrize("url", ["http://host", "host:6379", "redis://host:port"])
def test_what_is_no_url_of_a_redis_is_said(use: Callable[[str], None], url: str) -> None:
    use(url)
    with pytest.raises(ConfigError, match="redis_queue"):
        enqueue("myapp.core.record")
