"""Starts the process that sends, when there is something to send and nobody sends."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from contextlib import suppress
from uuid import uuid4

from frappe_celery.config.settings import Settings
from frappe_celery.jobs import get_store
from frappe_celery.watch.mail.ledger import Ledger

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""How often it is asked: how soon a first failure is mailed."""


class Postman:
    """A worker's or beat's. Any number may look: Redis lets one of them send."""

    def __init__(self, config: Settings) -> None:
        self.config = config
        self._sender: subprocess.Popen[bytes] | None = None

    def look(self) -> None:
        """Start a sender when there is work for one; raises BrokerUnreachable."""
        if self._sender is not None and self._sender.poll() is None:
            return
        self._sender = None
        token = uuid4().hex
        if Ledger(get_store()).sends(token):
            self._sender = subprocess.Popen(
                [sys.executable, "-m", "frappe_celery.watch.mail", token],
                stdin=subprocess.DEVNULL,
                cwd=self.config.root,
                env={
                    **os.environ,
                    "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                    "FRAPPE_BENCH_ROOT": str(self.config.root),
                },
            )

    def wait(self, seconds: float) -> None:
        """Let a sender that runs end."""
        if self._sender is not None:
            with suppress(subprocess.TimeoutExpired):
                self._sender.wait(seconds)
