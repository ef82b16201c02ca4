"""What a side has to say about itself; everything else is the same code for all."""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence
from types import ModuleType
from typing import Any, Protocol

PROCESSES = 2
"""Processes that run jobs, on every side outside of a bench, where nothing else is said."""

JOB_ARGUMENTS: dict[str, Any] = {"name": "INV-00001", "submit": True}
"""Keyword arguments that every job is enqueued with."""


class Side(Protocol):
    name: str

    packages: Sequence[str]
    """Distributions whose versions belong in the results."""

    processes: int
    """How many run jobs."""

    @property
    def jobs_a_second(self) -> int:
        """About how fast they run no-op jobs: sizes the backlog, decides nothing."""

    def worker_commands(self) -> list[list[str]]:
        """Arguments of `python -m` for each program that together are the worker."""

    def enqueue(self, job: str) -> None:
        """Enqueue a function of `jobs()`, or `many.…`, with JOB_ARGUMENTS, as an app would."""

    def finished(self, enqueued: int) -> int:
        """How many of the jobs enqueued are done with, recorded and acknowledged."""


def jobs(module: str = "tasks") -> ModuleType:
    """Of apps/noop_app, which is on PYTHONPATH as an app of a bench is."""
    return importlib.import_module(f"noop_app.{module}")


def path_of(job: str) -> str:
    """Of a function of `jobs()`, or `many.…`."""
    return f"noop_app.{job}" if "." in job else f"noop_app.tasks.{job}"


def redis_url() -> str:
    return os.environ["BENCHMARK_REDIS"]
