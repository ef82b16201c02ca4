"""A worker in a queue that is never idle, run by the tree that is measured.

    python -m benchmarks.left.turn SIZES

SIZES is `Sizes` as JSON. Works in the project that is the working directory, and prints one line of
JSON: what was there to run and how it went. What each job saw stands in the file that WAYS_RECORD
names.
"""

from __future__ import annotations

import contextvars
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

import psutil

from benchmarks.workers import STOP_SECONDS

SITES = ("north", "south")
LEAVES = SITES[0]
"""The site of which all jobs are that leave something."""
WARM_UP = 200
"""Jobs a process before the first that leaves something, and after the last."""
AHEAD = 2000
"""Jobs that wait at least, always."""
STANDS_STILL_SECONDS = 60
FOR_EVER = 10**9
"""Jobs after which a process is replaced whatever they left."""
LOOK = "ways_app.jobs.look"


@dataclass(frozen=True)
class Sizes:
    """How many of what."""

    processes: int
    next: int
    """About how many jobs look for what a method left the first time."""
    later: int
    """The same of each further time."""
    again: int
    """How often each method is called again."""
    only: str
    """A part of the names of the ways to take; empty: all."""


Step = tuple[str, str, dict[str, Any]]
"""A job's site, method and arguments."""


def main() -> None:
    sizes = Sizes(**json.loads(sys.argv[1]))
    ways = {name: way for name, way in registered().items() if sizes.only in name}
    with open("worker.log", "w") as log:
        began = time.monotonic()
        jobs, enqueue = steps([way.method for way in ways.values()], sizes), _enqueuing()
        ahead = [*islice(jobs, 2 * AHEAD)]
        for step in ahead:
            enqueue(*step)
        worker = _worker(sizes.processes, log.fileno())
        try:
            fed = feed(jobs, enqueue, len(ahead), worker)
        finally:
            _stop(worker)
    about = {"python": sys.version.split()[0], "seconds": round(time.monotonic() - began, 1)}
    told = {name: way._replace(look=None)._asdict() for name, way in ways.items()}
    print(json.dumps({"sizes": asdict(sizes), **about, **fed, "ways": told}))


def registered() -> dict[str, Any]:
    """The app's ways, by name."""
    import_module("frappe_celery")  # by which there is a frappe
    import_module("ways_app.jobs")
    ways: dict[str, Any] = import_module("lookout").WAYS
    return ways


def steps(methods: list[str], sizes: Sizes) -> Iterator[Step]:
    """All jobs in their order, as many of the one site as of the other."""
    looks: list[Step] = [(site, LOOK, {}) for site in SITES]
    yield from looks * (WARM_UP * sizes.processes // 2)
    for number in range(1, 2 + sizes.again):
        for method in methods:
            yield LEAVES, method, {"tenant": f"{LEAVES}/{number}"}
            yield SITES[1], LOOK, {}
            yield from looks * ((sizes.next if number == 1 else sizes.later) // 2)
    yield from looks * (WARM_UP * sizes.processes // 2)


def feed(
    jobs: Iterator[Step], enqueue: Callable[..., None], fed: int, worker: subprocess.Popen[bytes]
) -> dict[str, Any]:
    """Enqueue so that there are always jobs ahead, as `fed` are, and wait until all have run.

    Where the worker ends before, or stands still, fewer have ended than were enqueued.
    """
    record = Path(os.environ["WAYS_RECORD"])
    ended, lowest, more = 0, fed, True
    since = time.monotonic()
    with record.open("rb") as lines:
        while more or ended < fed:
            new = lines.read().count(b"\n")
            ended += new
            since = time.monotonic() if new else since
            if more:
                lowest = min(lowest, fed - ended)
            if worker.poll() is not None or time.monotonic() - since > STANDS_STILL_SECONDS:
                break
            if not more or fed - ended > 2 * AHEAD:
                time.sleep(0.1)
                continue
            for _ in range(200):
                step = next(jobs, None)
                if step is None:
                    more = False
                    break
                enqueue(*step)
                fed += 1
    return {"enqueued": fed, "ended": ended, "least_ahead": lowest}


def _enqueuing() -> Callable[[str, str, dict[str, Any]], None]:
    """Enqueues for a site: each has a context, in which one is in it."""
    frappe: Any = import_module("frappe")
    contexts = {site: contextvars.copy_context() for site in SITES}
    for site, context in contexts.items():
        context.run(frappe.init, site)
        context.run(frappe.connect)

    def enqueue(site: str, method: str, arguments: dict[str, Any]) -> None:
        contexts[site].run(frappe.enqueue, method, **arguments)

    return enqueue


def _worker(processes: int, log: int) -> subprocess.Popen[bytes]:
    command = ("celery", "-A", "frappe_celery", "worker", "--without-mingle", "-l", "WARNING")
    how = ("--concurrency", str(processes), "--max-tasks-per-child", str(FOR_EVER))
    return subprocess.Popen(
        [sys.executable, "-m", *command, *how],
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _stop(worker: subprocess.Popen[bytes]) -> None:
    """With what jobs have left running."""
    if worker.poll() is None:
        worker.terminate()
        try:
            worker.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()
    for process in psutil.process_iter():
        if _is_left(process):
            process.kill()


def _is_left(process: Any) -> bool:
    """Whether one is a child that a job has left: the environment of these names the record."""
    with suppress(psutil.Error):
        left = process.environ().get("WAYS_RECORD") == os.environ["WAYS_RECORD"]
        return left and process.name() == "sleep"
    return False


if __name__ == "__main__":
    main()
