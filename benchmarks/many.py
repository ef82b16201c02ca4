"""Very many jobs from one process, and what another client of Redis notices meanwhile.

    pip install huey "dramatiq[redis]"
    python -m benchmarks.many [--jobs 100000] [--rounds 3] [--no-hiredis]

`enqueue_many` beside a loop of `enqueue` and RQ's `Queue.enqueue_many`, which is given all of them
at once, and, where they are installed, huey's and dramatiq's loops and groups, which enqueue one by
one; loops and groups have a fifth of the jobs. No worker runs. Each turn is a process of its own
against an emptied server, the kinds in turn. Redis' longest command is its SLOWLOG's, the first one
that is sent included; the other client is a process that sends PING every millisecond.
"""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from redis import Redis

from benchmarks import machine, server
from benchmarks.own_venv import python_with_rq
from benchmarks.runner import Runner, write_project
from benchmarks.sides.base import jobs as functions
from benchmarks.sides.base import redis_url

METHOD = "noop_app.tasks.noop"
LOGGED_FROM_US = 200
PAUSE = 0.001


def many(number: int) -> None:
    from frappe_celery import enqueue_many

    enqueue_many(METHOD, ({"name": f"INV-{n:06}", "submit": True} for n in range(number)))


def many_by_id(number: int) -> None:
    from frappe_celery import enqueue_many

    names = (f"INV-{n:06}" for n in range(number))
    entries = ({"name": name, "submit": True, "job_id": f"submit::{name}"} for name in names)
    enqueue_many(METHOD, entries, deduplicate=True)


def loop(number: int) -> None:
    from frappe_celery import enqueue

    for n in range(number // 5):
        enqueue(METHOD, name=f"INV-{n:06}", submit=True)


def rq(number: int) -> None:
    from rq import Queue

    queue = Queue("default", connection=Redis.from_url(redis_url()))
    names = (f"INV-{n:06}" for n in range(number))
    queue.enqueue_many(
        [
            Queue.prepare_data(functions().noop, kwargs={"name": name, "submit": True})
            for name in names
        ]
    )


def huey_loop(number: int) -> None:
    from huey import RedisHuey

    noop = RedisHuey(url=redis_url()).task()(functions().noop)
    for n in range(number // 5):
        noop(name=f"INV-{n:06}", submit=True)


def huey_group(number: int) -> None:
    from huey import RedisHuey, group

    huey = RedisHuey(url=redis_url())
    noop = huey.task()(functions().noop)
    huey.enqueue(group([noop.s(name=f"INV-{n:06}", submit=True) for n in range(number // 5)]))


def dramatiq_loop(number: int) -> None:
    noop = _actor()
    for n in range(number // 5):
        noop.send(name=f"INV-{n:06}", submit=True)


def dramatiq_group(number: int) -> None:
    from dramatiq import group

    noop = _actor()
    group([noop.message(name=f"INV-{n:06}", submit=True) for n in range(number // 5)]).run()


def _actor() -> Any:
    import dramatiq
    from dramatiq.brokers.redis import RedisBroker

    dramatiq.set_broker(RedisBroker(url=redis_url()))
    return dramatiq.actor(functions().noop)


KINDS: dict[str, tuple[str, Callable[[int], None]]] = {
    "many": ("enqueue_many", many),
    "many_by_id": ("enqueue_many, job_id and deduplicate", many_by_id),
    "loop": ("a loop of enqueue", loop),
    "rq": ("RQ's Queue.enqueue_many", rq),
    "huey_loop": ("huey, a loop", huey_loop),
    "huey_group": ("huey's group", huey_group),
    "dramatiq_loop": ("dramatiq, a loop", dramatiq_loop),
    "dramatiq_group": ("dramatiq's group", dramatiq_group),
}
ALL = ("many", "many_by_id", "rq")
"""Which enqueue all; the others a fifth."""
OTHERS = ("huey", "dramatiq")
"""Packages whose kinds are left out where they are not installed."""
COLUMNS = {
    "rate": ("jobs/s", "{:,.0f}"),
    "server": ("server, µs a job", "{:.1f}"),
    "longest": ("longest command, ms", "{:.2f}"),
    "median": ("PING, median, ms", "{:.2f}"),
    "p99": ("p99", "{:.2f}"),
    "max": ("longest", "{:.1f}"),
}


def turn(kind: str, number: int) -> dict[str, float]:
    """One kind's figures."""
    run = KINDS[kind][1]
    run(1000)
    client = Redis.from_url(redis_url())
    client.flushall()
    client.config_set("slowlog-log-slower-than", LOGGED_FROM_US)
    client.config_set("slowlog-max-len", 100_000)
    client.slowlog_reset()
    before = _used(client)
    with _probe() as waits:
        begun = time.perf_counter()
        run(number)
        seconds = time.perf_counter() - begun
    enqueued = number if kind in ALL else number // 5
    durations = [entry["duration"] / 1000 for entry in client.slowlog_get(100_000)]
    return {
        "rate": enqueued / seconds,
        "server": (_used(client) - before) / enqueued * 1e6,
        "longest": max(durations, default=LOGGED_FROM_US / 1000),
        "median": statistics.median(waits),
        "p99": statistics.quantiles(waits, n=100)[-1],
        "max": max(waits),
    }


def _used(client: Any) -> float:
    told = client.info("cpu")
    return float(told["used_cpu_user"] + told["used_cpu_sys"])


@contextmanager
def _probe() -> Iterator[list[float]]:
    """Milliseconds that another process waited for each answer, once the `with` has ended."""
    waits: list[float] = []
    command = [sys.executable, "-m", "benchmarks.many", "probe"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()  # it has begun
        try:
            yield waits
        finally:
            process.send_signal(signal.SIGTERM)
            waits += json.loads(process.stdout.read())


def probe() -> None:
    """Be that process, until SIGTERM."""
    ended: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: ended.append(number))
    client, waits = Redis.from_url(redis_url()), list[float]()
    client.ping()
    print("begun", flush=True)
    while not ended:
        begun = time.perf_counter()
        client.ping()
        waits.append((time.perf_counter() - begun) * 1000)
        time.sleep(PAUSE)
    print(json.dumps(waits))


@click.command()
@click.option("--jobs", default=100_000, help="Default: 100,000.")
@click.option("--rounds", default=3, help="Default: 3.")
@click.option("--no-hiredis", is_flag=True, help="Take hiredis away from every side.")
def main(jobs: int, rounds: int, no_hiredis: bool) -> None:
    """Measure, and print a table."""
    absent = [name for name in OTHERS if importlib.util.find_spec(name) is None]
    kinds = [kind for kind in KINDS if kind.partition("_")[0] not in absent]
    figures: dict[str, list[dict[str, float]]] = {kind: [] for kind in kinds}
    with tempfile.TemporaryDirectory() as folder, server.private_server(Path(folder)) as url:
        write_project(Path(folder), url)
        runner = Runner(url, Path(folder), hiredis=not no_hiredis)
        for _ in range(rounds):
            for kind, taken in figures.items():
                Redis.from_url(url).flushall()
                python = python_with_rq() if kind == "rq" else sys.executable
                taken.append(runner.run(python, "benchmarks.many", "turn", kind, str(jobs)))
        version = server.version(url)
    for name, fact in machine.describe().items():
        click.echo(f"{name}: {fact}")
    click.echo(
        f"{version}, {jobs:,} jobs, medians of {rounds} rounds, load {os.getloadavg()[0]:.1f}"
    )
    for name in absent:
        click.echo(f"{name} is not installed, and left out")
    click.echo(f"\n| | {' | '.join(title for title, _ in COLUMNS.values())} |")
    click.echo("|---|" + "---:|" * len(COLUMNS))
    for kind, taken in figures.items():
        medians = {name: statistics.median(t[name] for t in taken) for name in COLUMNS}
        medians["longest"] = max(t["longest"] for t in taken)
        cells = [text.format(medians[name]) for name, (_, text) in COLUMNS.items()]
        click.echo(f"| {KINDS[kind][0]} | {' | '.join(cells)} |")
    pairs = zip(figures["many"], figures["loop"], strict=True)
    times = statistics.median(m["rate"] / one["rate"] for m, one in pairs)
    click.echo(f"\nenqueue_many is {times:.1f} times a loop (median of the rounds).")


if __name__ == "__main__":
    if sys.argv[1:2] == ["probe"]:
        probe()
    elif sys.argv[1:2] == ["turn"]:
        print(json.dumps(turn(sys.argv[2], int(sys.argv[3]))))
    else:
        main()
