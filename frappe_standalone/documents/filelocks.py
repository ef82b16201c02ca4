"""`frappe.utils.synchronization.filelock`: one process at a time, on this machine."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from frappe_standalone.documents.locking import LOCKS_DIR
from frappe_standalone.exceptions import LockTimeoutError
from frappe_standalone.local import local
from frappe_standalone.site.context import site_folder


@contextmanager
def filelock(lock_name: str, *, timeout: int = 30, is_global: bool = False) -> Iterator[None]:
    """Hold a lock of this site (or of the bench) for the block; a process that dies gives it back.

    Raises:
        LockTimeoutError: another process held it for `timeout` seconds.
    """
    folder: Path = site_folder("" if is_global else local.site) / LOCKS_DIR
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{lock_name}.lock").open("a") as file:
        end = time.monotonic() + timeout
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= end:
                    raise LockTimeoutError(
                        f"lock {lock_name!r} was not free within {timeout} s"
                    ) from None
                time.sleep(0.05)
        yield
