"""`frappe-celery demo`: a worker and beat on the example app, and one job of every kind."""

from __future__ import annotations

import logging
import math
import os
import secrets
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.live import Live
from rich.table import Table

from frappe_celery.host import (
    JOB_STYLES,
    ConfigError,
    get_store,
    hosts,
    job_line,
    settings,
    site_schedule,
    without_password,
)
from frappe_standalone.embedded import server as embedded_server

if TYPE_CHECKING:
    from frappe_standalone.demo.cases import Case

START_SECONDS = 300
"""By then a worker has started on any machine, or hangs."""
LEAST_SECONDS, STARTS = 45, 20
"""By then every job must have ended: so long, or so many times what the worker's start took."""
STOP_SECONDS = 60

Processes = Mapping[str, "subprocess.Popen[bytes]"]


@click.command()
@click.option("--once", is_flag=True, help="End when every job has; the exit code tells how.")
def demo(once: bool) -> None:
    """Show it at work on an example app.

    A broker, a worker and beat of its own run one job of every kind, then the schedule is shown.
    Nothing needs to run beforehand. Ctrl-C ends it. With --once it ends by itself, and the exit
    code is 0 only if every job ended as it should.

    \b
    Examples:
      frappe-celery demo
      frappe-celery demo --once
    """
    folder = _examples()
    os.chdir(folder)
    os.environ.update(_environment(folder))
    settings.use(None)
    from frappe_standalone.demo.cases import enqueue_all, report

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    embedded_server.logger.setLevel(logging.ERROR)  # which broker it is, the next line says
    console = Console(file=sys.__stdout__)  # which takes a terminal's orders
    click.echo(f"Broker: {_named(settings.current())}")
    with _processes() as processes:
        seconds = _wait_for_worker(console, processes)
        cases = enqueue_all()
        with suppress(KeyboardInterrupt):
            _watch(console, processes, cases, seconds if once else None)
        console.print(_jobs(), report(cases), _schedule(), sep="\n")
    if once and not all(case.as_expected for case in cases):
        raise click.ClickException(f"not everything ended as it should within {seconds:.0f} s")
    click.echo(_next(folder))


def _wait_for_worker(console: Console, processes: Processes) -> float:
    """Until it takes jobs; gives the seconds that these may take on this machine."""
    began, workers = time.monotonic(), get_store().workers
    with console.status("The worker starts …"):
        while not any(worker.job_processes for worker in workers.all()):
            _must_run(processes)
            if time.monotonic() - began > START_SECONDS:
                raise click.ClickException(f"the worker did not start within {START_SECONDS} s")
            time.sleep(0.05)
    return max(LEAST_SECONDS, STARTS * (time.monotonic() - began))


def _watch(
    console: Console, processes: Processes, cases: list[Case], seconds: float | None
) -> None:
    """Show the jobs until all have ended as they should, at most so long; None: until Ctrl-C."""
    until = time.monotonic() + (seconds or math.inf)
    caption = "" if seconds else "Ctrl-C ends it"
    with Live(_jobs(caption), console=console, refresh_per_second=8, transient=True) as live:
        while time.monotonic() < until:
            if seconds and all(case.as_expected for case in cases):
                break
            _must_run(processes)
            time.sleep(0.2)
            live.update(_jobs(caption))


def _examples() -> Path:
    """The clone's own folder; of an installed package a copy, which the demo writes into."""
    here = Path(__file__).parents[2] / "examples"
    if _has_the_app(here):
        return here
    installed = Path(sysconfig.get_path("data")) / "share" / "frappe_celery" / "examples"
    if not _has_the_app(installed):
        raise ConfigError(f"the example app is not in {installed}: install frappe_celery again")
    folder = Path(tempfile.mkdtemp(prefix="frappe-celery-demo-"))
    return Path(shutil.copytree(installed, folder, dirs_exist_ok=True))


def _has_the_app(folder: Path) -> bool:
    return (folder / "shop" / "hooks.py").exists()


def _environment(folder: Path) -> dict[str, str]:
    """A bench id and a key of this run's own, so that an earlier run's jobs stay out of sight."""
    return {
        "FRAPPE_BENCH_ROOT": str(folder),
        "FRAPPE_CELERY_BENCH_ID": f"demo-{secrets.token_hex(4)}",
        "FRAPPE_CELERY_KEY": secrets.token_urlsafe(32),
        "FRAPPE_CELERY_DEFAULT_SITE": "shop.localhost",
        "FRAPPE_CELERY_SCHEDULER_TICK_INTERVAL": "5",
        "FRAPPE_CELERY_WORKERS": '{"exports": {"timeout": 120}}',
    }


def _named(config: settings.Settings) -> str:
    kind = "as configured" if config.redis_queue or config.broker_url else "embedded server"
    return f"{without_password(config.store_url)} ({kind})"


@contextmanager
def _processes() -> Iterator[Processes]:
    logs = settings.current().log_path
    logs.mkdir(exist_ok=True)
    celery = [sys.executable, "-m", "celery", "-A", "frappe_celery"]
    commands = {
        "worker": [*celery, "worker", "--concurrency", "1", "--loglevel", "INFO"],
        "beat": [*celery, "beat", "--loglevel", "INFO"],
    }
    running = {}
    try:
        for name, command in commands.items():
            with (logs / f"demo.{name}.log").open("wb") as log:
                running[name] = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
            click.echo(f"{name}: process {running[name].pid}, log {logs / f'demo.{name}.log'}")
        yield running
    finally:
        _stop(running)


def _stop(processes: Processes) -> None:
    """Also where somebody presses Ctrl-C again: nothing of it may be left."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for process in processes.values():
        process.terminate()
    for process in processes.values():
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


def _must_run(processes: Processes) -> None:
    for name, process in processes.items():
        if process.poll() is not None:
            raise click.ClickException(
                f"the {name} ended with exit code {process.returncode}; its log tells why:"
                f" {settings.current().log_path / f'demo.{name}.log'}"
            )


def _jobs(caption: str = "") -> Table:
    """The newest jobs of the project."""
    columns = ("queue", "method", "status", "waited", "ran")
    table = Table(*columns, title="Jobs, newest first", caption=caption, box=None)
    for job in get_store().page(length=25):
        line, style = job_line(job), JOB_STYLES.get(job.status, "magenta")
        seconds = (line[name] for name in ("waited", "ran"))
        times = ("" if one is None else f"{one * 1000:,.0f} ms" for one in seconds)
        table.add_row(job.queue, line["method"], f"[{style}]{job.status}[/]", *times)
    return table


def _schedule() -> Table:
    """What beat will enqueue, and when next; `frappe-celery schedule` shows more of it."""
    config = settings.current()
    found = site_schedule(hosts.current(), config, config.site, count=1)
    columns = ("method", "expression", "queue", "next")
    table = Table(*columns, title="The schedule, run by beat", box=None)
    for line in found.lines:
        soon = line.next[0].strftime("%a %d %b %H:%M") if line.next else ""
        table.add_row(line.method, line.expression, line.queue, soon)
    return table


def _next(folder: Path) -> str:
    """What there is to try now, with the command as it was found."""
    command = "frappe-celery" if shutil.which("frappe-celery") else Path(sys.argv[0]).absolute()
    return f"""
Now try it yourself, in three terminals:

    cd {folder}
    {command} worker
    {command} beat
    {command} doctor        # also: schedule, jobs list

The app is in {folder / "shop"}. One of your own: the README, "Eight lines that run"."""
