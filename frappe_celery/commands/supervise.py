"""`frappe-celery supervise`: a worker that is exchanged for one with new code, without a stop."""

from __future__ import annotations

import os
import shutil
import sys

import click


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
    """
    if shutil.which(command[0]) is None:
        raise click.ClickException(
            f"there is no program {command[0]!r}: write the command as in a terminal, such as"
            " `frappe-celery supervise frappe-celery worker`"
        )
    from frappe_celery.commands import supervisor

    os.execv(sys.executable, [sys.executable, "-I", "-S", str(supervisor.__file__), *command])
