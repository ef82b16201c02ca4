"""Start and stop a side's worker programs, and wait for what they do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.sides import Side

STOP_SECONDS = 20
PATIENCE_SECONDS = 60
LOOK_EVERY_SECONDS = 0.01
"""When they are nearly done. Before that less often: each look is work for the server."""
LOOK_AT_LEAST_EVERY_SECONDS = 1.0


class WorkersFailed(RuntimeError):
    """A worker ended, stood still or logged an error: its figure would mean nothing."""


class Workers:
    """The running worker programs of a side."""

    def __init__(self, side: Side, output: int, under: str | None) -> None:
        self.side = side
        before = [under] if under else []
        self.programs = [
            subprocess.Popen(
                [sys.executable, "-m", *before, *command],
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            for command in side.worker_commands()
        ]

    def wait_finished(self, wanted: int, enqueued: int) -> float:
        """Wait until that many jobs are done; gives the moment (time.monotonic).

        Raises:
            WorkersFailed: a program ended, or no job was done for PATIENCE_SECONDS.
        """
        seen, since = 0, time.monotonic()
        first, began = self.side.finished(enqueued), since
        while True:
            done, now = self.side.finished(enqueued), time.monotonic()
            if done >= wanted:
                return now
            rate = (done - first) / (now - began)
            if done != seen:
                seen, since = done, now
            self.check(f"{done} of {enqueued} jobs done", patient=now - since < PATIENCE_SECONDS)
            time.sleep(_half_of(wanted - done, rate))

    def check(self, situation: str, *, patient: bool = True) -> None:
        """Raises WorkersFailed when a program has ended, or patience has."""
        if any(program.poll() is not None for program in self.programs):
            raise WorkersFailed(f"{self.side.name}: a worker ended; {situation}")
        if not patient:
            raise WorkersFailed(f"{self.side.name}: the workers stand still; {situation}")

    def stop(self) -> None:
        for program in self.programs:
            program.terminate()
        for program in self.programs:
            try:
                program.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(program.pid, signal.SIGKILL)
                program.wait()


def _half_of(jobs: int, rate: float) -> float:
    """Seconds until half of the jobs that are left will be done."""
    expected = jobs / rate / 2 if rate else 0.0
    return min(max(expected, LOOK_EVERY_SECONDS), LOOK_AT_LEAST_EVERY_SECONDS)


@contextmanager
def running(
    side: Side, *, may_log_errors: bool = False, under: str | None = None
) -> Iterator[Workers]:
    """The side's workers run inside the `with`, `under` a module that is told to run them.

    Raises:
        WorkersFailed: as above, or they logged an error or a traceback; it shows their log.
    """
    with tempfile.NamedTemporaryFile(prefix=f"{side.name}-workers-") as output:
        log = Path(output.name)
        workers = Workers(side, output.fileno(), under)
        try:
            yield workers
            logged = log.read_text(errors="replace")
        except WorkersFailed as error:
            raise WorkersFailed(f"{error}\n{log.read_text(errors='replace')}") from None
        finally:
            workers.stop()
    if not may_log_errors and ("Traceback" in logged or "ERROR" in logged):
        raise WorkersFailed(f"{side.name}: the workers logged errors\n{logged}")
