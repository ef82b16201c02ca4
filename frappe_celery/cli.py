"""`frappe-celery`: bench's words over Celery's commands."""

from __future__ import annotations

import importlib
import sys
from difflib import get_close_matches
from typing import Any

import click

from frappe_celery import __version__
from frappe_celery.config import parts
from frappe_celery.errors import FrappeCeleryError

COMMANDS: dict[str, str | None] = {
    "worker": "frappe_celery.commands.worker",
    "beat": "frappe_celery.commands.worker",
    "supervise": "frappe_celery.commands.supervise",
    "restart": "frappe_celery.commands.restart",
    "drain": "frappe_celery.commands.drain",
    "doctor": "frappe_celery.commands.doctor",
    "check": None,
    "jobs": "frappe_celery.commands.jobs",
    "limits": "frappe_celery.commands.limits",
    "limit": "frappe_celery.commands.limits",
    "pause": "frappe_celery.commands.limits",
    "resume": "frappe_celery.commands.limits",
    "state": "frappe_celery.commands.state",
    "metrics": "frappe_celery.commands.metrics",
    "admin": "frappe_celery.commands.admin",
    "demo": "frappe_celery.commands.demo",
    "schedule": "frappe_celery.commands.schedule",
    "sync": "frappe_celery.commands.schedule",
    "migrate": None,
    "settings": "frappe_celery.commands.settings",
    "key": "frappe_celery.commands.key",
    "enable": "frappe_celery.commands.bench",
    "disable": "frappe_celery.commands.bench",
    "move": "frappe_celery.commands.move",
    "shadow": "frappe_celery.commands.shadow",
    "switch": "frappe_celery.commands.switch",
    "setup": "frappe_celery.commands.setup",
}
"""Where each command is; imported when it is called, so that every other one starts fast. None: in
another package, found by its entry point."""


class Commands(click.Group):
    """Loads a command when it is called, and shows our errors without a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            close = get_close_matches(cmd_name, COMMANDS, 1)
            if close and not ctx.resilient_parsing:
                ctx.fail(f"No such command {cmd_name!r}. Did you mean {close[0]!r}?")
            return None
        module = COMMANDS[cmd_name]
        command: click.Command
        if module is None:
            command = parts.load(parts.COMMANDS, cmd_name)
        else:
            command = getattr(importlib.import_module(module), cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run it; what is wrong with the input is said in a sentence."""
        try:
            return super().invoke(ctx)
        except FrappeCeleryError as exc:
            raise click.ClickException(f"{type(exc).__name__}: {exc}") from exc


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="frappe-celery")
def main() -> None:
    """Frappe background jobs and schedules on Celery.

    Run it in a folder with `sites/`, or with app packages that have a hooks.py.
    Celery's own commands work too: celery -A frappe_celery worker|beat|inspect|…
    """


if __name__ == "__main__":
    sys.exit(main())
