"""The files in `logs/`, written by any number of processes, each line at once at the end."""

from __future__ import annotations

import logging
import os
import shutil
import sys
from pathlib import Path

from frappe_celery.config.files import locked

logger = logging.getLogger(__name__)

LARGEST = 50 * 1024 * 1024
"""Bytes after which a file is put aside (supervisor's default), the oldest of `KEPT` forgotten."""
KEPT = 10
_LOOK_AFTER = 1024 * 1024


class LogFile:
    """One file. It is emptied, not replaced, when it was put aside: others have it open too."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._written = _LOOK_AFTER
        path.parent.mkdir(parents=True, exist_ok=True)
        self._open()

    def _open(self) -> None:
        self._descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self._opened = os.fstat(self._descriptor)

    @property
    def descriptor(self) -> int:
        """The open file's; raises OSError.

        Celery closes in its embedded beat what it knows no handler of, and the number is a
        socket's soon: then the file is opened anew.
        """
        try:
            if os.path.samestat(os.fstat(self._descriptor), self._opened):
                return self._descriptor
        except OSError:
            pass
        self._open()
        return self._descriptor

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


def opened(path: Path) -> LogFile | None:
    """The file; None, and a warning, where it cannot be written."""
    try:
        return LogFile(path)
    except OSError as exc:
        logger.warning("%s cannot be written: %s", path, exc.strerror)
        return None


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
