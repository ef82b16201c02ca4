"""`frappe-celery outbox`: what was committed and is not enqueued yet."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

import click

from frappe_celery.commands.options import AS_JSON, known_site, known_sites
from frappe_celery.errors import ConfigError
from frappe_celery.jobs import get_store, hosts
from frappe_celery.jobs.hosts import ADMINISTRATOR
from frappe_celery.jobs.message import JobMessage
from frappe_celery.jobs.outbox import at_commit
from frappe_celery.jobs.outbox.table import OF_A_TASK, Row, Table
from frappe_celery.watch import words
from frappe_celery.watch.tables import Listing

MOST = 1000
SITE = click.option("--site", required=True, help="Whose outbox.")
RUNS = click.argument("runs", metavar="RUN...", nargs=-1)
ALL = click.option("--all", "every", is_flag=True, help="All that were set aside.")


@click.group()
def outbox() -> None:
    """Show committed jobs that are not enqueued yet."""


@outbox.command("list")
@click.option("--site", help="Of this site alone.")
@AS_JSON
def list_(site: str | None, as_json: bool) -> None:
    """Show what waits, and what was set aside and why.

    \b
    Examples:
      frappe-celery outbox list
      frappe-celery outbox list --site site1.example.com --json
    """
    rows = [
        (name, row) for name in known_sites(site) if at_commit.is_on(name) for row in _rows(name)
    ]
    if as_json:
        shown = [{"site": name, **_without_message(row)} for name, row in rows]
        click.echo(json.dumps(shown, indent=2))
        return
    if not rows:
        click.echo("Nothing waits in an outbox.")
        return
    columns = ("site", "run", "written", "queue", "method", "why it is not enqueued")
    cells = [
        (name, row.run, words.moment(row.created), row.queue, _method(row), row.error or "waits")
        for name, row in rows
    ]
    Listing("In outboxes", columns, cells).print()


@outbox.command()
@SITE
@RUNS
@ALL
def relay(site: str, runs: tuple[str, ...], every: bool) -> None:
    """Enqueue what was set aside after all.

    Whoever relays does it, within seconds. A job that came with a restored database may have run
    before.

    \b
    Examples:
      frappe-celery outbox relay --all
      frappe-celery outbox relay 7b1d… --site site1.example.com
    """
    with _table(site) as table:
        found, store = _chosen(table, runs, every), get_store()
        store.client.zrem(store.keys.outbox_marks(site), *found)  # before a relay can take them
        table.take_up(found, time.time(), store.settings.prefix)
        hosts.current().commit()
    store.client.sadd(store.keys.outbox_news, site)
    click.echo(f"{len(found)} will be enqueued.")


@outbox.command()
@SITE
@RUNS
@ALL
def discard(site: str, runs: tuple[str, ...], every: bool) -> None:
    """Delete what was set aside: these jobs never run.

    \b
    Examples:
      frappe-celery outbox discard 7b1d…
      frappe-celery outbox discard --all --site site1.example.com
    """
    with _table(site) as table:
        found = _chosen(table, runs, every)
        table.delete(found)
        hosts.current().commit()
    click.echo(f"{len(found)} deleted.")


@contextmanager
def _table(site: str) -> Iterator[Table]:
    """The site's outbox."""
    known_site(site)
    host = hosts.current()
    with host.in_site(site, ADMINISTRATOR):
        table = Table(host)
        if not at_commit.is_on(site):
            raise ConfigError(
                f"site {site} has no outbox: set frappe_celery_outbox to true in its"
                " site_config.json or for all, and restart workers and beat, which make it"
            )
        yield table


def _rows(site: str) -> list[Row]:
    with _table(site) as table:
        return table.all(MOST)


def _chosen(table: Table, runs: tuple[str, ...], every: bool) -> list[str]:
    """The runs that are meant, all of which were set aside."""
    if every == bool(runs):
        raise click.UsageError("Name runs, as frappe-celery outbox list shows them, or say --all.")
    aside = [row.run for row in table.all(MOST) if row.error is not None]
    unknown = sorted({*runs} - {*aside})
    if unknown:
        raise click.BadParameter(
            f"{', '.join(unknown)}: none that was set aside; frappe-celery outbox list shows them"
        )
    if not (runs or aside):
        raise click.UsageError("Nothing was set aside.")
    return list(runs) or aside


def _method(row: Row) -> str:
    try:
        if row.options == OF_A_TASK:
            from frappe_celery.jobs.outbox import tasks  # Django

            return str(tasks.opened(get_store(), row.run, row.message.encode())[0])
        return JobMessage.open(get_store().signer, row.message.encode(), row.run).label
    except Exception as exc:
        return f"(unreadable: {exc})"


def _without_message(row: Row) -> dict[str, object]:
    shown = {**asdict(row), "method": _method(row)}
    del shown["message"], shown["options"]
    return shown
