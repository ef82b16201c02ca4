"""A broker that is away or takes nothing is waited for, and told of in a line each time."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

from frappe_celery.errors import BrokerUnreachable

logger = logging.getLogger(__name__)

T = TypeVar("T")
PATIENCE_SECONDS = 600
"""How long a run that begins or has ended waits for a broker that is away."""


class Outage:
    """What is tried again and again: a line when it begins to fail, and one when it is over."""

    def __init__(self) -> None:
        self._since = 0.0

    def tell(self, what: str, exc: Exception) -> None:
        """It has failed, perhaps once more."""
        if not self._since:
            self._since = time.monotonic()
            logger.warning("%s: %s. It is tried again by itself", what, exc)

    def end(self) -> None:
        """It has not failed."""
        if self._since:
            logger.info("the broker answers again, after %.0f s", time.monotonic() - self._since)
            self._since = 0.0


def retry_while_unreachable(step: Callable[..., T], *args: Any, **named: Any) -> T:
    """What the step returns once the broker answers; BrokerUnreachable is raised at the end."""
    give_up_at, outage = time.monotonic() + PATIENCE_SECONDS, None
    while True:
        try:
            answer = step(*args, **named)
        except BrokerUnreachable as exc:
            if time.monotonic() > give_up_at:
                raise
            outage = outage or Outage()
            outage.tell("waiting for the broker", exc)
            time.sleep(1)
        else:
            if outage is not None:
                outage.end()
            return answer
