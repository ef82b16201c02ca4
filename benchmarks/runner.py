"""Runs turns: each in a fresh process, in the side's Python, against an emptied server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from benchmarks import server
from benchmarks.own_venv import python_with_rq
from benchmarks.sides import TITLES
from benchmarks.sides.base import PROCESSES

HERE = Path(__file__).resolve().parent
FOREIGN_SETTINGS = ("FRAPPE", "CELERY", "RQ_", "DJANGO", "DATABASE_URL", "PYTHONPATH")


class TurnFailed(click.ClickException):
    """A turn ended without figures; says which and shows its output."""


@dataclass(frozen=True)
class Runner:
    server_url: str
    project: Path
    """Working directory of all turns and workers; see `write_project`."""
    hiredis: bool
    packages: Path = HERE.parent
    """The folder that frappe_celery is imported from."""
    python: str = sys.executable

    def turn(
        self, side: str, what: str, scale: float = 1.0, processes: int = PROCESSES
    ) -> dict[str, Any]:
        """One turn; raises TurnFailed."""
        server.empty(self.server_url, self.project)
        asked = (side, what, str(processes), str(scale))
        return self.run(self._python(side), "benchmarks.turn", *asked)

    def describe(self, side: str) -> dict[str, Any]:
        """What a side runs on; raises when it does not parse Redis's answers as was asked for."""
        described = self.turn(side, "describe")
        if described["hiredis"] != self.hiredis:
            wanted = "with hiredis: pip install hiredis" if self.hiredis else "without hiredis"
            raise click.ClickException(f"{TITLES[side]} should run {wanted}, or pass --no-hiredis")
        return described

    def run(
        self, python: str, module: str, side: str, what: str, *more: str, **environment: str
    ) -> dict[str, Any]:
        """What a module prints in its last line, as JSON; raises TurnFailed."""
        command = [python, "-m", module, side, what, *more]
        environment = {**self._environment(), **environment}
        return printed_by(command, f"{what} of {side}", self.project, environment)

    def _python(self, side: str) -> str:
        return python_with_rq() if side == "rq" else self.python

    def _environment(self) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN_SETTINGS)}
        path = [self.packages, HERE.parent, HERE / "apps"]
        if not self.hiredis:
            path.insert(0, HERE / "without_hiredis")
        return {
            **inherited,
            "PYTHONPATH": os.pathsep.join(map(str, path)),
            "BENCHMARK_REDIS": self.server_url,
        }


def printed_by(
    command: Sequence[str | Path], name: str, folder: Path, environment: dict[str, str]
) -> dict[str, Any]:
    """What a turn's program prints in its last line, as JSON; raises TurnFailed.

    At Ctrl-C, which it is told too, it is waited for: it stops its workers.
    """
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        try:
            output, errors = program.communicate()
        except KeyboardInterrupt:
            program.communicate()
            raise
    if program.returncode:
        raise TurnFailed(f"{name} failed:\n{output}{errors}")
    figures: dict[str, Any] = json.loads(output.splitlines()[-1])
    return figures


def write_project(folder: Path, server_url: str) -> None:
    """The project that frappe_celery's side finds itself in; the others need none."""
    sites = folder / "sites"
    sites.mkdir()
    (sites / "apps.txt").write_text("noop_app\n")
    (sites / "common_site_config.json").write_text(json.dumps({"redis_queue": server_url}))
    # found before the reference celeryconfig.py of this repository, which is not our default
    (folder / "celeryconfig.py").write_text('"""Nothing is set: the package as it comes."""\n')
