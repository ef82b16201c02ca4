"""`frappe-celery settings`: every option, its default and its value here.

`--markdown` prints the table of docs/settings.md.
"""

from __future__ import annotations

import click

from frappe_celery.config import settings as configuration
from frappe_celery.config.option_defaults import OF_COMMANDS, Options, meanings
from frappe_celery.config.secrets import is_secret, masked

SECRET = ("broker_url", "redis_queue", "database_url", "frappe_celery_alerts")
"""Besides those whose names say it."""


def markdown() -> str:
    """The tables of options for the documentation: what people set, then what commands write."""
    tables: tuple[list[str], ...] = ([], [])
    for name, meaning in meanings().items():
        value, text = getattr(Options(), name), meaning.replace("|", "\\|")
        shown = "none" if value is None else repr(value)
        tables[name in OF_COMMANDS].append(f"| `{name}` | `{shown}` | {text} |\n")
    yours, ours = ("| option | default | |\n|---|---|---|\n" + "".join(rows) for rows in tables)
    return f"{yours}\nWritten by commands:\n\n{ours}"


@click.command()
@click.option("--markdown", "as_markdown", is_flag=True, help="Print the documentation's table.")
def settings(as_markdown: bool) -> None:
    """Show every option with its value here.

    \b
    Examples:
      frappe-celery settings
      frappe-celery settings --markdown
    """
    if as_markdown:
        click.echo(markdown(), nl=False)
        return
    from frappe_celery.watch.tables import Listing

    current, rows = configuration.current(), []
    for name, meaning in meanings().items():
        value = getattr(current, name)
        secret = name in SECRET or is_secret(name)
        shown = "(set)" if value and secret else repr(masked(value))
        rows.append((name, shown, meaning))
    columns = ("option", "value", "meaning")
    Listing(f"Settings of {current.root}", columns, rows, cut=columns[1:]).print()
    for sentence in current.unknown:
        click.echo(f"Warning: {sentence}", err=True)
