"""The subcommands of `frappe-celery`, one file each; `commands` are those that bench shows."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    if name == "commands":
        from frappe_celery.commands.bench import commands

        return commands
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
