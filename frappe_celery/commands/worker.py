"""`frappe-celery worker` and `frappe-celery beat`: bench's options for Celery's processes."""

from __future__ import annotations

import click

from frappe_celery.programs import start_beat, start_worker


@click.command()
@click.option("--queue", "-q", help="Queues in the order in which they are emptied: short,default.")
@click.option("--burst", is_flag=True, help="Stop when the queues are empty.")
@click.option("--quiet", is_flag=True, help="Only warnings and errors.")
@click.option(
    *("--num-workers", "--concurrency", "-c"),
    type=click.IntRange(1),
    help="Processes. Default: one a core.",
)
@click.option(
    "--pool",
    default="prefork",
    show_default=True,
    help="How jobs run: in processes (prefork), threads, or one at a time in the worker (solo)."
    " Only prefork can time out and stop any job.",
)
def worker(queue: str | None, burst: bool, quiet: bool, num_workers: int | None, pool: str) -> None:
    """Run jobs, as `bench worker` does.

    Without --queue it takes from every queue: short, default, long, then the custom ones. It runs
    as many jobs at once as it has processes.
    """
    start_worker(queue, burst, quiet, num_workers, pool=pool)


@click.command()
@click.option("--quiet", is_flag=True, help="Only warnings and errors.")
def beat(quiet: bool) -> None:
    """Enqueue what is due, as `bench schedule` does.

    It only enqueues: workers run the jobs. Any number may run, on several machines; one acts, and
    another takes over when it dies.
    """
    start_beat(quiet)
