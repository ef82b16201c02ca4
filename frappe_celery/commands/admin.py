"""`frappe-celery admin`: the pages of jobs, workers, schedule and logs, and who may log in."""

from __future__ import annotations

import os
import sys

import click

from frappe_celery.commands import options

PASSWORD_VARIABLE = "DJANGO_SUPERUSER_PASSWORD"


@click.group(invoke_without_command=True)
@options.listening(8000)
@click.option(
    "--url",
    metavar="URL",
    help="Where people reach it, when a proxy stands in front: https://jobs.example.com. With https"
    " its cookies travel encrypted only.",
)
@click.pass_context
def admin(ctx: click.Context, port: int, address: str, url: str | None) -> None:
    """Serve the pages of Django's admin: jobs, workers, schedule, logs.

    For a project without a Django of its own; in one that has "frappe_celery" in INSTALLED_APPS the
    pages are in its own admin. The server is waitress, fit for production; it speaks no TLS.
    """
    from frappe_celery.hosts.standalone.server import own_site

    if ctx.invoked_subcommand is not None:
        return
    own_site.load(address, url)
    if not own_site.has_users():
        _first_user()
    try:
        own_site.serve(address, port, url, click.echo)
    except OSError as exc:
        raise options.cannot_listen(address, port, exc) from exc


def _first_user() -> None:
    if not sys.stdin.isatty():
        raise click.ClickException(
            "nobody can log in yet. Make a user first: frappe-celery admin user NAME"
        )
    click.echo("Nobody can log in yet. The first user, who may do everything:")
    _make(click.prompt("Name", default="admin"))


@admin.command()
@click.argument("name")
def user(name: str) -> None:
    """Make a user that may do everything; the password is asked for.

    Scripts give it in DJANGO_SUPERUSER_PASSWORD. Users that may do less are made in the pages.
    """
    from frappe_celery.hosts.standalone.server import own_site

    own_site.load()
    _make(name)


def _make(name: str) -> None:
    from django.core.management import CommandError, call_command

    asks = PASSWORD_VARIABLE not in os.environ
    if asks and not sys.stdin.isatty():
        raise click.ClickException(
            f"there is no terminal to ask for the password: set {PASSWORD_VARIABLE}"
        )
    try:
        call_command("createsuperuser", username=name, email="", interactive=asks, verbosity=0)
    except CommandError as exc:
        raise click.ClickException(
            f"{exc} To change a password: frappe-celery admin password {name}"
        ) from exc
    click.echo(f"{name} can log in.")


@admin.command()
@click.argument("name")
def password(name: str) -> None:
    """Change a user's password; it is asked for."""
    from django.core.management import CommandError, call_command

    from frappe_celery.hosts.standalone.server import own_site

    own_site.load()
    try:
        call_command("changepassword", name)
    except CommandError as exc:
        raise click.ClickException(str(exc)) from exc
