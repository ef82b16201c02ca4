"""The subcommands of `frappe-celery`, one file each; what bench shows of them, `commands`.

Nobody imports it but `cli`, which loads a command when it is called, and bench. `options` has what
several commands have; `process_files` has what process managers run and writes a Procfile,
`supervisor_file` and `systemd_units` theirs, all of them from `templates/`; `supervisor` is the
program that `supervise` becomes; `demo/` is the demo.
"""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    if name == "commands":
        from frappe_celery.commands.bench import commands

        return commands
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
