"""Celery's own events of tasks (`celery worker -E`): what whoever listens may read of them."""

from __future__ import annotations

from typing import Any

from celery.app.events import Events as CelerysEvents
from celery.events.dispatcher import EventDispatcher

from frappe_celery.config.secrets import masked_text
from frappe_celery.config.texts import printable

TEXTS = ("args", "exception", "kwargs", "result", "traceback")
"""Fields in which a secret, or an order to a terminal, can stand."""


class Dispatcher(EventDispatcher):
    """Sends them without."""

    def send(self, type: str, *args: Any, **fields: Any) -> None:
        """As Celery's."""
        for name in TEXTS:
            text = fields.get(name)
            if isinstance(text, str):
                fields[name] = masked_text(printable(text))
        super().send(type, *args, **fields)


class Events(CelerysEvents):
    """Of an app that has such."""

    dispatcher_cls = "frappe_celery.watch.celery_events:Dispatcher"
