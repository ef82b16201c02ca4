"""The subcommands of `frappe-celery`, one file each; what bench shows of them, `commands`.

Nobody imports it but `cli`, which loads a command when it is called, bench, and what commands other
packages have. `options` has what several commands have; `bench_programs` has what a bench runs,
`process_managers` writes that into their files; `supervisor` is the program that `supervise`
becomes.
"""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    if name == "commands":
        from frappe_celery.commands.bench import commands

        return commands
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
