"""on_success and on_failure: with site and user, only the arguments that they take, committed."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from frappe_celery.jobs import Job, codec, hosts
from frappe_celery.worker.time_limit import time_limit

CALLBACK_SECONDS = 60
"""How long a callback may run, RQ's default."""


def run_callback(job: Job, encoded: Any, *arguments: Any) -> None:
    """Call what was given as on_success or on_failure, as the job's user on its site."""

    host = hosts.current()
    with host.in_site(job.site, job.user), time_limit(CALLBACK_SECONDS):
        callback = codec.decode(encoded)
        if isinstance(callback, str):
            callback = host.job_function(callback)
        callback(*_taken(callback, (job, job.store.client, *arguments)))
        host.commit()


def _taken(callback: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """As many of the positional arguments as the callback takes."""
    try:
        parameters = inspect.signature(callback).parameters.values()
    except (TypeError, ValueError):  # a builtin that does not tell
        return arguments
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return arguments
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return arguments[: len(positional)]
