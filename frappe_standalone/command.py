"""`frappe-celery migrate`: the tables of the standalone host."""

from __future__ import annotations

import click

from frappe_celery.host import ConfigError, hosts, settings

KINDS = ("text", "int", "float", "date", "datetime", "time", "json")


@click.command()
@click.argument("columns", nargs=-1, metavar="[FIELD=KIND]...")
@click.option("--site", help="Only this site. Default: every site.")
@click.option(
    "--doctype",
    help="A doctype that no app describes: make its table, and the columns FIELD=KIND, KIND one of"
    f" {', '.join(KINDS)}.",
)
def migrate(columns: tuple[str, ...], site: str | None, doctype: str | None) -> None:
    """Make the tables that the apps' doctypes describe.

    Without a Frappe: tables and columns that are not there are added, what is there stays. A column
    whose field may now hold more is widened; one that cannot become what its field is is named, and
    nothing is changed. In a Django project `manage.py migrate` does the same for its default site.

    \b
    Examples:
      frappe-celery migrate
      frappe-celery migrate --site site1.example.com
    """
    from frappe_standalone.documents import tables
    from frappe_standalone.exceptions import CannotAlter

    if hosts.is_bench():
        raise ConfigError("in a bench, `bench migrate` makes the tables")
    wanted = dict(_column(each) for each in columns)
    if wanted and not doctype:
        raise click.UsageError("FIELD=KIND needs --doctype, whose field it is")
    for name in [site] if site else settings.current().sites():
        try:
            made = tables.make_one(name, doctype, wanted) if doctype else tables.make_all(name)
        except CannotAlter as exc:
            raise ConfigError(f"{name}: {exc}") from exc
        for each, fields in made.items():
            click.echo(f"{name}: {each} ({', '.join(fields) or 'no new columns'})")
        if not made:
            click.echo(f"{name}: every table is as it shall be")


def _column(text: str) -> tuple[str, str]:
    field, _, kind = text.partition("=")
    if not field or kind not in KINDS:
        raise click.BadParameter(f"{text!r} is not FIELD=KIND with one of {', '.join(KINDS)}")
    return field, kind
