"""`frappe-celery`: bench's words over Celery's commands."""

from __future__ import annotations

import importlib
import sys
from difflib import get_close_matches

import click

from frappe_celery import __version__
from frappe_celery.config import parts
from frappe_celery.programs import ToldInASentence

HEADINGS = {
    "Run": "worker beat workers supervise",
    "Look, and act on jobs": "doctor jobs batches schedule limits outbox metrics admin",
    "Set up": "check enable switch disable setup settings key migrate types demo",
}
"""What --help shows below each."""
COMMANDS = " ".join(HEADINGS.values()).split()
"""Each is imported when it is called, so that every other one starts fast, from the file in
`commands` that has its name, but for these:"""
BESIDE = {"beat": "worker", "supervise": "worker", "enable": "bench", "disable": "bench"}
"""Commands that stand in the file of another one."""
IN_OTHER_PACKAGES = ("admin", "check", "demo", "metrics", "migrate", "switch", "types")
"""Those that are found by their entry points."""
MOVED = {
    **{"limit": "limits set", "pause": "limits pause", "resume": "limits resume"},
    **{name: f"workers {name}" for name in ("drain", "restart", "state")},
    **{name: f"switch {name}" for name in ("move", "shadow")},
    "sync": "schedule sync",
}
"""Former words, hidden, until 1.0: what a script calls goes on."""


class Commands(ToldInASentence, click.Group):
    """Loads a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands below their headings."""
        texts = {name: self.get_command(ctx, name).get_short_help_str(64) for name in COMMANDS}  # type: ignore[union-attr]
        for heading, names in HEADINGS.items():
            with formatter.section(heading):
                formatter.write_dl([(name.ljust(9), texts[name]) for name in names.split()])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in MOVED:
            group, name = MOVED[cmd_name].split()
            found: click.Command = self.get_command(ctx, group).commands[name]  # type: ignore[union-attr]
            return found
        if cmd_name not in COMMANDS:
            close = get_close_matches(cmd_name, COMMANDS, 1)
            if close and not ctx.resilient_parsing:
                ctx.fail(f"No such command {cmd_name!r}. Did you mean {close[0]!r}?")
            return None
        if cmd_name in IN_OTHER_PACKAGES:
            command: click.Command = parts.load(parts.COMMANDS, cmd_name)
        else:
            file = f"frappe_celery.commands.{BESIDE.get(cmd_name, cmd_name)}"
            command = getattr(importlib.import_module(file), cmd_name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="frappe-celery")
def main() -> None:
    """Frappe background jobs and schedules on Celery.

    Run it in a folder with `sites/`, or with app packages that have a hooks.py.
    Celery's own commands work too: celery -A frappe_celery worker|beat|inspect|…
    """


if __name__ == "__main__":
    sys.exit(main())
