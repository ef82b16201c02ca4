"""What a run of tests started is gone when the run has ended, also when it was killed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from tests.guard import IN_MEMORY
from tests.servers import find_program
from tests.waiting import wait_until

HERE = Path(__file__).parents[2]
SUMMARY = "FAILED tests/integration/one_of_each.py::test_that_fails"
PROGRAMS = {
    "chromedriver": "chromium-driver",
    "chromium": "chromium",
    "epmd": "rabbitmq-server",
    "mariadbd": "mariadb-server",
    "postgres": "postgresql",
    "redis-server": "redis-server",
}
"""Of those that the long session starts: what comes with which package."""
SECONDS = 240
"""Only a hang takes so long."""

pytestmark = [
    pytest.mark.timeout(4 * SECONDS),
    pytest.mark.skipif(sys.platform != "linux", reason="needs Linux, as the guard does"),
]


class Run:
    """A guarded run of tests, and all of its processes at the time when everything runs."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self.log = log
        self.outer = psutil.Process(process.pid)
        (self.inner,) = self.outer.children()
        self.everything = [self.outer, *self.outer.children(recursive=True)]

    def programs(self) -> set[str]:
        found = set()
        for one in self.everything:
            with suppress(psutil.NoSuchProcess):  # a server's helper that has ended
                found.add(one.name())
        return found

    def ended(self) -> int:
        """Its exit code, once nothing of it runs any more."""
        wait_until(lambda: self.process.poll() is not None, SECONDS, "the run has ended")
        wait_until(lambda: not [one for one in self.everything if one.is_running()], SECONDS)
        return self.process.wait()


@contextmanager
def running(tmp_path: Path, *command: str) -> Iterator[Run]:
    ready, log = tmp_path / "ready", tmp_path / "log"
    temporary = Path(tempfile.mkdtemp())
    temporary.chmod(0o711)
    places = dict.fromkeys(("TMPDIR", "PYTEST_DEBUG_TEMPROOT", IN_MEMORY), str(temporary))
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "tests/integration/one_of_each.py"],
            cwd=HERE,
            env={**kept, **places, "EVERYTHING_RUNS": str(ready)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        wait_until(lambda: ready.exists() or process.poll() is not None, SECONDS, "everything runs")
        assert ready.exists(), log.read_text()
        yield Run(process, log)
        assert not list(temporary.glob("fc_*"))
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(temporary, ignore_errors=True)  # it may be about to do so itself


def dev_has_its_packages() -> bool:
    made_with = HERE / ".venv" / "made-with"
    listed = b"".join((HERE / name).read_bytes() for name in ("pyproject.toml", "constraints.txt"))
    command = ["git", "hash-object", "--stdin"]
    wanted = subprocess.run(command, input=listed, capture_output=True, check=True).stdout.decode()
    return made_with.exists() and made_with.read_text().endswith(wanted)


PYTEST = (sys.executable, "-m", "pytest", "-k")
FEW = "fails or waits_for_its_end"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 2), (signal.SIGKILL, -9)])
def test_every_server_ends_with_the_tests(
    number: signal.Signals, code: int, tmp_path: Path
) -> None:
    for program, package in PROGRAMS.items():
        find_program(program, package)
    with running(tmp_path, *PYTEST, "fails or everything", "-n", "1") as run:
        assert run.programs() >= {*PROGRAMS, "beam.smp", "valkey-server", "sleep"}
        run.process.send_signal(number)
        assert run.ended() == code
    assert (SUMMARY in run.log.read_text()) == (number == signal.SIGTERM)


@pytest.mark.skipif(not dev_has_its_packages(), reason="./dev would make .venv anew")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 2), (signal.SIGKILL, -9)])
def test_with_dev_too(number: signal.Signals, code: int, tmp_path: Path) -> None:
    with running(tmp_path, "./dev", "test", "--no-servers", "-k", FEW) as run:
        run.process.send_signal(number)
        assert run.ended() == code
    assert (SUMMARY in run.log.read_text()) == (number == signal.SIGTERM)


def test_with_the_process_that_ends_the_others_too(tmp_path: Path) -> None:
    with running(tmp_path, *PYTEST, FEW) as run:
        run.inner.kill()
        assert run.ended() == 128 + signal.SIGKILL


def test_at_its_limit_a_run_shows_its_summary_and_fails(tmp_path: Path) -> None:
    guarded = (sys.executable, "tests/guard.py", "3600")
    with running(tmp_path, *guarded, *PYTEST, FEW) as run:
        run.inner.send_signal(signal.SIGALRM)  # as the limit does
        assert run.ended() == 2
    said = run.log.read_text()
    assert "after 3600 seconds: interrupted" in said
    assert SUMMARY in said
