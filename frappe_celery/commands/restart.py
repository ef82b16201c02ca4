"""`frappe-celery restart`: every worker that is supervised is exchanged for one with new code."""

from __future__ import annotations

import time

import click

from frappe_celery.commands.control import LOOK_SECONDS, ask_workers
from frappe_celery.jobs import JobStore, get_store


@click.command()
@click.option(
    "--timeout",
    type=click.IntRange(1),
    default=120,
    show_default=True,
    help="Seconds that new workers may take to be ready.",
)
def restart(timeout: int) -> None:
    """Exchange the workers for ones with new code, without a stop.

    Every worker of the bench, on whichever machine, that runs under `frappe-celery supervise`, as
    the files of `frappe-celery setup` start them, is exchanged: another one is started, and once it
    is ready the first takes no more jobs. Ends with 1 and names those that were not exchanged. Beat
    is restarted by its process manager.
    """
    store = get_store()
    before = {worker.name: worker.pid for worker in store.workers.all()}
    if not before:
        click.echo("No worker runs.")
        return
    began = time.monotonic()
    left = dict.fromkeys(before, "it did not answer")
    answers = ask_workers("exchange", len(before))
    left.update({name: said.get("error", "") for name, said in answers.items()})
    asked = {name: pid for name, pid in before.items() if not left[name]}
    for name in _not_exchanged(store, asked, timeout):
        left[name] = f"no other was ready within {timeout} s: its log says why; it goes on"
    for name in asked:
        if not left[name]:
            click.echo(f"{name}: exchanged")
    failed = [f"{name}: {reason}" for name, reason in left.items() if reason]
    if failed:
        raise click.ClickException("not exchanged:\n" + "\n".join(failed))
    click.echo(f"New jobs run in new workers, after {time.monotonic() - began:.1f} s.")


def _not_exchanged(store: JobStore, asked: dict[str, int], timeout: int) -> set[str]:
    """Those that still take jobs when the time is over: one that is exchanged drops its record."""
    give_up_at = time.monotonic() + timeout
    left = set(asked)
    while left and time.monotonic() < give_up_at:
        time.sleep(LOOK_SECONDS)
        now = {worker.name: worker.pid for worker in store.workers.all()}
        left = {name for name in left if now.get(name) == asked[name]}
    return left
