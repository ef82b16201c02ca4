"""`python -m benchmarks.warm --bench PATH --site A --site B`: what differs from RQ's fork, and why
processes were replaced.

Exit code 1 where an answer differs by more than clock and sizes, or the log does not say why a
process was replaced.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from benchmarks.bench.copied import in_copies
from benchmarks.bench.database import root_options
from benchmarks.warm import reading

SIDES = ("rq", "frappe_celery")
DOCUMENTS = (8, 5)
"""Of each kind that `benchmarks.erpnext` prepares: the sites are to have different answers."""
COMPANIES = ("", "Another Bench")
"""A second one of the second site, by which its reports are asked; the sites are often copies."""
SEED = "0"
"""Of Python's hashes on both sides: what lists a set's elements lists them in one order."""


@click.command()
@click.option("--bench", required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--site", "names", multiple=True, required=True, help="With ERPNext; only read.")
@root_options
@click.option("--mixed", default=10_000, show_default=True, help="Jobs of all kinds; 0: none.")
@click.option("--json", "output", type=click.Path(path_type=Path), help="Write all of it there.")
def main(
    bench: Path,
    names: tuple[str, ...],
    db_root_username: str,
    db_root_password: str,
    mixed: int,
    output: Path | None,
) -> None:
    """Run every script report and schedule type of all sites in one process, and in RQ's forks."""
    os.environ["PYTHONHASHSEED"] = SEED
    found: dict[str, Any] = {}
    answers = {}
    root = db_root_username, db_root_password
    with in_copies(bench.resolve(), names, *root, logs="json") as (turns, copies):
        for place, site in enumerate(names):
            documents, company = DOCUMENTS[place % 2], COMPANIES[place % 2]
            turns.take("rq", "benchmarks.warm.prepared", site, str(documents), company)
            copies[site].keep()
        log = turns.sites.parent / "worker.log"
        for side in SIDES:
            for copy in copies.values():
                copy.reset()
            answers[side] = turns.take(side, "benchmarks.warm.turn", side, str(log), "0", *names)
            click.echo(f"{side}: {len(answers[side])} answers", err=True)
        logs = {"each once": log.read_text(errors="replace")}
        if mixed:
            asked = (SIDES[1], str(log), str(mixed), *names)
            found["mixed"] = turns.take(SIDES[1], "benchmarks.warm.turn", *asked)
            logs[f"{mixed:,} mixed"] = log.read_text(errors="replace")
    different = reading.differences(*answers.values())
    processes = {title: reading.processes(text) for title, text in logs.items()}
    if output:
        found |= {
            "answers": answers,
            "different": [asdict(one) for one in different],
            "processes": {t: [asdict(one) for one in each] for t, each in processes.items()},
            "said": {title: reading.said(text) for title, text in logs.items()},
        }
        output.write_text(json.dumps(found, indent=1), encoding="utf-8")
    _show(answers, different, processes)
    replaced = [one for each in processes.values() for one in each[:-1]]
    raise SystemExit(
        any(one.kind == "answer" for one in different) or not all(one.reason for one in replaced)
    )


def _show(
    answers: dict[str, dict[str, str]],
    different: list[reading.Difference],
    processes: dict[str, list[reading.Process]],
) -> None:
    asked = Counter(name.split(": ")[1] for name in answers[SIDES[0]])
    failed = sum(answer.startswith("raised ") for answer in answers[SIDES[0]].values())
    click.echo(f"{len(answers[SIDES[0]])} answers: {dict(asked)}, {failed} of them exceptions")
    click.echo(f"{len(different)} differ: {dict(Counter(one.kind for one in different))}")
    for one in different:
        click.echo(f"\n{one.kind}: {one.name}")
        for side, text in zip(SIDES, (one.theirs, one.ours), strict=True):
            click.echo(f"  {side}: {text}")
    for title, each in processes.items():
        jobs, turns = (sum(getattr(p, what) for p in each) for what in ("jobs", "turns"))
        click.echo(f"\n{title}: {jobs} jobs, the site changed {turns} times;")
        click.echo(f"{len(each) - 1} processes replaced")
        for reason, number in Counter(one.reason or "NO REASON" for one in each[:-1]).items():
            click.echo(f"  {number}: {reason}")


if __name__ == "__main__":
    main()
