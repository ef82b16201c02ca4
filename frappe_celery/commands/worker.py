"""`frappe-celery worker` and `frappe-celery beat`: bench's options for Celery's processes."""

from __future__ import annotations

import os
import sys
from copy import copy

import click

from frappe_celery.config import settings


@click.command()
@click.option("--queue", "-q", help="Queues in the order in which they are emptied: short,default.")
@click.option("--burst", is_flag=True, help="Stop when the queues are empty.")
@click.option("--quiet", is_flag=True, help="Only warnings and errors.")
@click.option("--num-workers", "-c", type=click.IntRange(1), help="Processes. Default: one a core.")
@click.option(
    "--pool",
    default="prefork",
    show_default=True,
    help="How jobs run at once: in processes (prefork), threads, gevent, solo. Only prefork can"
    " time out and stop a job.",
)
def worker(queue: str | None, burst: bool, quiet: bool, num_workers: int | None, pool: str) -> None:
    """Run jobs, as `bench worker` does.

    Without --queue it takes from every queue: short, default, long, then the custom ones. It runs
    as many jobs at once as it has processes.
    """
    start_worker(queue, burst, quiet, num_workers, pool)


def start_worker(
    queue: str | None, burst: bool, quiet: bool, processes: int | None, pool: str = "prefork"
) -> None:
    """Be a worker until it is told to stop, or with `burst` until the queues are empty."""
    from celery.bin.worker import worker

    name = f"worker-{os.getpid()}@%h"  # several run on one machine, and records are by name
    arguments = ["--hostname", name, "--pool", pool, "--without-gossip", "--without-mingle"]
    if queue is not None:
        names = [name.strip() for name in queue.split(",")]
        for name in names:
            settings.current().queue(name)
        arguments += ["--queues", ",".join(names)]
    if processes:
        arguments += ["--concurrency", str(processes)]
    if burst:
        arguments.append("--burst")
    _run(worker, arguments, quiet)


@click.command()
@click.option("--quiet", is_flag=True, help="Only warnings and errors.")
def beat(quiet: bool) -> None:
    """Enqueue what is due, as `bench schedule` does.

    It only enqueues: workers run the jobs. Any number may run, on several machines; one acts, and
    another takes over when it dies.
    """
    from celery.bin.beat import beat

    _run(beat, [], quiet)


def _run(command: click.Command, arguments: list[str], quiet: bool) -> None:
    """Run one of Celery's commands by itself.

    The `celery` command above them all would import Celery's interactive shell, 7 MB for each
    worker.
    """
    from celery.bin.base import CLIContext

    from frappe_celery import app

    command = copy(command)
    command.params = [*command.params, *app.user_options[str(command.name)]]
    command.params += app.user_options["preload"]
    no_color = bool(os.environ.get("NO_COLOR"))
    context = CLIContext(app=app, no_color=no_color, workdir=None, quiet=quiet)  # quiet: no banner
    level = "WARNING" if quiet else "INFO"
    code = command.main([*arguments, "--loglevel", level], obj=context, standalone_mode=False)
    if code:
        sys.exit(code)
