"""What an outbox sends stands in its queue once, also where kombu sends it again on an error."""

from __future__ import annotations

from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from frappe_celery import celery_app
from frappe_celery.brokers.redis.transport import Channel
from frappe_celery.jobs import get_store
from frappe_celery.jobs.outbox.at_commit import HEADER
from tests.integration.benches import inside
from tests.project import Project


def test_a_message_whose_answer_is_lost(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    put, lost = Channel._put, [True]

    def put_and_lose(self: Channel, *args: Any, **kwargs: Any) -> None:
        put(self, *args, **kwargs)
        if lost:
            lost.clear()
            raise RedisConnectionError("the answer is lost")

    monkeypatch.setattr(Channel, "_put", put_and_lose)
    with inside(project):
        app, marks = celery_app.current(), get_store().keys.prefix + "marks"
        app.send_task("team.task", headers={HEADER: [marks, "run"]})
        assert not lost
        with app.connection() as connection:
            key = connection.default_channel._q_for_pri(app.conf.task_default_queue, 0)
        assert get_store().client.llen(key) == 1
