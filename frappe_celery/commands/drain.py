"""`frappe-celery drain`: the workers take no more jobs, and end those that they have."""

from __future__ import annotations

import time

import click

from frappe_celery.commands.control import ANSWER_SECONDS, LOOK_SECONDS, ask_workers
from frappe_celery.config import settings
from frappe_celery.jobs import JobStore, get_store


@click.command()
@click.option(
    "--timeout",
    type=click.IntRange(0),
    help="Seconds to wait. Default: as long as a worker that is told to stop (shutdown_seconds).",
)
def drain(timeout: int | None) -> None:
    """Let workers end what runs, before a deployment.

    Every worker of the bench is told to take no more jobs, and it is waited until none runs.
    What waits stays in its queue. A worker that is started afterwards takes jobs again. Ends with 1
    when jobs still run after the time; they run on.
    """
    store = get_store()
    workers = store.workers.all()
    if not workers:
        click.echo("No worker runs.")
        return
    _take_no_more(len(workers))
    if timeout is None:
        timeout = settings.current().ending_seconds(settings.current().queues)
    give_up_at = time.monotonic() + timeout
    while held := _held(store):
        if time.monotonic() > give_up_at:
            jobs = [job for job in store.read(held) if job is not None]
            names = (
                ", ".join(f"{job.method} ({job.id})" for job in jobs) or "one that has just ended"
            )
            raise click.ClickException(f"still running after {timeout} s: {names}")
        time.sleep(LOOK_SECONDS)
    click.echo(f"Drained: {len(workers)} workers take no more jobs, and none runs.")


def _take_no_more(workers: int) -> None:
    for queue in settings.current().queues:
        answers = ask_workers("cancel_consumer", workers, queue=queue)
        if len(answers) < workers:
            raise click.ClickException(
                f"{workers - len(answers)} of {workers} workers did not answer within"
                f" {ANSWER_SECONDS:.0f} s and may take jobs still: see `frappe-celery doctor`"
            )


def _held(store: JobStore) -> list[str]:
    """The runs that workers have in hand, out of the bench's queues."""
    queues = settings.current().queues
    pipe = store.client.pipeline(transaction=False)
    for consumer in store.client.zrange(store.keys.consumers, 0, -1):
        pipe.hvals(store.keys.in_flight(consumer.decode()))
    held = [value.decode().partition("\n") for values in pipe.execute() for value in values]
    return [run for list_, _, run in held if store.keys.queue_of(list_) in queues]
