"""`frappe-celery state`: what jobs change in modules of apps, and is put back after them."""

from __future__ import annotations

import click

from frappe_celery.jobs import get_store
from frappe_celery.watch.tables import Listing
from frappe_celery.watch.words import moment
from frappe_celery.worker.state import left


@click.command()
@click.option("--forget", is_flag=True, help="Begin anew: forget what was seen until now.")
def state(forget: bool) -> None:
    """Show what jobs change in apps' modules.

    All of it is put back. Each name is shown with the last job that was the first in its process
    to change it. A job that fills a cache which is emptied each time is slowed by that: an app
    keeps it by its name, as `frappe_celery_keep` in its hooks.py or in the configuration, if it
    holds nothing of a site, a user or the database.
    """
    store = get_store()
    if forget:
        left.forget(store)
        store.client.delete(store.keys.replaced)
        return
    found = left.all_of(store)
    if not found:
        click.echo("No job was seen to change anything in a module of an app.")
        return
    rows = [(one.name, one.job, moment(one.at)) for one in found]
    Listing("What jobs change", ("name", "changed by", "at"), rows).print()
