"""Celery's programs as our commands and bench's start them, and how these say what is wrong."""

from __future__ import annotations

import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from copy import copy
from typing import Any

import click

from frappe_celery.config.texts import printable
from frappe_celery.errors import ConfigError, FrappeCeleryError


def told(exc: Exception) -> str:
    """What is wrong, for a person: by its name, but for a ConfigError, whose text says all."""
    return str(exc) if isinstance(exc, ConfigError) else f"{type(exc).__name__}: {exc}"


class Printed:
    """A stream that takes what is `printable`; in all else the one that it stands for."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> Any:
        return self._stream.write(printable(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class ToldInASentence(click.Command):
    """A command that shows our errors without a traceback, and gives a terminal no orders that jobs
    and messages brought."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run it; what is wrong with the input is said in a sentence."""
        try:
            with redirect_stdout(Printed(sys.stdout)), redirect_stderr(Printed(sys.stderr)):
                return super().invoke(ctx)
        except FrappeCeleryError as exc:
            raise click.ClickException(printable(told(exc))) from exc


def start_worker(
    queue: str | None,
    burst: bool,
    quiet: bool,
    processes: int | None,
    beat: bool = False,
    pool: str = "prefork",
) -> None:
    """Be a worker until it is told to stop, or with `burst` until the queues are empty.

    With `beat` there is a scheduler beside it, in a process of its own.
    """
    from celery.bin.worker import worker

    from frappe_celery.config import settings

    name = f"worker-{os.getpid()}@%h"  # several run on one machine, and records are by name
    arguments = ["--hostname", name, "--pool", pool, "--without-gossip", "--without-mingle"]
    if queue is not None:
        names = [settings.current().queue(name.strip()).name for name in queue.split(",")]
        arguments += ["--queues", ",".join(names)]
    if processes:
        arguments += ["--concurrency", str(processes)]
    if burst:
        arguments.append("--burst")
    if beat:
        arguments.append("--beat")
    run(worker, arguments, quiet)


def run(command: click.Command, arguments: list[str], quiet: bool) -> None:
    """Run one of Celery's commands by itself, until it is told to stop.

    The `celery` command above them all would import Celery's interactive shell, 7 MB for each
    worker.
    """
    from celery.bin.base import CLIContext

    from frappe_celery.celery_app import current

    app = current()
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__  # which are the jobs'
    command = copy(command)
    command.params = [*command.params, *app.user_options[str(command.name)]]
    command.params += app.user_options["preload"]
    no_color = bool(os.environ.get("NO_COLOR"))
    context = CLIContext(app=app, no_color=no_color, workdir=None, quiet=quiet)  # quiet: no banner
    level = "WARNING" if quiet else "INFO"
    code = command.main([*arguments, "--loglevel", level], obj=context, standalone_mode=False)
    if code:
        sys.exit(code)
