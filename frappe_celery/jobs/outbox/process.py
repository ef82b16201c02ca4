"""A fork of a worker or of beat, which relays for as long as that lives."""

from __future__ import annotations

import logging
import os
import signal
import time
import uuid

from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs import get_store, hosts
from frappe_celery.jobs.forked import in_fork
from frappe_celery.jobs.outbox.at_commit import is_on
from frappe_celery.jobs.outbox.relay import LOOK_SECONDS, Relay

logger = logging.getLogger(__name__)

DEFAULT_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class RelayProcess:
    """None where no site's outbox is on."""

    def __init__(self) -> None:
        self._child: int | None = None
        self._is_wanted: bool | None = None

    def look(self) -> None:
        """See that it lives."""
        if self._is_wanted is None:
            self._is_wanted = any(map(is_on, get_store().settings.sites()))
        if not self._is_wanted:
            return
        if self._child is not None and os.waitpid(self._child, os.WNOHANG) == (0, 0):
            return
        self._child = in_fork(_relay, "the relay of the outboxes ends, and is started again")


def _relay() -> None:
    parent = os.getppid()
    for number in DEFAULT_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)
    hosts.current().leave_site()
    relay, is_away = Relay(get_store(), uuid.uuid4().hex), False
    while os.getppid() == parent:
        try:
            relay.look()
            is_away = False
        except BrokerUnreachable as exc:
            if not is_away:
                logger.error("%s. The outboxes wait", exc)
            is_away = True
        time.sleep(LOOK_SECONDS)
