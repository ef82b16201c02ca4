"""Start and stop a side's worker programs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.sides import Side

STOP_SECONDS = 20


class WorkersFailed(RuntimeError):
    """A worker ended, stood still or logged an error: its figure would mean nothing."""


@contextmanager
def running(side: Side) -> Iterator[list[int]]:
    """The side's workers run inside the `with`; gives the process ids of their programs.

    Raises:
        WorkersFailed: they logged an error or a traceback; the message has the log.
    """
    log = Path(f"{side.name}-workers.log").resolve()
    with log.open("wb") as output:
        programs = [
            subprocess.Popen(
                [sys.executable, "-m", *command],
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            for command in side.worker_commands()
        ]
        try:
            yield [program.pid for program in programs]
            logged = log.read_text(errors="replace")
        except WorkersFailed as error:
            raise WorkersFailed(f"{error}\n{log.read_text(errors='replace')}") from None
        finally:
            _stop(programs)
    if "Traceback" in logged or "ERROR" in logged:
        raise WorkersFailed(f"{side.name}: the workers logged errors\n{logged}")


def wait_finished(
    side: Side, wanted: int, enqueued: int, *, every: float = 0.01, patience: float = 60
) -> float:
    """Wait until that many jobs are done; gives the moment (time.monotonic).

    Raises:
        WorkersFailed: none was finished for `patience` seconds.
    """
    seen, since = 0, time.monotonic()
    while True:
        done, now = side.finished(enqueued), time.monotonic()
        if done >= wanted:
            return now
        if done != seen:
            seen, since = done, now
        elif now - since > patience:
            raise WorkersFailed(
                f"{side.name}: {done} of {enqueued} jobs done, none for {patience:.0f} s"
            )
        time.sleep(every)


def _stop(programs: list[subprocess.Popen[bytes]]) -> None:
    for program in programs:
        program.terminate()
    for program in programs:
        try:
            program.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(program.pid, signal.SIGKILL)
            program.wait()
