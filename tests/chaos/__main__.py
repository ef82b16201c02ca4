"""`./dev chaos`: run real jobs while everything is killed, and say what was broken."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from tests.chaos.outbox import CALLERS
from tests.chaos.outbox import main as run_outbox
from tests.chaos.run import Outcome, run

SHOWN = 20


@click.command()
@click.option("--jobs", default=10_000, show_default=True, type=click.IntRange(1))
@click.option("--minutes", default=4.0, show_default=True, type=click.FloatRange(0.1))
@click.option("--seed", default=1, show_default=True, help="Draws what is enqueued and killed.")
@click.option(
    "--broker", default="redis", show_default=True, type=click.Choice(["redis", "rabbitmq"])
)
@click.option("--batch", default=0, type=click.IntRange(0), help="One of so many jobs beside them.")
@click.option("--workers", default=3, show_default=True, type=click.IntRange(1))
@click.option("--outbox", is_flag=True, help="Callers that enqueue after commit, see outbox.py.")
@click.option("--without", is_flag=True, help="With --outbox: the same while it is off.")
@click.option("--seeds", default=1, help="With --outbox: so many, from --seed on.")
@click.option(
    "--database",
    "databases",
    multiple=True,
    default=["sqlite", "mariadb", "postgres"],
    type=click.Choice(["sqlite", "mariadb", "postgres"]),
    help="With --outbox: on which; all three.",
)
@click.option("--keep", is_flag=True, help="Keep the run's folder also when nothing was broken.")
def main(
    jobs: int, minutes: float, seed: int, broker: str, batch: int, workers: int, keep: bool,
    outbox: bool, without: bool, seeds: int, databases: list[str],
) -> None:  # fmt: skip
    """Enqueue JOBS in MINUTES while pool processes, workers, beats and the broker are killed and
    frozen at random and the disk of the logs fills up; then check a ledger kept outside."""
    if outbox:
        drawn = range(seed, seed + seeds)
        sys.exit(bool(run_outbox(drawn, list(databases), jobs // len(CALLERS), not without)))
    root = Path(tempfile.mkdtemp(prefix="frappe-celery-chaos-"))
    outcome = run(
        root,
        jobs=jobs,
        seconds=minutes * 60,
        seed=seed,
        workers=workers,
        rabbitmq=broker == "rabbitmq",
        batch=batch,
    )
    report(outcome, seed)
    if outcome.violations or keep:
        print(f"ledger, logs and data: {root}")
    else:
        shutil.rmtree(root)
    sys.exit(bool(outcome.violations))


def report(outcome: Outcome, seed: int) -> None:
    """The tables: what was done to the system, how the jobs ended, what was broken."""
    console = Console(width=100)
    console.print(_counts(f"Chaos, seed {seed}", "act", outcome.acts))
    if not outcome.had_disk:
        console.print("the disk of the logs was left out: only root can mount a small one")
    console.print(_counts("Jobs", "how they ended", endings(outcome)))
    console.print(_counts("Due times", "what became of them", dues(outcome)))
    console.print(f"at rest {outcome.seconds_to_rest:.0f} s after the chaos had ended")
    for rule, whom in outcome.violations.items():
        console.print(f"[bold red]BROKEN[/] {rule}: {len(whom)}", highlight=False)
        for name in whom[:SHOWN]:
            console.print(f"  {name}", markup=False, highlight=False, soft_wrap=True)
    if not outcome.violations:
        console.print("nothing lost, nothing run twice")


def endings(outcome: Outcome) -> Counter[str]:
    """How many jobs ended in which way."""
    counts: Counter[str] = Counter()
    for record in outcome.evidence.records.values():
        kind = record.reason.partition(":")[0] if record.status == "failed" else ""
        counts[f"{record.status} {kind}".strip()] += 1
        counts["of these run again, idempotent"] += "It is run again" in record.reason
    for enqueued in outcome.evidence.enqueued.values():
        counts["depend on others"] += bool(enqueued.depends_on)
        counts["added to a batch by its jobs"] += enqueued.kind == "added"
        counts["enqueue acknowledged"] += bool(enqueued.run)
        counts["enqueue raised"] += bool(enqueued.raised)
        counts["enqueuer killed meanwhile"] += not (enqueued.run or enqueued.raised)
    return counts


def dues(outcome: Outcome) -> Counter[str]:
    """How many due times were acted on, coalesced or skipped."""
    counts: Counter[str] = Counter()
    for due in outcome.evidence.dues:
        counts[due.outcome] += 1
    return counts


def _counts(title: str, of: str, counts: Counter[str]) -> Table:
    table = Table(title=title, title_justify="left", min_width=44)
    table.add_column(of)
    table.add_column("number", justify="right")
    for name, number in counts.items():
        table.add_row(name, str(number))
    return table


if __name__ == "__main__":
    main()
