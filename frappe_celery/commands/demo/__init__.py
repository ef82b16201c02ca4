"""`frappe-celery demo`: a worker and beat on the example app, and one job of every kind."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.live import Live
from rich.table import Column, Table

from frappe_celery.config import settings
from frappe_celery.errors import ConfigError
from frappe_celery.jobs import get_store, hosts
from frappe_celery.schedule.listing import site_schedule
from frappe_celery.watch.job_display import as_json
from frappe_celery.watch.job_tables import STYLES

SECONDS = 45
"""By then every job must have ended."""


@click.command()
@click.option("--once", is_flag=True, help="End when every job has; the exit code tells how.")
def demo(once: bool) -> None:
    """Show it at work on an example app.

    A broker, a worker and beat of its own run one job of every kind, then the schedule is shown.
    Nothing needs to run beforehand. With --once the exit code is 0 only if every job ended as it
    should.
    """
    folder = _examples()
    os.chdir(folder)
    os.environ.update(_environment(folder))
    settings.use(None)
    from frappe_celery.commands.demo.cases import enqueue_all, report

    console = Console()
    console.print(f"Broker: {_named(settings.current())}")
    cases = enqueue_all()
    with _processes(console) as processes:
        until = time.monotonic() + SECONDS
        with Live(_jobs(), console=console, refresh_per_second=8) as live:
            while not once or time.monotonic() < until:
                if once and all(case.as_expected for case in cases):
                    break
                _must_run(processes)
                time.sleep(0.2)
                live.update(_jobs())
        console.print(report(cases))
        console.print(_schedule())
    if not all(case.as_expected for case in cases):
        raise click.ClickException(f"not everything ended as it should within {SECONDS} s")
    console.print("[green]Every job ended as it should.[/]")


def _examples() -> Path:
    """The clone's own folder; of an installed package a copy, which the demo writes into."""
    here = Path(__file__).parents[3] / "examples"
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
    from frappe_celery.config.urls import without_password

    kind = "as configured" if config.queue_url or config.broker_url else "embedded server"
    return f"{without_password(config.store_url)} ({kind})"


@contextmanager
def _processes(console: Console) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
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
            console.print(f"{name}: process {running[name].pid}, log {logs / f'demo.{name}.log'}")
        yield running
    finally:
        for process in running.values():
            process.terminate()
        for process in running.values():
            process.wait(timeout=20)


def _must_run(processes: dict[str, subprocess.Popen[bytes]]) -> None:
    for name, process in processes.items():
        if process.poll() is not None:
            raise click.ClickException(
                f"the {name} ended with exit code {process.returncode}; its log tells why:"
                f" {settings.current().log_path / f'demo.{name}.log'}"
            )


def _jobs() -> Table:
    """The newest jobs of the project."""
    table = Table("queue", "method", "status", "waited", "ran", title="Jobs, newest first")
    for job in get_store().page(length=25):
        line, style = as_json(job), STYLES.get(job.status, "magenta")
        seconds = (line[name] for name in ("waited", "ran"))
        times = ("" if one is None else f"{one * 1000:,.0f} ms" for one in seconds)
        table.add_row(job.queue, job.method, f"[{style}]{job.status}[/]", *times)
    return table


def _schedule() -> Table:
    """What beat will enqueue, and when next; `frappe-celery schedule` shows more of it."""
    config = settings.current()
    found = site_schedule(hosts.current(), config, config.site, count=1)
    columns = (Column("method", no_wrap=True), "expression", "queue", "next")
    table = Table(*columns, title="The schedule, run by beat")
    for line in found.lines:
        soon = line.next[0].strftime("%a %d %b %H:%M:%S") if line.next else ""
        table.add_row(line.method, line.expression, line.queue, soon)
    return table
