"""`frappe-celery setup`: writes the process manager's files that run the workers and beat."""

from __future__ import annotations

import difflib
import getpass
import os
import pwd
import shutil
from collections.abc import Mapping
from pathlib import Path

import click

from frappe_celery.commands import process_files, supervisor_file, systemd_units
from frappe_celery.config import settings
from frappe_celery.config.settings import Settings
from frappe_celery.errors import ConfigError
from frappe_celery.jobs import hosts

yes = click.option("--yes", is_flag=True, help="Overwrite files that exist.")
user = click.option("--user", help="Whom the processes run as. Default: the bench's `frappe_user`.")


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


@setup.command()
@yes
def procfile(yes: bool) -> None:
    """Procfile, for `bench start` or honcho. Lines for Redis, web and socketio stay."""
    config = settings.current()
    path = config.root / "Procfile"
    _write(config, {path: process_files.procfile(config, _text(path))}, yes)


@setup.command()
@user
@yes
def supervisor(user: str | None, yes: bool) -> None:
    """config/supervisor.conf, for supervisor. Programs for Redis, web and socketio stay."""
    config = settings.current()
    path = config.root / "config" / "supervisor.conf"
    text = supervisor_file.text_of(config, user or _frappe_user(config), _text(path))
    _write(config, {path: text}, yes)
    group = supervisor_file.group_of(config)
    click.echo(
        f"Have supervisor take it over: supervisorctl reread && supervisorctl update {group}"
    )
    if not config.is_armed:
        click.echo("then, once frappe-celery doctor shows its workers: supervisorctl update")


@setup.command()
@user
@yes
def systemd(user: str | None, yes: bool) -> None:
    """Units in config/systemd. Those for Redis, web and socketio stay."""
    config = settings.current()
    folder = config.root / "config" / "systemd"
    user = _known(user or _frappe_user(config))
    units = systemd_units.units_of(config, user)
    _write(config, {folder / name: text for name, text in units.items()}, yes)
    _make_logs(config, user)
    shown = systemd_units.shown
    click.echo(shown("Have systemd take them over:", systemd_units.take_over(config)))
    click.echo(shown("After a change of code, without a stop:", [systemd_units.exchange(config)]))
    if config.is_armed:
        return
    if rqs := systemd_units.end_rqs(config):
        click.echo(shown("RQ's units are not needed any more. They end their jobs:", rqs))
    if armed := systemd_units.forget_armed_target(config):
        click.echo(shown("Then the target beside RQ's is not needed either:", armed))


def _known(user: str) -> str:
    try:
        return pwd.getpwnam(user).pw_name
    except KeyError:
        raise ConfigError(
            f"the processes are to run as user {user!r}, whom this machine does not know: name"
            " another with --user, or, in a bench, as frappe_user in sites/common_site_config.json"
        ) from None


def _make_logs(config: Settings, user: str) -> None:
    """Else systemd makes them, and they are root's."""
    logs = (*systemd_units.logs_of(config, "worker"), *systemd_units.logs_of(config, "schedule"))
    for path in logs:
        if not path.exists():
            path.touch()
            if os.geteuid() == 0:
                shutil.chown(path, user, pwd.getpwnam(user).pw_gid)


def _frappe_user(config: Settings) -> str:
    return str(config.site_config("").get("frappe_user") or getpass.getuser())


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _write(config: Settings, files: Mapping[Path, str], overwrite: bool) -> None:
    if hosts.is_bench() and not config.frappe_celery_enabled:
        raise ConfigError(
            "this bench runs on RQ, whose files bench setup writes: switch it over first, with"
            " frappe-celery switch (piece by piece) or frappe-celery enable (all at once)"
        )
    if secrets := process_files.variables(config, secret=True):
        click.echo(
            f"Not written, since they hold a secret: {', '.join(secrets)}. Give them to the"
            " processes by a file that only their user can read, as your process manager knows it",
            err=True,
        )
    changed = {path: text for path, text in files.items() if _text(path) != text}
    for path, text in changed.items():
        _show(path, text)
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


def _show(path: Path, text: str) -> None:
    if not path.exists():
        click.echo(f"--- {path}\n{text}")
        return
    lines = difflib.unified_diff(
        _text(path).splitlines(), text.splitlines(), str(path), "new", lineterm=""
    )
    click.echo("\n".join(lines))
