"""`frappe-celery settings`: every option, its default and its value here.

`--markdown` prints the table of docs/settings.md.
"""

from __future__ import annotations

import click

from frappe_celery.config import settings as configuration
from frappe_celery.config.option_defaults import OPTIONS, Options
from frappe_celery.config.secrets import is_secret, masked

SECRET = ("broker_url", "redis_queue", "database_url", "frappe_celery_alerts")
"""Besides those whose names say it."""


def markdown() -> str:
    """The table of options for the documentation."""
    lines = ["| option | default | |", "|---|---|---|"]
    for option in OPTIONS:
        doc = option.metadata["doc"].replace("|", "\\|")
        lines.append(f"| `{option.name}` | `{_default(option)}` | {doc} |")
    return "\n".join(lines) + "\n"


def _default(option: object) -> str:
    value = getattr(Options(), option.name)  # type: ignore[attr-defined]
    return "none" if value is None else repr(value)


@click.command()
@click.option("--markdown", "as_markdown", is_flag=True, help="Print the documentation's table.")
def settings(as_markdown: bool) -> None:
    """Show every option with its value here."""
    if as_markdown:
        click.echo(markdown(), nl=False)
        return
    from rich.console import Console
    from rich.table import Table

    current = configuration.current()
    table = Table("option", "value", "", title=f"Settings of {current.root}")
    for option in OPTIONS:
        value = getattr(current, option.name)
        secret = option.name in SECRET or is_secret(option.name)
        shown = "(set)" if value and secret else repr(masked(value))
        table.add_row(option.name, shown, option.metadata["doc"])
    Console().print(table)
    for sentence in current.unknown:
        click.echo(f"Warning: {sentence}", err=True)
