"""What a bench's process manager has to be told while the bench moves over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from frappe_celery.commands import process_files, supervisor_file, systemctl
from frappe_celery.config.settings import Settings


class Manager(NamedTuple):
    """Commands, each a list of words."""

    look: list[str]
    """Changes nothing, and fails where the others would."""
    restart: list[list[str]]
    """Every process of the bench, one after the other: none waits for another's jobs to end."""
    add: list[list[str]]
    """Start Celery's workers and beat beside RQ's."""


def manager_of(config: Settings, called: Sequence[str] = ()) -> Manager | None:
    """Of the manager whose files the bench has; None: it has none, as in development.

    Args:
        called: how `supervisorctl` or `systemctl` is called, when not by its name.
    """
    bench, folder = config.root.name, config.root / "config"
    ours = process_files.program()
    if (folder / "supervisor.conf").exists():
        ctl = [*(called or ["supervisorctl"])]
        text = (folder / "supervisor.conf").read_text()
        return Manager(
            [*ctl, "pid"],
            [[*ctl, "restart", one] for one in supervisor_file.supervised(bench, text)],
            [
                [ours, "setup", "supervisor", "--yes"],
                [*ctl, "reread"],
                [*ctl, "update", supervisor_file.group_of(config)],
            ],
        )
    if (folder / "systemd").exists():
        ctl = [*(called or ["systemctl"])]
        restart, add = (
            [[*ctl, *words] for _, *words in commands]
            for commands in (systemctl.restart(config), systemctl.take_over(config))
        )
        return Manager(
            [*ctl, "daemon-reload"],
            restart,
            [[ours, "setup", "systemd", "--yes"], *add],
        )
    return None
