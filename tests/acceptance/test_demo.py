"""`frappe-celery demo`: ends by itself, tells what happened, sees when something is wrong."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from redis import Redis

from tests.acceptance.commands import program
from tests.project import Process
from tests.terminal import CONTROLS, on_terminal
from tests.waiting import wait_until

START = re.compile(r"^(worker|beat): process (\d+), log (\S+)$", re.M)
ROW = re.compile(r"^ (ok|no)  ", re.M)
KINDS = 15

StartDemo = Callable[..., Process]


@pytest.fixture
def start_demo(tmp_path: Path) -> Iterator[StartDemo]:
    """Starts `frappe-celery demo …` from a folder that has nothing to do with it."""
    started: list[Process] = []

    def start(*arguments: str, **environment: str) -> Process:
        command = [program("frappe-celery"), "demo", *arguments]
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)} | environment
        started.append(Process(command, tmp_path, tmp_path / "demo.log", environment))
        return started[-1]

    yield start
    for process in started:
        process.popen.send_signal(signal.SIGINT)  # so that it ends what it started
        with suppress(Exception):
            process.wait(30)
        process.kill()
        print(process.output())


def pids(demo: Process) -> dict[str, int]:
    """The processes of the running demo, by name."""
    wait_until(lambda: len(START.findall(demo.output())) == 2, 30, "worker and beat are started")
    return {name: int(pid) for name, pid, _log in START.findall(demo.output())}


def family(demo: Process) -> list[psutil.Process]:
    """Everything that the demo started and that is its own."""
    return psutil.Process(demo.pid).children(recursive=True)


def test_once_ends_with_0_within_60_seconds_and_shows_what_happened(start_demo: StartDemo) -> None:
    demo = start_demo("--once")
    pids(demo)
    children = family(demo)
    assert demo.wait(60) == 0, demo.output()
    output = demo.output()
    assert "(embedded server)" in output
    assert ROW.findall(output) == ["ok"] * KINDS
    assert "what happened" in output
    assert "The schedule, run by beat" in output
    assert "Now try it yourself" in output
    wait_until(lambda: not [p for p in children if p.is_running()], what="nothing is left running")


@pytest.mark.parametrize(
    ("arguments", "name"), [(("--once",), "worker"), ((), "worker"), (("--once",), "beat")]
)
def test_it_ends_non_zero_at_once_when_a_process_of_it_is_killed(
    start_demo: StartDemo, arguments: tuple[str, ...], name: str
) -> None:
    demo = start_demo(*arguments)
    pid = pids(demo)[name]
    worker_log = Path(START.findall(demo.output())[0][2])
    wait_until(lambda: " ready." in worker_log.read_text(), 30, "the worker is at work")
    children = family(demo)
    psutil.Process(pid).kill()
    assert demo.wait(10) == 1
    assert f"the {name} ended with exit code -9; its log tells why:" in demo.output()
    assert "Traceback" not in demo.output()
    assert not ROW.search(demo.output())
    wait_until(lambda: not [p for p in children if p.is_running()], what="nothing is left running")


def test_a_configured_broker_wins_over_the_embedded_one(
    start_demo: StartDemo, redis_url: str
) -> None:
    demo = start_demo("--once", FRAPPE_CELERY_REDIS_QUEUE=redis_url)
    assert demo.wait(60) == 0, demo.output()
    assert f"Broker: {redis_url} (as configured)" in demo.output()
    assert ROW.findall(demo.output()) == ["ok"] * KINDS
    assert Redis.from_url(redis_url).keys("frappe_celery:demo-*:job:*")


def test_no_job_is_enqueued_before_the_worker_takes_jobs(
    start_demo: StartDemo, redis_url: str
) -> None:
    redis = Redis.from_url(redis_url, decode_responses=True)
    demo = start_demo("--once", FRAPPE_CELERY_REDIS_QUEUE=redis_url)
    worker = psutil.Process(pids(demo)["worker"])
    worker.suspend()
    records = f"frappe_celery:{bench_id(demo)}:job:*"
    wait_until(lambda: "count_ticks" in enqueued(redis, records), 60, "beat has enqueued")
    assert "refresh_prices" not in enqueued(redis, records)
    worker.resume()
    assert demo.wait(120) == 0, demo.output()


def bench_id(demo: Process) -> str:
    """The one that it gave to its processes."""
    return psutil.Process(pids(demo)["worker"]).environ()["FRAPPE_CELERY_BENCH_ID"]


def enqueued(redis: Redis, records: str) -> str:
    """What the records say of their jobs."""
    found = redis.scan_iter(records, count=1000)
    return " ".join(str(redis.hget(record, "about")) for record in found)


def test_on_80_columns_no_line_is_torn(start_demo: StartDemo) -> None:
    demo = start_demo("--once")
    assert demo.wait(120) == 0, demo.output()
    (line,) = (line for line in demo.output().splitlines() if " a plain job " in line)
    assert line.rstrip().endswith("finished: {'tea': 6.0, 'coffee': 12.0}")
    rows = demo.output().split("One job of every kind")[1].split("Now try")[0].splitlines()
    assert max(map(len, rows)) <= 80
    assert len([row for row in rows if row.startswith(" ok")]) == KINDS
    assert all(row.startswith((" ok  ", "     case")) for row in rows[1 : KINDS + 2])


def test_ctrl_c_leaves_what_happened_on_the_screen_and_no_process(tmp_path: Path) -> None:
    command = [program("frappe-celery"), "demo"]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    with on_terminal(command, tmp_path, environment) as (demo, written):
        wait_until(lambda: len(re.findall("finished", written())) > KINDS, 120, "jobs have ended")
        children = psutil.Process(demo.pid).children(recursive=True)
        demo.send_signal(signal.SIGINT)
        assert demo.wait(60) == 0
        wait_until(lambda: not [p for p in children if p.is_running()], what="nothing is left")
    shown = CONTROLS.sub("", written())
    assert "Now try it yourself" in shown.rpartition("One job of every kind")[2]
    assert "Traceback" not in shown
    assert "Abort" not in shown
    hidden, visible = "\x1b[?25l", "\x1b[?25h"
    assert written().rfind(hidden) < written().rfind(visible), "the cursor is there again"
