"""Whether a control command is acted on: its sender has the key, it is fresh, and it is new.

The signature itself is checked as the message comes (`brokers.whole_messages`, `take`). It
stands in a header, so workers of the version before read the same messages.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from celery.app import control
from kombu import pidbox

from frappe_celery.brokers.whole_messages import STAMP
from frappe_celery.errors import Refused

logger = logging.getLogger(__name__)

FRESH_SECONDS = 300.0
"""By how much a command's date may differ from this machine's clock: as long as Celery keeps those
for a worker that is away (`control_queue_ttl`). So long it is remembered."""


class Node(pidbox.Node):
    """A worker's end of the mailbox."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._began = time.time()
        self._known: dict[str, float] = {}
        self._logged: set[tuple[str, str]] = set()

    def handle_message(self, body: Any, message: Any = None) -> Any:
        """Act on it, unless it is refused; the log says so once for each command and reason."""
        try:
            self._check(message)
        except Refused as exc:
            method = str(body.get("method"))[:100] if isinstance(body, dict) else "?"
            kind = (method if method in (self.handlers or {}) else "?", str(exc))
            if kind not in self._logged:
                self._logged.add(kind)
                logger.warning("refused the control command %r: %s", method, exc)
            return None
        return super().handle_message(body, message)

    def _check(self, message: Any) -> None:
        stamp = str(message.headers.get(STAMP, "")).split()
        exchange: Any = self.mailbox.exchange  # type: ignore[union-attr]  # it has one
        if len(stamp) != 2 or message.delivery_info.get("exchange") != exchange.name:
            raise Refused(
                "its signature is missing or wrong. Send it with this package and the bench's key"
                " (celery -A frappe_celery …, frappe-celery flower), not with --broker alone"
            )
        at, name = float(stamp[0]), stamp[1]
        now = time.time()
        if abs(now - at) > FRESH_SECONDS:
            raise Refused(
                f"it is dated more than {FRESH_SECONDS:.0f} s before or after this machine's time:"
                " it is an old one, or the clocks differ: set both by NTP"
            )
        if at < self._began:
            raise Refused(
                "it is dated before this worker began: it is an old one, or the sender's clock is"
                " behind this machine's: set both by NTP, or try again in a moment"
            )
        self._known = {n: until for n, until in self._known.items() if until > now}
        if name in self._known:
            raise Refused("it was acted on already")
        self._known[name] = max(now, at) + FRESH_SECONDS


class Mailbox(pidbox.Mailbox):
    """Celery's, at which such workers listen."""

    node_cls = Node


class Control(control.Control):
    """Celery's, with that mailbox; named in `FrappeCelery.control_cls`."""

    Mailbox = Mailbox
