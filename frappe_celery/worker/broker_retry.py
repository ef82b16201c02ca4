"""Steps of the store's that a job's process may not lose: a broker that is away is waited for."""

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


def retry_while_unreachable(step: Callable[..., T], *args: Any) -> T:
    """What the step returns once the broker answers; BrokerUnreachable is raised at the end."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return step(*args)
        except BrokerUnreachable as exc:
            if time.monotonic() > give_up_at:
                raise
            logger.warning("waiting for the broker: %s", exc)
            time.sleep(1)
