"""Runs turns in a bench: each in a fresh process, in its Python, against an emptied Redis."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import server
from benchmarks.measurements import Measurement
from benchmarks.runner import FOREIGN_SETTINGS, HERE, printed_by

HOOK = Path("frappe_celery", "hosts", "bench", "hook.py")
TURN = "benchmarks.bench.turn"
NOFORK = "FRAPPE_BACKGROUND_WORKERS_NOFORK"
SIDES = ("rq", "rq_nofork", "bare", "prefork", "fresh", "frappe_celery")
"""The order within a round."""
ON_CELERY = ("prefork", "fresh", "frappe_celery")


def sides_of(bench: Path) -> tuple[str, ...]:
    """Those that this bench's Frappe has."""
    source = bench / "apps" / "frappe" / "frappe" / "utils" / "background_jobs.py"
    has_it = NOFORK in source.read_text(encoding="utf-8")
    return tuple(side for side in SIDES if has_it or side != "rq_nofork")


@dataclass(frozen=True)
class Turns:
    bench: Path
    sites: Path
    """Of `benchmarks.bench.sites`."""
    server_url: str
    catch_network: bool = False
    packages: Path = HERE.parent
    """The folder that frappe_celery is imported from."""

    def describe(self, site: str, side: str) -> dict[str, Any]:
        """What a side runs on; raises TurnFailed."""
        return self.take(side, TURN, site, side, "describe", "0", "1")

    def measure(
        self, site: str, side: str, measurement: Measurement, scale: float
    ) -> dict[str, Any]:
        """One turn; raises TurnFailed."""
        options = ["deduplicate"] if measurement.deduplicate else []
        asked = (measurement.module, str(measurement.processes), str(scale), *options)
        return self.take(side, TURN, site, side, *asked)

    def take(self, side: str, module: str, *arguments: str) -> dict[str, Any]:
        """What a module prints in its last line, as JSON; raises TurnFailed."""
        server.empty(self.server_url, self.sites.parent)
        name = " ".join((module, *arguments, "of", side))
        command = [self.bench / "env" / "bin" / "python", "-m", module, *arguments]
        return printed_by(command, name, self.sites, self._environment(side))

    def _environment(self, side: str) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN_SETTINGS)}
        path = (HERE / "bench" / "startup", self.packages, HERE.parent, HERE / "apps")
        environment = {
            **inherited,
            "PYTHONPATH": os.pathsep.join(map(str, path)),
            "BENCHMARK_REDIS": self.server_url,
            "FRAPPE_REDIS_QUEUE": self.server_url,
            "FRAPPE_CELERY_ENABLED": "true" if side in ON_CELERY else "false",
        }
        if side in ON_CELERY:
            environment["BENCHMARK_HOOK"] = str(self.packages / HOOK)
        if side == "rq_nofork":
            environment[NOFORK] = "1"
        if self.catch_network:
            environment["BENCHMARK_CAUGHT_NETWORK"] = "1"
        return environment
