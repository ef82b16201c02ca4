"""A worker's part: it refuses a wrong configuration when it starts, then looks every second."""

from __future__ import annotations

import logging
from typing import Any

from celery import bootsteps
from celery.worker import state

from frappe_celery.config import settings
from frappe_celery.errors import ConfigError
from frappe_celery.watch.mail.config import MailConfig
from frappe_celery.watch.mail.ledger import LOOK_SECONDS, postman

logger = logging.getLogger(__name__)

LAST_MAILS_SECONDS = 3.0
"""How long a worker that stops waits for the mails of what failed last."""


def check(**_: Any) -> None:
    """End a worker or beat that is configured wrongly, with a sentence."""
    try:
        MailConfig.of(settings.current())
    except ConfigError as exc:
        raise SystemExit(f"Error: ConfigError: {exc}") from exc


class Mail(bootsteps.StartStopStep):
    """Looks whether there is something to send."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def include_if(self, consumer: Any) -> bool:
        """Only where somebody is written to."""
        return MailConfig.of(settings.current()) is not None

    def create(self, consumer: Any) -> None:
        self.postman = postman(settings.current())
        self.entry: Any = None

    def start(self, consumer: Any) -> None:
        """Begin; called again after each reconnection."""
        self.stop(consumer)
        self.entry = consumer.timer.call_repeatedly(LOOK_SECONDS, self.look)

    def stop(self, consumer: Any) -> None:
        """End; at the worker's end the mails of what failed just now go first."""
        if self.entry is not None:
            self.entry.cancel()
            self.entry = None
            if state.should_stop is not None:
                self.look()
                self.postman.wait(LAST_MAILS_SECONDS)

    def look(self) -> None:
        """Once more; a broker that is away, or a machine without room, is waited for."""
        try:
            self.postman.look()
        except OSError as exc:
            logger.info("failures are mailed later: %s", exc)
