"""`python -m benchmarks.beside --beside COMMIT`: the two trees take turns; then the table."""

from __future__ import annotations

from pathlib import Path

import click

from benchmarks import machine
from benchmarks.beside import places, table, trees
from benchmarks.beside.measurements import MEASUREMENTS
from benchmarks.beside.options import enough
from benchmarks.beside.rounds import Enough, take_turns


@click.command()
@click.option("--beside", "commit", required=True, help="A commit, a tag or a branch.")
@enough
@click.option("--scale", type=float, default=1.0, help="Of every turn's size.")
@click.option("--only", multiple=True, type=click.Choice(list(MEASUREMENTS)))
@click.option("--no-hiredis", is_flag=True, help="Take hiredis away from both. Not in a bench.")
@click.option("--bench", type=click.Path(path_type=Path, exists=True), help="In this bench.")
@click.option("--site", help="A site of it.")
def main(
    commit: str,
    enough: Enough,
    scale: float,
    only: tuple[str, ...],
    no_hiredis: bool,
    bench: Path | None,
    site: str | None,
) -> None:
    """Measure this tree, uncommitted changes included, beside a commit's, by turns."""
    if bool(bench) != bool(site):
        raise click.UsageError("--bench and --site go together")
    measurements = {name: one for name, one in MEASUREMENTS.items() if not only or name in only}
    machine.warn_where_busy()
    found = machine.describe()
    python = str(bench.resolve() / "env" / "bin" / "python") if bench else None
    with machine.shared() as others, trees.beside(commit, python) as both:
        place = (
            places.in_bench(both, scale, bench=bench.resolve(), site=site)
            if bench and site
            else places.standalone(both, scale, hiredis=not no_hiredis)
        )
        with place as (take, facts):
            table.show_facts(both, {**found, **facts})
            pairs = take_turns(measurements, both, take, enough)
    table.show(both, measurements, pairs)
    click.echo(others.told())


if __name__ == "__main__":
    main()
