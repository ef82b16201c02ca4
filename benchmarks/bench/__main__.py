"""`python -m benchmarks.bench --bench PATH --site SITE`: the sides take turns; then the table."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

import click

from benchmarks import machine, report, server
from benchmarks.bench import sites
from benchmarks.bench.measurements import MEASUREMENTS
from benchmarks.bench.turns import Turns, sides_of
from benchmarks.sides import TITLES

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
    """Measure a bench on Celery beside the same bench on RQ, with and without fork.

    Its jobs go to a Redis of the harness's own meanwhile; its queues and its files are left alone.
    """
    bench = bench.resolve()
    taking_part = sides_of(bench)
    if "rq_nofork" not in taking_part:
        click.echo(f"left out: {TITLES['rq_nofork']}, which this Frappe does not have", err=True)
    wanted = {name: MEASUREMENTS[name] for name in MEASUREMENTS if not only or name in only}
    facts = {"Date": date.today().isoformat(), **machine.describe()}
    with tempfile.TemporaryDirectory() as folder, server.private_server(Path(folder)) as url:
        turns = Turns(bench, sites.shown(bench, site, Path(folder)), url)
        facts |= {"Server": server.version(url)}
        facts |= {TITLES[side]: described(turns, site, side) for side in taking_part}
        facts["Rounds"] = (
            f"{rounds}, the sides in turn: {'; '.join(TITLES[s] for s in taking_part)}"
        )
        figures: dict[str, dict[str, list[dict[str, float]]]] = {}
        for what, measurement in wanted.items():
            measured = [side for side in taking_part if side in measurement.sides]
            figures[what] = {side: [] for side in measured}
            for number in range(1, rounds + 1):
                for side in measured:
                    turn = turns.measure(site, side, measurement, scale)
                    figures[what][side].append(turn)
                    shown = ", ".join(f"{turn[row.key]:.4g} {row.unit}" for row in measurement.rows)
                    click.echo(f"{what} {number}/{rounds} {TITLES[side]}: {shown}", err=True)
    rows = {what: measurement.rows for what, measurement in wanted.items()}
    text = report.results(figures, facts, "Results in a bench", rows)
    click.echo(text)
    if output:
        output.write_text(text, encoding="utf-8")


def described(turns: Turns, site: str, side: str) -> str:
    """The versions that a side runs on."""
    turn = turns.describe(site, side)
    versions = {"Python": turn["python"], **turn["versions"]}
    return ", ".join(f"{name} {version}" for name, version in versions.items())


if __name__ == "__main__":
    main()
