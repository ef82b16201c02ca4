"""What the worker's parent does before it forks: its children start warm and share memory."""

from __future__ import annotations

import gc
from typing import Any

from frappe_celery.jobs import hosts
from frappe_celery.worker.state import warm


def prepare(**_: Any) -> None:
    """Import the apps, then freeze what exists out of the garbage collector's sight."""
    hosts.current().import_apps()
    warm.state()
    gc.collect()
    gc.freeze()
