"""`frappe-celery worker` and `beat`, with bench's options; `supervise` exchanges a worker."""

from __future__ import annotations

import os
import shutil
import sys

import click

from frappe_celery.programs import run, start_worker


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

    \b
    Examples:
      frappe-celery worker --queue long --num-workers 4
      frappe-celery worker --queue short,default --burst
    """
    start_worker(queue, burst, quiet, num_workers, pool=pool)


@click.command()
@click.option("--quiet", is_flag=True, help="Only warnings and errors.")
def beat(quiet: bool) -> None:
    """Enqueue what is due, as `bench schedule` does.

    It only enqueues: workers run the jobs. Any number may run, on several machines; one acts, and
    another takes over when it dies.

    \b
    Examples:
      frappe-celery beat
      frappe-celery beat --quiet
    """
    from celery.bin.beat import beat as celerys

    run(celerys, [], quiet)


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def supervise(command: tuple[str, ...]) -> None:
    """Keep COMMAND, a worker, running, and exchange it on SIGHUP.

    \b
    frappe-celery supervise frappe-celery worker --queue long
    frappe-celery supervise celery -A frappe_celery worker -c 4 -n 'long-{pid}@%h'

    On SIGHUP a second worker is started, with the code as it is then; once it is ready, the first
    takes no more jobs, ends those that it has and leaves. One that cannot start leaves the first in
    its place. {pid} stands for the worker's process id: during an exchange there are two, and each
    needs a name of its own. The process id of this one stays. When it is killed, its workers die
    too.

    \b
    Examples:
      frappe-celery supervise frappe-celery worker --num-workers 2
      frappe-celery supervise celery -A frappe_celery worker -Q long
    """
    if shutil.which(command[0]) is None:
        raise click.ClickException(
            f"there is no program {command[0]!r}: write the command as in a terminal, such as"
            " `frappe-celery supervise frappe-celery worker`"
        )
    from frappe_celery.commands import supervisor

    os.execv(sys.executable, [sys.executable, "-I", "-S", str(supervisor.__file__), *command])
