"""An SQLite file as Django's database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

LOCK_SECONDS = 30
"""How long a writer waits for another process's transaction before a lock timeout."""


def sqlite(path: Path) -> dict[str, Any]:
    """Django's settings for the SQLite database in a file."""
    import django

    options: dict[str, Any] = {"timeout": LOCK_SECONDS}
    if django.VERSION >= (5, 1):
        # a transaction waits for its turn at its start, where waiting cannot end in a deadlock
        options |= {"transaction_mode": "IMMEDIATE", "init_command": "PRAGMA synchronous=NORMAL"}
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": options,
        "CONN_MAX_AGE": None,
    }
