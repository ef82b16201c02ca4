"""`python -m benchmarks.schedule_types --bench PATH --site SITE`: a line for each, what differs.

Exit code 1 where the two sides differ in a log's status, an exception's class, a failed job or the
number of rows that a table has gained or lost.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from benchmarks.bench.copied import in_a_copy
from benchmarks.bench.database import root_options

SIDES = ("rq", "frappe_celery")
DOCUMENTS = "20"
"""Of each kind that the loads of `benchmarks.erpnext` submit: here they are drafts."""

Run = dict[str, Any]


@click.command()
@click.option("--bench", required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--site", required=True, help="A site of it with ERPNext and a company; only read.")
@root_options
def main(bench: Path, site: str, db_root_username: str, db_root_password: str) -> None:
    """Run every Scheduled Job Type by RQ and by Celery from the same database, network caught."""
    with in_a_copy(bench.resolve(), site, db_root_username, db_root_password) as (turns, copy):
        turns.take("rq", "benchmarks.erpnext.prepared", site, DOCUMENTS)
        turns.take("rq", "benchmarks.schedule_types.work", site)
        copy.keep()
        runs = {}
        for side in SIDES:
            copy.reset()
            runs[side] = turns.take(side, "benchmarks.schedule_types.turn", site, side)
            click.echo(f"{side}: {len(runs[side])} run", err=True)
    pairs = list(zip(*runs.values(), strict=True))
    click.echo("| method | status | exception | rows more or fewer | equal |")
    click.echo("| --- | --- | --- | --- | --- |")
    for theirs, ours in pairs:
        click.echo("| " + " | ".join((*_cells(theirs), _equal(theirs, ours))) + " |")
    different = [(theirs, ours) for theirs, ours in pairs if theirs != ours]
    click.echo(f"\n{len(pairs)} methods, {len(different)} differ.")
    for theirs, ours in different:
        click.echo(f"\n{theirs['method']}")
        for side, run in zip(SIDES, (theirs, ours), strict=True):
            click.echo(f"  {side}: {', '.join(filter(None, _cells(run)[1:]))}")
    raise SystemExit(bool(different))


def _cells(run: Run) -> tuple[str, ...]:
    rows = [f"{table} {number:+}" for table, number in sorted(run["rows"].items())]
    failed = [f"{number} jobs {name}" for name, number in sorted(run["failed jobs"].items())]
    exceptions = ", ".join([run["exception"], *failed] if run["exception"] else failed)
    return run["method"], run["status"], exceptions, ", ".join(rows)


def _equal(theirs: Run, ours: Run) -> str:
    return "yes" if theirs == ours else "no"


if __name__ == "__main__":
    main()
