"""`python -m benchmarks.bench --bench PATH --site SITE`: both sides take turns; then the table."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import click
from redis import Redis

from benchmarks import machine, report, server
from benchmarks.bench.measurements import MEASUREMENTS
from benchmarks.runner import FOREIGN_SETTINGS, HERE, TurnFailed
from benchmarks.sides import TITLES

SIDES = ("rq", "frappe_celery")
"""The order within a round."""
ROUNDS = 5


@click.command()
@click.option("--bench", required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--site", required=True, help="A site of it.")
@click.option("--rounds", type=click.IntRange(1), default=ROUNDS, show_default=True)
@click.option("--scale", type=float, default=1.0, help="Of every turn's size.")
@click.option("--only", multiple=True, type=click.Choice(list(MEASUREMENTS)))
@click.option("--output", type=click.Path(path_type=Path), help="A file for the table.")
def main(
    bench: Path, site: str, rounds: int, scale: float, only: tuple[str, ...], output: Path | None
) -> None:
    """Measure a bench on Celery beside the same bench on RQ: switched on, frappe-celery enable.

    Its jobs go to a Redis of the harness's own meanwhile; its queues are left alone.
    """
    wanted = {name: MEASUREMENTS[name] for name in MEASUREMENTS if not only or name in only}
    facts = {"Date": date.today().isoformat(), **machine.describe()}
    with tempfile.TemporaryDirectory() as folder, server.private_server(Path(folder)) as url:
        turns = Turns(bench.resolve(), site, url, scale)
        facts |= {"Server": server.version(url)}
        facts |= {TITLES[side]: _described(turns, side) for side in SIDES}
        facts["Rounds"] = f"{rounds}, the sides in turn: {', '.join(TITLES[s] for s in SIDES)}"
        figures: dict[str, dict[str, list[dict[str, float]]]] = {}
        for what, measurement in wanted.items():
            figures[what] = {side: [] for side in SIDES}
            for number in range(1, rounds + 1):
                for side in SIDES:
                    turn = turns.take(side, what)
                    figures[what][side].append(turn)
                    shown = ", ".join(f"{turn[row.key]:.4g} {row.unit}" for row in measurement.rows)
                    click.echo(f"{what} {number}/{rounds} {TITLES[side]}: {shown}", err=True)
    rows = {what: measurement.rows for what, measurement in wanted.items()}
    text = report.results(figures, facts, "Results in a bench", rows)
    click.echo(text)
    if output:
        output.write_text(text, encoding="utf-8")


@dataclass(frozen=True)
class Turns:
    bench: Path
    site: str
    server_url: str
    scale: float

    def take(self, side: str, what: str) -> dict[str, Any]:
        """One turn in the bench's Python, against an emptied server; raises TurnFailed."""
        Redis.from_url(self.server_url).flushall()
        python = self.bench / "env" / "bin" / "python"
        result = subprocess.run(
            [python, "-m", "benchmarks.bench.turn", self.site, side, what, str(self.scale)],
            cwd=self.bench / "sites",
            env=self._environment(side),
            capture_output=True,
            text=True,
        )
        if result.returncode:
            raise TurnFailed(f"{what} of {side} failed:\n{result.stdout}{result.stderr}")
        figures: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
        return figures

    def _environment(self, side: str) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN_SETTINGS)}
        return {
            **inherited,
            "PYTHONPATH": os.pathsep.join(map(str, (HERE.parent, HERE / "apps"))),
            "BENCHMARK_REDIS": self.server_url,
            "FRAPPE_REDIS_QUEUE": self.server_url,
            "FRAPPE_CELERY_ENABLED": "true" if side == "frappe_celery" else "false",
        }


def _described(turns: Turns, side: str) -> str:
    versions: dict[str, str] = turns.take(side, "describe")["versions"]
    return ", ".join(f"{name} {version}" for name, version in versions.items())


if __name__ == "__main__":
    main()
