"""Celery's events about a job (Flower, `celery events`), sent by the process that runs it.

They cost it three messages a job, and only while the worker sends events (`-E`, or
`celery control enable_events`).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from celery.app.base import Celery
from celery.states import RETRY
from celery.utils.saferepr import saferepr

logger = logging.getLogger(__name__)


class TaskEvents:
    """Of one process of a worker, whose node name is `hostname`."""

    def __init__(self, app: Celery, hostname: str) -> None:
        self._app = app
        self._hostname = hostname
        self._dispatcher: Any = None

    def begin(self, name: str, headers: Mapping[str, Any]) -> None:
        """The job was received, and begins."""
        about = {"name": name, "args": "()", "kwargs": "{}", "retries": 0}
        roots = {key: headers[key] for key in ("root_id", "parent_id", "eta", "expires")}
        self._send("task-received", uuid=headers["id"], **about, **roots)
        self._send("task-started", uuid=headers["id"])

    def end(self, uuid: str, traced: Any) -> None:
        """What Celery's tracer says of the task of that id."""
        retval, info, runtime, text = traced
        if info is None:
            self._send("task-succeeded", uuid=uuid, result=text, runtime=runtime)
        else:
            kind = "task-retried" if info.state == RETRY else "task-failed"
            about = {"exception": saferepr(retval.exception), "traceback": retval.traceback}
            self._send(kind, uuid=uuid, **about)

    def close(self) -> None:
        if self._dispatcher is not None:
            self._dispatcher.connection.collect()
            self._dispatcher = None

    def _send(self, kind: str, **fields: Any) -> None:
        try:
            if self._dispatcher is None:
                connection = self._app.connection_for_write()
                options = {"hostname": self._hostname, "buffer_while_offline": False}
                self._dispatcher = self._app.events.Dispatcher(connection, **options)
            self._dispatcher.send(kind, **fields)
        except Exception:  # each transport has its own
            logger.warning("no event is sent of run %s", fields["uuid"], exc_info=True)
            self.close()
