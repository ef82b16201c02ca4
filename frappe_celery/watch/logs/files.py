"""The files in `logs/`, written by any number of processes, each line at once at the end."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from frappe_celery.config.files import locked

logger = logging.getLogger(__name__)

LARGEST = 50 * 1024 * 1024
"""Bytes after which a file is put aside (supervisor's default), the oldest of `KEPT` forgotten."""
KEPT = 10
_LOOK_AFTER = 1024 * 1024
LOOK_SECONDS = 1.0
"""How often it is looked whether the file is still where it was."""


class LogFile:
    """One file. It is emptied, not replaced, when it was put aside: others have it open too.

    It is opened anew where it could not be before, and where somebody has moved or removed it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._written = _LOOK_AFTER
        self._descriptor = -1
        self._opened: os.stat_result | None = None
        self._look_at = 0.0

    @property
    def descriptor(self) -> int:
        """The open file's; the number stays, which `faulthandler` keeps. Raises OSError.

        Celery closes in its embedded beat what it knows no handler of, and the number is a
        socket's soon: then it is another.
        """
        is_open = self._is_at(os.fstat, self._descriptor)
        now = time.monotonic()
        if is_open and now < self._look_at:
            return self._descriptor
        self._look_at = now + LOOK_SECONDS
        if is_open and self._is_at(os.stat, self.path):
            return self._descriptor
        self.path.parent.mkdir(parents=True, exist_ok=True)
        opened = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self._opened = os.fstat(opened)
        if is_open:
            os.dup2(opened, self._descriptor, inheritable=False)
            os.close(opened)
        else:
            self._descriptor = opened
        return self._descriptor

    def _is_at(self, stat: Callable[[Any], os.stat_result], place: int | Path) -> bool:
        """Whether that is the file as it was opened."""
        with suppress(OSError):
            return self._opened is not None and os.path.samestat(stat(place), self._opened)
        return False

    def write(self, text: str) -> None:
        """Add it; a full disk is no reason to stop working."""
        line = text.encode(errors="backslashreplace")
        try:
            os.write(self.descriptor, line)
            self._written += len(line)
            if self._written >= _LOOK_AFTER:
                self._written = 0
                self._put_aside()
        except OSError:
            return

    def _put_aside(self) -> None:
        if os.fstat(self.descriptor).st_size < LARGEST:
            return
        with locked(self.path.parent / f".{self.path.name}.lock"):
            if os.fstat(self.descriptor).st_size < LARGEST:
                return  # another process was first
            for number in range(KEPT - 1, 0, -1):
                older = Path(f"{self.path}.{number}")
                if older.exists():
                    older.replace(f"{self.path}.{number + 1}")
            shutil.copyfile(self.path, f"{self.path}.1")
            os.ftruncate(self.descriptor, 0)


def opened(path: Path) -> LogFile:
    """The file, and a warning where it cannot be written yet."""
    file = LogFile(path)
    try:
        file.descriptor  # noqa: B018 (it opens)
    except OSError as exc:
        logger.warning(
            "%s cannot be written: %s. Once that is mended it is, without a restart",
            path, exc.strerror,
        )  # fmt: skip
    return file


def is_kept_by_a_process_manager(folder: Path) -> bool:
    """Whether what this process prints is in the bench's `logs/` already.

    supervisor says so in the environment; systemd and a Procfile lead the output into the files.
    """
    if os.environ.get("SUPERVISOR_ENABLED"):
        return True
    try:
        output = os.fstat(sys.__stderr__.fileno())  # type: ignore[union-attr]
        return any(os.path.samestat(output, file.stat()) for file in folder.glob("*.log"))
    except (OSError, ValueError, AttributeError):
        return False
