"""A client of the job store's Redis says which server is away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import redis

from frappe_celery import errors
from frappe_celery.jobs.connection import connect
from tests.ports import free_port

ASKED: dict[str, Callable[[Any], object]] = {
    "a command": lambda client: client.get("key"),
    "a pipeline": lambda client: client.pipeline().get("key").execute(),
    "watching": lambda client: client.pipeline().watch("key"),
    "many keys": lambda client: client.each("get", ["key"]),
    "an iterator": lambda client: next(client.scan_iter()),
}


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
@pytest.mark.parametrize("kind", [errors.BrokerUnreachable, redis.ConnectionError])
def test_it_is_named_to_who_knows_our_errors_or_redis_pys(
    ask: Callable[[Any], object], kind: type[Exception]
) -> None:
    port = free_port()
    with pytest.raises(kind) as error:
        ask(connect(f"redis://:secret@127.0.0.1:{port}"))
    assert f"the Redis at redis://***@127.0.0.1:{port} does not answer" in str(error.value)
    assert type(error.value).__name__ == "BrokerUnreachable"
