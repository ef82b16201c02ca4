"""Where the commands that serve listen, and the error of a port that is none."""

from __future__ import annotations

import click

from frappe_celery.commands.options import Decorator, together


def listening(port: int) -> Decorator:
    """`--port` and `--address` of a command that serves; `port` is the default."""
    return together(
        click.option(
            "--port",
            "-p",
            type=click.IntRange(0, 65535),
            default=port,
            show_default=True,
            help="Where to listen; 0: any free port.",
        ),
        click.option(
            "--address",
            default="127.0.0.1",
            show_default=True,
            help="Where to listen; 0.0.0.0 for every network.",
        ),
    )


def cannot_listen(address: str, port: int, exc: OSError) -> click.ClickException:
    """The error of a port that is taken or forbidden."""
    return click.ClickException(f"cannot listen on {address}:{port}: {exc}. Use --port")
