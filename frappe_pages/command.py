"""`frappe-celery admin`: the pages of jobs, workers, sites and schedule, and who may log in."""

from __future__ import annotations

import os
import sys

import click

from frappe_celery.commands import options
from frappe_celery.jobs import hosts
from frappe_pages import in_bench, server
from frappe_pages.listening import cannot_listen, listening

PASSWORD_VARIABLE = "DJANGO_SUPERUSER_PASSWORD"


@click.group(invoke_without_command=True)
@listening(8000)
@click.option(
    "--url",
    metavar="URL",
    help="Where people reach it, when a proxy stands in front: https://jobs.example.com. With https"
    " its cookies travel encrypted only.",
)
@click.pass_context
def admin(ctx: click.Context, port: int, address: str, url: str | None) -> None:
    """Serve the pages: jobs, workers, sites, schedule.

    In a bench they show every site; users, rights and history are in a file of their own there. A
    project with "frappe_celery" in INSTALLED_APPS has the pages in its own admin. The server is
    waitress, fit for production; it speaks no TLS.

    \b
    Examples:
      frappe-celery admin
      frappe-celery admin --port 8002 --url https://jobs.example.com
    """
    if ctx.invoked_subcommand is not None:
        return
    load(address, url)
    from frappe_pages import users

    if not users.any_can_log_in():
        _first_user()
    try:
        server.serve(address, port, url, click.echo)
    except OSError as exc:
        raise cannot_listen(address, port, exc) from exc


def load(address: str = server.LOOPBACK[1], url: str | None = None) -> None:
    """Have Django ready with the pages in it, and a database for their users.

    Raises:
        ConfigError: the pages are served elsewhere, or `url` makes no sense.
    """
    # a bench has no Django of its own; elsewhere the host's has the pages in it
    load_pages = getattr(hosts.current(), "load_pages", in_bench.load)
    load_pages(address, url)


def _first_user() -> None:
    if not sys.stdin.isatty():
        raise click.ClickException(
            "nobody can log in yet. Make a user first: frappe-celery admin user NAME"
        )
    click.echo("Nobody can log in yet. The first user, who may do everything:")
    _make(click.prompt("Name", default="admin"))


@admin.command()
@click.argument("name")
@click.option(
    "--site",
    "sites",
    metavar="SITE",
    multiple=True,
    help="Sees this site alone, and may requeue, stop and cancel its jobs; can be given again.",
)
def user(name: str, sites: tuple[str, ...]) -> None:
    """Make a user, who may do everything; the password is asked for.

    Scripts give it in DJANGO_SUPERUSER_PASSWORD. What a user may do is changed in the pages.

    \b
    Examples:
      frappe-celery admin user anna
      frappe-celery admin user ben --site site1.example.com
    """
    for site in sites:
        options.known_site(site)
    load()
    _make(name, sites)


def _make(name: str, sites: tuple[str, ...] = ()) -> None:
    from frappe_pages import users

    password = os.environ.get(PASSWORD_VARIABLE)
    if password is None and not sys.stdin.isatty():
        raise click.ClickException(
            f"there is no terminal to ask for the password: set {PASSWORD_VARIABLE}"
        )
    if password is None:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    users.make(name, password, sites)
    click.echo(f"{name} can log in{', and sees ' if sites else ''}{', '.join(sites)}.")


@admin.command()
@click.argument("name")
def password(name: str) -> None:
    """Change a user's password; it is asked for.

    \b
    Examples:
      frappe-celery admin password anna
      frappe-celery admin password ben
    """
    load()
    from django.core.management import CommandError, call_command

    try:
        call_command("changepassword", name)
    except CommandError as exc:
        raise click.ClickException(str(exc)) from exc
