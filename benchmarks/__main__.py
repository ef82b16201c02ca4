"""`python -m benchmarks`: all sides take turns, round after round; then the table."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

import click

from benchmarks import machine, report, server
from benchmarks.measurements import ROWS
from benchmarks.runner import HERE, Runner, write_project
from benchmarks.sides import TITLES, TURNS

ROUNDS = 5
QUICK_ROUNDS, QUICK_SCALE = 2, 0.2


@click.command()
@click.option("--quick", is_flag=True, help="Two short rounds, no file: not to be cited.")
@click.option("--rounds", type=click.IntRange(1), help=f"Rounds of turns. Default: {ROUNDS}.")
@click.option("--no-hiredis", is_flag=True, help="Take hiredis away from every side.")
@click.option("--side", "sides", multiple=True, type=click.Choice(TURNS), help="Only this side.")
@click.option("--only", multiple=True, type=click.Choice(list(ROWS)), help="Only this measurement.")
@click.option("--output", type=click.Path(path_type=Path), help="Default: benchmarks/RESULTS.md.")
def main(
    quick: bool,
    rounds: int | None,
    no_hiredis: bool,
    sides: tuple[str, ...],
    only: tuple[str, ...],
    output: Path | None,
) -> None:
    """Measure frappe_celery beside RQ and plain Celery on this machine."""
    rounds = rounds or (QUICK_ROUNDS if quick else ROUNDS)
    sides = tuple(name for name in TURNS if not sides or name in sides)
    measurements = [name for name in ROWS if not only or name in only]
    if output is None and not quick and len(sides) == len(TURNS) and not only:
        output = HERE / "RESULTS.md"
    facts = {"Date": date.today().isoformat(), **machine.describe()}
    with tempfile.TemporaryDirectory() as folder, server.private_server(Path(folder)) as url:
        write_project(Path(folder), url)
        runner = Runner(url, Path(folder), hiredis=not no_hiredis)
        facts |= {"Server": server.version(url), "hiredis": "none" if no_hiredis else "every side"}
        facts |= {TITLES[side]: _versions(runner, side) for side in sides}
        facts["Rounds"] = f"{rounds}, the sides in turn: {', '.join(TITLES[s] for s in sides)}"
        figures = take_turns(runner, measurements, sides, rounds, QUICK_SCALE if quick else 1.0)
    text = report.results(figures, facts)
    click.echo(text)
    if output:
        output.write_text(text, encoding="utf-8")
        click.echo(f"written to {output}")


def take_turns(
    runner: Runner, measurements: list[str], sides: tuple[str, ...], rounds: int, scale: float
) -> dict[str, dict[str, list[dict[str, float]]]]:
    figures: dict[str, dict[str, list[dict[str, float]]]] = {}
    for what in measurements:
        figures[what] = {side: [] for side in sides}
        for number in range(1, rounds + 1):
            for side in sides:
                turn = runner.turn(side, what, scale)
                figures[what][side].append(turn)
                shown = ", ".join(f"{r.key} {turn[r.key]:.4g} {r.unit}" for r in ROWS[what])
                click.echo(f"{what} {number}/{rounds} {TITLES[side]}: {shown}", err=True)
    return figures


def _versions(runner: Runner, side: str) -> str:
    versions = runner.describe(side)["versions"]
    return ", ".join(f"{name} {version}" for name, version in versions.items())


if __name__ == "__main__":
    main()
