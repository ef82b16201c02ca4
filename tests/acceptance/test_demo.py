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
from tests.waiting import wait_until

START = re.compile(r"^(worker|beat): process (\d+), log (\S+)$", re.M)
ROW = re.compile(r"^│ (ok|no) ", re.M)
KINDS = 15

StartDemo = Callable[..., Process]


@pytest.fixture
def start_demo(tmp_path: Path) -> Iterator[StartDemo]:
    """Starts `frappe-celery demo …` from a folder that has nothing to do with it."""
    started: list[Process] = []

    def start(*arguments: str, **environment: str) -> Process:
        command = [program("frappe-celery"), "demo", *arguments]
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(tmp_path),
            "COLUMNS": "160",
        } | environment
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
    assert re.search(r"expected +┃ happened", output)
    assert "The schedule, run by beat" in output
    assert "Every job ended as it should." in output
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
