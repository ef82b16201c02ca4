"""Sentry's trace, which a job carries from where it is enqueued to its run.

Only in processes where Sentry is in use. An older one than `SINCE`, as Frappe v15 and v16 pin it
and import it with every `frappe.log_error`, is left to itself.

Web processes that run on with the code of before an upgrade import this file late, by this name:
it needs of the package what they have too.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from frappe_celery.jobs.message import JobMessage

logger = logging.getLogger(__name__)

SINCE = (2, 20)
"""The first sentry-sdk with all the functions that are used."""


@contextmanager
def enqueued(message: JobMessage) -> Iterator[dict[str, Any]]:
    """A span of Sentry's around enqueueing; gives the headers by which the run continues its trace.

    Empty where Sentry's Celery integration is not in use, or is told not to `propagate_traces`.
    """
    import sentry_sdk

    integration = is_followed() and sentry_sdk.get_client().get_integration("celery")
    if not getattr(integration, "propagate_traces", False):
        yield {}
        return
    with sentry_sdk.start_span(op="queue.publish", name=message.label) as span:
        span.set_data("messaging.message.id", message.run)
        span.set_data("messaging.destination.name", message.queue)
        trace = {"sentry-trace": sentry_sdk.get_traceparent(), "baggage": sentry_sdk.get_baggage()}
        known = {name: value for name, value in trace.items() if value}
        yield {"headers": {**known, "sentry-task-enqueued-time": time.time()}}


@lru_cache(maxsize=1)
def is_followed() -> bool:
    """Whether the Sentry that this process has imported works, and is new enough."""
    try:
        import sentry_sdk

        version = tuple(int(number) for number in sentry_sdk.VERSION.split(".")[:2])
    except Exception as exc:
        logger.error("jobs go on without Sentry, which cannot work here: %s", exc)
        return False
    return version >= SINCE
