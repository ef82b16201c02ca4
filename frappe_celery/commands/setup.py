"""`frappe-celery setup`: writes the process manager's files that run the workers and beat."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from difflib import unified_diff
from functools import partial
from pathlib import Path

import click

from frappe_celery.commands.bench_programs import variables
from frappe_celery.commands.process_managers import MANAGERS, ProcessManager, shown
from frappe_celery.config import settings
from frappe_celery.config.files import text_of
from frappe_celery.config.settings import Settings
from frappe_celery.errors import ConfigError
from frappe_celery.jobs import hosts


@click.group()
def setup() -> None:
    """Write the process manager's files, as `bench setup` does.

    By them it runs the workers and beat: `bench worker` and `bench schedule` in Celery's form.
    Each worker gets the processes that `workers` and `background_workers` say in
    sites/common_site_config.json. DJANGO_SETTINGS_MODULE and other variables that this command was
    started with go into the files, and a Celery app of the Django project's own is started by
    `celery -A`. What is written is shown; without --yes nothing is overwritten.
    In an armed bench RQ's processes stay beside them.
    """


def _command(kind: type[ProcessManager]) -> click.Command:
    yes = click.Option(["--yes"], is_flag=True, help="Overwrite files that exist.")
    of_user = "Whom the processes run as. Default: the bench's `frappe_user`."
    options = [click.Option(["--user"], help=of_user)] if kind.has_user else []
    act = partial(_set_up, kind)
    return click.Command(kind.kind, params=[*options, yes], callback=act, help=kind.__doc__)


def _set_up(kind: type[ProcessManager], yes: bool, user: str | None = None) -> None:
    config = settings.current()
    manager = kind(config)
    user = user or str(config.site_config("").get("frappe_user") or getpass.getuser())
    _write(config, manager.files(user), yes)
    for what, commands in manager.written(user).items():
        if commands:
            click.echo(shown(what, commands))


def _write(config: Settings, files: Mapping[Path, str], overwrite: bool) -> None:
    if hosts.is_bench() and not config.frappe_celery_enabled:
        raise ConfigError(
            "this bench runs on RQ, whose files bench setup writes: switch it over first, with"
            " frappe-celery switch (piece by piece) or frappe-celery enable (all at once)"
        )
    if secrets := variables(config, secret=True):
        click.echo(
            f"Not written, since they hold a secret: {', '.join(secrets)}. Give them to the"
            " processes by a file that only their user can read, as your process manager knows it",
            err=True,
        )
    changed = {path: text for path, text in files.items() if text_of(path) != text}
    for path, text in changed.items():
        old, new = text_of(path).splitlines(), text.splitlines()
        click.echo("\n".join(unified_diff(old, new, str(path), "new", lineterm="")))
    there = [str(path) for path in changed if path.exists()]
    if there and not overwrite:
        click.echo(f"Nothing is written yet: {', '.join(there)} would change. --yes writes it")
        raise click.exceptions.Exit(1)
    config.log_path.mkdir(exist_ok=True)
    for path, text in changed.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        except OSError as exc:
            raise ConfigError(f"{path} cannot be written: {exc.strerror}") from exc
        click.echo(f"Written: {path}")
    if not changed:
        click.echo(f"Up to date: {', '.join(map(str, files))}")


for each in MANAGERS:
    setup.add_command(_command(each))
