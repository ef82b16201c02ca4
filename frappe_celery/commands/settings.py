"""`frappe-celery settings`: every option, its default and its value here.

`--markdown` prints the table of docs/settings.md.
"""

from __future__ import annotations

import json
from typing import Any

import click

from frappe_celery.commands.options import AS_JSON
from frappe_celery.config import settings as configuration
from frappe_celery.config.option_defaults import OF_COMMANDS, Options, meanings
from frappe_celery.config.secrets import is_secret, masked

SECRET = ("broker_url", "redis_queue", "database_url", "frappe_celery_alerts")
"""Besides those whose names say it."""
SET = "(set)"
"""In place of a secret's value."""


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
@AS_JSON
def settings(as_markdown: bool, as_json: bool) -> None:
    """Show every option with its value here.

    Secrets are masked, or shown as `(set)`.

    \b
    Examples:
      frappe-celery settings
      frappe-celery settings --json
    """
    if as_markdown:
        click.echo(markdown(), nl=False)
        return
    from frappe_celery.watch.tables import Listing

    current = configuration.current()
    values = {name: _shown(name, getattr(current, name)) for name in meanings()}
    if as_json:
        click.echo(json.dumps(values, indent=1, default=str))
    else:
        rows = [(name, _text(values[name]), meaning) for name, meaning in meanings().items()]
        columns = ("option", "value", "meaning")
        Listing(f"Settings of {current.root}", columns, rows, cut=columns[1:]).print()
    for sentence in current.unknown:
        click.echo(f"Warning: {sentence}", err=True)


def _shown(name: str, value: Any) -> Any:
    return SET if value and (name in SECRET or is_secret(name)) else masked(value)


def _text(value: Any) -> str:
    return SET if value == SET else repr(value)
