"""What the figures were measured on, and who else was at work there."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import psutil

QUIET = 0.05
"""Of all processors, what others may take."""
BUSY = "the machine is not quiet: times and rates scatter, counts of calls do not"


def describe() -> dict[str, str]:
    memory = psutil.virtual_memory().total / 2**30
    return {
        "CPU": f"{_cpu_model()}, {os.cpu_count()} cores",
        "Memory": f"{memory:.0f} GiB",
        "System": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "Load before the run (1, 5, 15 minutes)": load(),
    }


def _cpu_model() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def load() -> str:
    """Of the last minute, five, fifteen."""
    return " ".join(f"{value:.2f}" for value in os.getloadavg())


def warn_where_busy() -> None:
    """Before anything of ours runs."""
    busy = psutil.cpu_percent(interval=1) / 100
    if busy > QUIET:
        click.echo(f"Warning: {BUSY} (busy to {busy:.0%}, load {load()})", err=True)


@dataclass
class Others:
    """What other programs took of the processors while we measured."""

    load: str = ""
    """At the end."""
    share: float = 0.0

    def told(self) -> str:
        """A line for a reader."""
        said = f"Load after the run: {self.load}. Others took {self.share:.0%} of the processors"
        return f"{said}{f': {BUSY}' if self.share > QUIET else ''}."


@contextmanager
def shared() -> Iterator[Others]:
    """Filled in at its end, when all that was started within has been waited for."""
    others, began, busy, own = Others(), time.monotonic(), _busy(), _own()
    yield others
    others.load = load()
    there = (time.monotonic() - began) * psutil.cpu_count()
    others.share = max(_busy() - busy - (_own() - own), 0.0) / there


def _busy() -> float:
    """Seconds of all processors that were spent on anything."""
    times = psutil.cpu_times()._asdict()
    idle = ("idle", "iowait", "guest", "guest_nice")  # guests are among the users
    return float(sum(seconds for name, seconds in times.items() if name not in idle))


def _own() -> float:
    """Seconds of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
