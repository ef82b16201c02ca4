"""`python -m benchmarks.erpnext --bench PATH --site SITE`: all do the same work; then tables."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import click

from benchmarks import machine, report, server
from benchmarks.bench.__main__ import described
from benchmarks.bench.copied import in_a_copy
from benchmarks.bench.database import root_options
from benchmarks.bench.measurements import WORKERS
from benchmarks.bench.turns import sides_of
from benchmarks.erpnext.difference import differences
from benchmarks.measurements import Row
from benchmarks.sides import TITLES

TITLES_OF_LOADS = {
    "each": "{documents} documents submitted, a job each",
    "bulk": "{documents} documents submitted in bulk, three jobs",
    "import": "{rows} rows imported, two jobs",
    "repost": "four items reposted, {vouchers} vouchers",
    "reports": "six General Ledgers prepared",
}
PROCESSES = {"1": "one process", "2": "two processes"}
REFERENCE = "rq", "1"
"""Whose end state the others are compared with: one worker of Frappe's own, as in most benches."""

Turn = dict[str, Any]


@click.command()
@click.option("--erpnext", is_flag=True, hidden=True)  # how ./dev bench leads here
@click.option("--bench", required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--site", required=True, help="A site of it with ERPNext and a company; only read.")
@root_options
@click.option("--rounds", type=click.IntRange(1), default=1, show_default=True)
@click.option(
    "--documents",
    type=click.IntRange(20),
    default=60,
    show_default=True,
    help="Of each of three kinds, for each of the loads that submit.",
)
@click.option("--only", multiple=True, type=click.Choice(list(TITLES_OF_LOADS)))
@click.option("--output", type=click.Path(path_type=Path), help="A file for the tables.")
def main(
    bench: Path,
    site: str,
    db_root_username: str,
    db_root_password: str,
    rounds: int,
    documents: int,
    only: tuple[str, ...],
    output: Path | None,
    **_: bool,
) -> None:
    """Measure what ERPNext's users do, on Celery beside RQ with and without fork.

    Each turn begins with the same database, a copy; mail and network are out of reach.
    """
    loads = [load for load in TITLES_OF_LOADS if not only or load in only]
    facts = {"Date": date.today().isoformat(), **machine.describe()}
    with in_a_copy(bench.resolve(), site, db_root_username, db_root_password) as (turns, copy):
        taking_part = [side for side in sides_of(turns.bench) if side in WORKERS]
        facts["Databases"] = f"{copy.server.version()}; {server.version(turns.server_url)}"
        facts |= {TITLES[side]: described(turns, site, side) for side in taking_part}
        facts["Rounds"] = (
            f"{rounds}, the sides in turn: {'; '.join(TITLES[s] for s in taking_part)}"
        )
        apps = turns.take("rq", "benchmarks.erpnext.prepared", site, str(documents))
        facts["Apps"] = ", ".join(f"{app} {version}" for app, version in apps.items())
        copy.keep()
        figures: dict[str, dict[str, list[Turn]]] = {}
        for load in loads:
            for processes in PROCESSES:
                measured = figures[f"{load} {processes}"] = {side: [] for side in taking_part}
                for number in range(1, rounds + 1):
                    for side in taking_part:
                        copy.reset()
                        turn = turns.take(
                            side, "benchmarks.erpnext.turn", site, side, load, processes
                        )
                        measured[side].append(turn)
                        click.echo(
                            f"{load} {processes} {number}/{rounds} {TITLES[side]}:"
                            f" {turn['seconds']:.4g} s, {sum(turn['failed'].values())} of"
                            f" {turn['jobs']} jobs failed",
                            err=True,
                        )
    text = _text(figures, facts, documents)
    click.echo(text)
    if output:
        output.write_text(text, encoding="utf-8")


def _text(figures: dict[str, dict[str, list[Turn]]], facts: dict[str, str], documents: int) -> str:
    rows = {what: (Row("seconds", _title(what, documents), "s", False),) for what in figures}
    lines = [
        report.results(figures, facts, "Results with ERPNext", rows),
        "## What came of it",
        "",
        "Failed jobs of all rounds, exceptions that only the Error Log knows, and in how many"
        " rounds documents, ledgers, bins, statuses and owners were in the end those that one RQ"
        " worker, forking, left in the first round.",
        "",
        "|  | side | jobs failed | only logged | end state equal |",
        "| --- | --- | --- | --- | --- |",
    ]
    different = []
    for what, measured in figures.items():
        load, _, _ = what.partition(" ")
        reference, processes = REFERENCE
        expected = figures[f"{load} {processes}"][reference][0]["state"]
        for side, turns in measured.items():
            about = f"{_title(what, documents)} | {TITLES[side]}"
            found = [differences(expected, turn["state"]) for turn in turns]
            lines.append(f"| {about} | {_failed(turns)} | {_logged(turns)} | {_equal(found)} |")
            worst = max(found, key=len)
            different += [f"- {about.replace(' | ', ', ')}: {'; '.join(worst)}"] if worst else []
    if different:
        lines += ["", "What differed, where most did:", "", *different]
    return "\n".join(lines) + "\n"


def _failed(turns: list[Turn]) -> str:
    failed, jobs = _added(turns, "failed"), sum(turn["jobs"] for turn in turns)
    of_which = f": {_classes(failed)}" if failed else ""
    return f"{failed.total()} of {jobs}{of_which}"


def _logged(turns: list[Turn]) -> str:
    return _classes(_added(turns, "logged")) or "none"


def _equal(found: list[list[str]]) -> str:
    different = sum(bool(lines) for lines in found)
    return "yes" if not different else f"no, in {different} of {len(found)}"


def _added(turns: list[Turn], key: str) -> Counter[str]:
    return sum((Counter(turn[key]) for turn in turns), Counter())


def _classes(found: Counter[str]) -> str:
    return ", ".join(f"{number} {name}" for name, number in found.most_common())


def _title(what: str, documents: int) -> str:
    load, _, processes = what.partition(" ")
    title = TITLES_OF_LOADS[load].format(
        documents=documents * 3, rows=documents * 10, vouchers=documents * 4
    )
    return f"{title}, {PROCESSES[processes]}"


if __name__ == "__main__":
    main()
