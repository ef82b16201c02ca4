"""A message that its consumer rejects is in nobody's hands: a reaper would bring it back again."""

from __future__ import annotations

import pytest

from frappe_celery import celery_app
from frappe_celery.jobs import get_store
from tests.integration.benches import inside
from tests.project import Project


@pytest.mark.parametrize("requeue", [False, True])
def test_a_rejected_message_is_dropped_or_given_back(project: Project, requeue: bool) -> None:
    with inside(project), celery_app.current().connection() as connection:
        client, channel = get_store().client, connection.default_channel
        queue, held = channel.keys.whole("default"), channel.keys.in_flight(channel.consumer)
        client.hset(held, "tag", f"{queue}\n{{}}")
        channel.basic_reject("tag", requeue=requeue)
        assert not client.exists(held)
        assert client.lrange(queue, 0, -1) == [b"{}"] * requeue
