"""`python -m benchmarks.size`: what reading and changing cost where very many jobs wait.

Each line is a number of jobs on a number of sites, in three queues, of fifty methods; they are
enqueued as fast as it goes, and no worker runs.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from benchmarks import machine, server
from benchmarks.report import figure
from benchmarks.runner import HERE, write_project

if TYPE_CHECKING:
    from frappe_celery.jobs import JobStore

PLACES = ((10_000, 1), (10_000, 300), (100_000, 300), (150_000, 300), (1_000_000, 1_000))
QUEUES = ("short", "default", "long")
METHODS = tuple(f"noop_app.tasks.method{n}" for n in range(50))
AT_ONCE = 100
EXPLAINED = (
    "Milliseconds, in brackets Redis' processor time of it; medians of three. 'page' is of 50"
    " jobs, 'no hit' of a method that no job calls, as far as a page looks, 'all, no hit' looks at"
    " every job. `jobs list` and `doctor` are commands, their start included."
)

Cost = tuple[float, float]
"""Milliseconds, and those of Redis' processor."""


@click.command()
@click.option("--size", is_flag=True, hidden=True)  # how ./dev bench leads here
@click.option("--place", "places", type=(int, int), multiple=True, help="Jobs, and sites.")
@click.option("--output", type=click.Path(path_type=Path), help="Default: none.")
def main(size: bool, places: tuple[tuple[int, int], ...], output: Path | None) -> None:
    """Measure what very many waiting jobs cost whoever looks at them."""
    machine.warn_where_busy()
    facts = {"Date": date.today().isoformat(), **machine.describe()}
    rows: dict[str, Mapping[str, Cost]] = {}
    with machine.shared() as others:
        for jobs, sites in places or PLACES:
            with _store(), _filled(jobs, sites) as store:
                bytes_each = store.client.info("memory")["used_memory"] / jobs
                rows[f"{jobs:,} on {sites:,}, {bytes_each:,.0f} bytes each"] = _costs(store, sites)
    lines = [f"- {name}: {value}" for name, value in {**facts, "Machine": others.told()}.items()]
    text = "\n".join(["# Many jobs", "", *lines, "", EXPLAINED, "", *table(rows)]) + "\n"
    click.echo(text)
    if output:
        output.write_text(text, encoding="utf-8")


def table(rows: Mapping[str, Mapping[str, Cost]]) -> list[str]:
    """A line of Markdown for each number of jobs and sites."""
    names = list(next(iter(rows.values())))
    lines = [["jobs on sites", *names], ["---", *("---:" for _ in names)]]
    lines += [
        [place, *(f"{figure(ms)} ({figure(redis)})" for ms, redis in costs.values())]
        for place, costs in rows.items()
    ]
    return ["| " + " | ".join(cells) + " |" for cells in lines]


@contextmanager
def _store() -> Iterator[None]:
    """A project of its own is where this process is, with a server of its own."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder, server.private_server(Path(folder)) as url:
        project = Path(folder, "project")
        project.mkdir()
        write_project(project, url)
        os.chdir(project)
        try:
            yield
        finally:
            os.chdir(before)


@contextmanager
def _filled(jobs: int, sites: int) -> Iterator[JobStore]:
    from frappe_celery.config import settings
    from frappe_celery.jobs import JobStore

    store = JobStore(settings.Settings.load(Path.cwd(), os.environ))
    lanes = [(f"site{n % sites}.example", QUEUES[n // sites % 3]) for n in range(3 * sites)]
    began, each = time.monotonic(), max(1, min(AT_ONCE, jobs // len(lanes)))
    for number in range(0, jobs, each):
        _enqueue(store, *lanes[number // each % len(lanes)], min(each, jobs - number))
    seconds = time.monotonic() - began
    click.echo(f"{jobs:,} on {sites:,}: enqueued in {seconds:.0f} s", err=True)
    yield store
    store.client.close()


def _enqueue(store: JobStore, site: str, queue: str, number: int) -> list[str]:
    from frappe_celery.jobs.message import JobMessage, sealed

    def message(n: int) -> JobMessage:
        run, method = uuid.uuid4().hex, METHODS[n % len(METHODS)]
        return JobMessage(
            run=run,
            id=f"{site}::{run}",
            site=site,
            user="someone",
            method=method,
            name=method,
            kwargs={"name": f"INV-{n:06}", "submit": True},
            queue=queue,
            timeout=300,
            enqueued_at=time.time(),
        )

    messages = [message(n) for n in range(number)]
    store.send([sealed(message, store.settings) for message in messages])()
    return [message.run for message in messages]


def _costs(store: JobStore, sites: int) -> dict[str, Cost]:
    from prometheus_client import CollectorRegistry, generate_latest

    from frappe_celery.brokers.taker import Ended, Taker
    from frappe_celery.jobs.record.paging import Wanted, page, search
    from frappe_pages.exposition import Exposition

    registry, numbers = CollectorRegistry(), count()
    Exposition(store, registry)
    queued = iter(_enqueue(store, "site0.example", "long", 30))
    store.run_script("alive", (store.keys.consumers,), "size")
    taker, none = Taker(store, "size", "w1@host"), Wanted(method="noop_app.tasks.none")

    def cancel() -> None:
        for run in islice(queued, 10):
            store.fetch_run(run).cancel()

    actions: dict[str, Callable[[], Any]] = {
        "page": lambda: page(store, Wanted(), 50),
        "page of a site": lambda: page(store, Wanted(site="site0.example"), 50),
        "page, no hit": lambda: page(store, none, 50),
        "all, no hit": lambda: list(islice(search(store, none), 1)),
        "counts": store.counts,
        "metrics": lambda: generate_latest(registry),
        "jobs list": lambda: _command("jobs", "list"),
        "doctor": lambda: _command("doctor", "--json"),
        "cancel": cancel,
        "enqueue": lambda: [_enqueue(store, "site0.example", "short", 1) for _ in range(10)],
        "take": lambda: [taker.take(f"tag{next(numbers)}", ("short",), Ended()) for _ in range(10)],
    }
    tens = ("cancel", "enqueue", "take")
    return {
        name: _median([_cost(store, action, 10 if name in tens else 1) for _ in range(3)])
        for name, action in actions.items()
    }


def _cost(store: JobStore, action: Callable[[], Any], times: int) -> Cost:
    redis, began = _redis_seconds(store), time.perf_counter()
    action()
    seconds = time.perf_counter() - began
    return seconds * 1000 / times, (_redis_seconds(store) - redis) * 1000 / times


def _median(costs: list[Cost]) -> Cost:
    wall, redis = zip(*costs, strict=True)
    return statistics.median(wall), statistics.median(redis)


def _redis_seconds(store: JobStore) -> float:
    used = store.client.info("cpu")
    return float(used["used_cpu_user"] + used["used_cpu_sys"])


def _command(*words: str) -> None:
    """Of `frappe-celery`, as a user gives it; its exit code says how jobs are, not how it went."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, (HERE.parent, HERE / "apps"))),
    }
    command = [str(Path(sys.executable).with_name("frappe-celery")), *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if "Traceback" in done.stderr:
        raise click.ClickException(done.stderr)


if __name__ == "__main__":
    main()
