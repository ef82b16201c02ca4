"""What a bench's process manager has to be told while the bench moves over."""

from __future__ import annotations

from typing import NamedTuple

from frappe_celery.commands import process_files, systemctl
from frappe_celery.config.settings import Settings


class Manager(NamedTuple):
    """Commands, each a list of words."""

    restart: list[list[str]]
    """Every process of the bench, one after the other: none waits for another's jobs to end."""
    add: list[list[str]]
    """Start Celery's workers and beat beside RQ's."""


def manager_of(config: Settings) -> Manager | None:
    """Of the manager whose files the bench has; None: it has none, as in development."""
    bench, folder = config.root.name, config.root / "config"
    ours = process_files.program()
    if (folder / "supervisor.conf").exists():
        text = (folder / "supervisor.conf").read_text()
        return Manager(
            [["supervisorctl", "restart", one] for one in process_files.supervised(bench, text)],
            [
                [ours, "setup", "supervisor", "--yes"],
                ["supervisorctl", "reread"],
                ["supervisorctl", "update"],
            ],
        )
    if (folder / "systemd").exists():
        return Manager(
            systemctl.restart(config),
            [[ours, "setup", "systemd", "--yes"], *systemctl.take_over(config)],
        )
    return None
