"""How much processor time programs have taken up to now."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from subprocess import Popen
from typing import Any

import psutil
from redis import Redis


def of_programs(programs: Sequence[Popen[bytes]], *, children: bool = True) -> float:
    """Seconds of these programs, with their children, those that have ended among them, or not."""
    return sum(_seconds(psutil.Process(program.pid), children) for program in programs)


def of_server(url: str) -> float:
    """Seconds of the Redis or Valkey."""
    info: Any = Redis.from_url(url).info("cpu")
    return float(info["used_cpu_user"]) + float(info["used_cpu_sys"])


def _seconds(program: psutil.Process, children: bool) -> float:
    times = program.cpu_times()
    if not children:
        return float(times.user + times.system)
    living = 0.0
    for child in program.children():
        with suppress(psutil.NoSuchProcess):
            living += _seconds(child, children)
    return float(times.user + times.system + times.children_user + times.children_system) + living
