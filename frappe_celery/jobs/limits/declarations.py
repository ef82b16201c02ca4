"""What methods declare of limits (`options(running=2)`) and of their process (`fresh_process`): a
process that imports one tells the bench.

Nobody imports a module for that. Within a job it is told at once, by a worker's parent when it
starts, elsewhere with the process's next enqueue.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any

from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs.job import current_job
from frappe_celery.jobs.limits.rules import Limits
from frappe_celery.jobs.options import DECLARED, JobOptions
from frappe_celery.jobs.record.store import JobStore, get_store

fresh: set[str] = set()
"""Methods whose jobs get a process of their own, as far as this process knows."""
_untold: dict[str, dict[str, Any]] = {}


def declare(function: Callable[..., Any], asked: JobOptions) -> None:
    """Have it told what is asked of a method's jobs, if that is a limit."""
    if not asked.limits:
        return
    path = f"{function.__module__}.{function.__qualname__}"
    _untold[path] = asked.limits
    if asked.fresh_process:
        fresh.add(path)
    if current_job() is not None:
        with suppress(BrokerUnreachable):  # later then
            tell()


def tell() -> None:
    """Tell what is still to be told; raises BrokerUnreachable."""
    if _untold:
        told = dict(_untold)
        Limits(get_store()).declare(told)
        for path in told:
            _untold.pop(path, None)


@lru_cache(1)
def _known(store: JobStore) -> dict[str, Any]:
    """What was declared when this process ran its first job."""
    return Limits(store).declared()


def take_back(store: JobStore, path: str) -> None:
    """Tell that a method which is about to run declares no limit any more, if that is so."""
    known = _known(store)
    if path not in known:
        return
    module, _, name = path.rpartition(".")
    if module in sys.modules:
        asked = getattr(getattr(sys.modules[module], name, None), DECLARED, JobOptions())
        if not asked.limits:
            Limits(store).declare({path: {}})
        known.pop(path)
