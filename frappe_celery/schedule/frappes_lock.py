"""The lock that Frappe's scheduler has on its machine while it runs, and beat while it leads."""

from __future__ import annotations

import fcntl
from contextlib import suppress
from io import TextIOWrapper
from typing import Literal

from frappe_celery.config import settings
from frappe_celery.jobs import hosts


def lock_file(mode: Literal["r", "a"]) -> TextIOWrapper:
    """Its file; raises FileNotFoundError, PermissionError."""
    return (settings.current().root / "config" / "scheduler_process").open(mode)


def _taken(mode: Literal["r", "a"]) -> TextIOWrapper | None:
    """The file, its lock shared with other beats: one that stands still keeps none from taking
    over. None: Frappe's scheduler has it."""
    file = lock_file(mode)
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def frappes_scheduler_runs() -> bool:
    """Whether a process of this machine is Frappe's scheduler.

    It is `bench schedule`, or one that a worker pool brings.
    """
    try:
        file = _taken("r")
    except FileNotFoundError:
        return False
    if file is not None:
        file.close()
    return file is None


class FrappesLock:
    """Its lock, while this beat leads."""

    def __init__(self) -> None:
        self._file: TextIOWrapper | None = None

    def keep(self) -> bool:
        """Whether beat alone acts on this machine; takes the lock, or has it already.

        Nothing is taken without Frappe, and none in an armed bench, where both schedulers run and
        routes say which one acts.
        """
        config = settings.current()
        if not config.frappe_celery_enabled or config.is_armed or not hosts.is_bench():
            self.give_up()
        elif self._file is None:
            with suppress(PermissionError, FileNotFoundError):  # then no other can have it either
                self._file = _taken("a")
                return self._file is not None
        return True

    def give_up(self) -> None:
        """Let Frappe's scheduler have it."""
        if self._file is not None:
            self._file.close()
            self._file = None
