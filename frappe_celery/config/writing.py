"""Changing a configuration file: under a lock, in one step, owner and mode as they were."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from frappe_celery.config.files import read_json


def edit_json(path: Path, edit: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """Let `edit` change a configuration file's object; gives the object as it is then.

    Raises:
        ConfigError: the file is no JSON object.
        OSError: it cannot be written.
    """
    path = path.resolve()  # of a link the file, which is replaced
    with locked(path.with_suffix(".lock")):
        before = read_json(path)
        config = dict(before)
        edit(config)
        if config != before:
            replace(path, json.dumps(config, indent=1))
        return config


def replace(path: Path, text: str) -> None:
    """Write a file anew in one step, owner and mode as they were."""
    replacement = path.with_suffix(".new")
    replacement.unlink(missing_ok=True)
    write_secret(replacement, text)
    if path.exists():
        was = path.stat()
        with suppress(PermissionError):  # root gives it back to the bench's user
            os.chown(replacement, was.st_uid, was.st_gid)
        os.chmod(replacement, was.st_mode)
    os.replace(replacement, path)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Be the only process in this file's lock."""
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def write_secret(path: Path, text: str) -> None:
    """Write a new file that only its owner can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
