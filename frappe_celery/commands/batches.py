"""`frappe-celery batches`: how batches stand; cancel them, requeue what failed of them."""

from __future__ import annotations

import json
from itertools import islice

import click

from frappe_celery.commands.jobs import LIMIT, ONLY_THIS_SITE, YES, more_than
from frappe_celery.commands.options import AS_JSON, site_with_jobs
from frappe_celery.config import settings
from frappe_celery.jobs import get_store
from frappe_celery.jobs.batches import batch_state
from frappe_celery.watch import job_display
from frappe_celery.watch.doctor.report import counted

ID = click.argument("batch_id", metavar="ID")


@click.group()
def batches() -> None:
    """Look at batches, cancel them, requeue what failed.

    A batch is known for a day after its end, and as long as failed jobs of it are kept.
    """


@batches.command("list")
@ONLY_THIS_SITE
@LIMIT
@AS_JSON
def list_(site: str | None, limit: int, as_json: bool) -> None:
    """List batches, the newest first.

    One is `making` until all of it is enqueued, then `going` until all its jobs have ended; it is
    `canceled` when it was never enqueued whole.

    Into a file or a pipe a line a batch, tabs between id, status, title, site, total, finished,
    failed, canceled, going, begun, ended.

    \b
    Examples:
      frappe-celery batches list
      frappe-celery batches list --site site1.example.com --json
    """
    from frappe_celery.watch import batch_tables

    some = batch_state.page(get_store(), site_with_jobs(site), 0, limit + 1)
    if as_json:
        click.echo(json.dumps([batch_tables.as_json(one) for one in some[:limit]], indent=1))
        return
    if not some:
        click.echo(f"No batches in {settings.current().root}.", err=True)
        return
    batch_tables.listing(some[:limit], more_than(limit, some)).print()


@batches.command()
@ID
@LIMIT
@AS_JSON
def show(batch_id: str, limit: int, as_json: bool) -> None:
    """Show one batch: its callbacks, what failed.

    What was stopped counts as failed.

    \b
    Examples:
      frappe-celery batches show 5f0c…
      frappe-celery batches show 5f0c… --limit 100
    """
    from frappe_celery.watch import batch_tables, job_tables, tables

    store = get_store()
    found = batch_state.fetch(store, batch_id)
    callbacks = batch_state.callbacks(store, batch_id)
    failed = list(islice(batch_state.jobs(store, batch_id, *batch_state.FAILURES), limit + 1))
    if as_json:
        about = {
            **batch_tables.as_json(found),
            "callbacks": {
                name: job and job_display.as_json(job) for name, job in callbacks.items()
            },
            "failed_jobs": [job_display.as_json(job) for job in failed[:limit]],
        }
        click.echo(json.dumps(about, indent=1))
        return
    tables.console().print(batch_tables.page(found, callbacks))
    if failed:
        title = "Jobs that failed or were stopped"
        job_tables.listing(failed[:limit], title, more_than(limit, failed)).print()


@batches.command()
@ID
@YES
def cancel(batch_id: str, yes: bool) -> None:
    """Cancel what waits; what runs goes on.

    Its on_ended runs once these have ended, its on_finished does not.

    \b
    Examples:
      frappe-celery batches cancel 5f0c…
      frappe-celery batches cancel 5f0c… --yes
    """
    store = get_store()
    going = batch_state.fetch(store, batch_id).going
    if going and not yes:
        click.confirm(f"cancel what waits of {counted(going, 'job')}?", abort=True, err=True)
    click.echo(f"{counted(batch_state.cancel(store, batch_id), 'job')}: canceled")


@batches.command()
@ID
@YES
def requeue(batch_id: str, yes: bool) -> None:
    """Run again what failed or was stopped.

    Its on_finished runs once all its jobs have finished.

    \b
    Examples:
      frappe-celery batches requeue 5f0c…
      frappe-celery batches requeue 5f0c… --yes
    """
    store = get_store()
    failed = batch_state.fetch(store, batch_id).failed
    if failed and not yes:
        click.confirm(f"requeue {counted(failed, 'failed job')}?", abort=True, err=True)
    click.echo(f"{counted(batch_state.requeue_failed(store, batch_id), 'job')}: requeued")
