"""`python -m benchmarks.schedule`: start, idle turn, due entry and memory of each scheduler."""

from __future__ import annotations

import sys
import tempfile
from datetime import date
from pathlib import Path

import click

from benchmarks import machine, report, server
from benchmarks.measurements import Row
from benchmarks.runner import Runner, write_project
from benchmarks.schedule.sides import SIDES

ROWS = (
    Row("start", "start, until every entry has its place", "s", False),
    Row("idle", "idle turn, median", "ms", False),
    Row("idle_p99", "idle turn, p99", "ms", False),
    Row("due", "a due entry", "ms", False),
    Row("memory", "memory, RSS", "MiB", False),
)
TURN = "benchmarks.schedule.turn"
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "benchmark_django",
    "FRAPPE_CELERY_TIME_ZONE": "UTC",
}
DJANGO = """
from pathlib import Path

SECRET_KEY = "x"
USE_TZ = True
INSTALLED_APPS = ["django_celery_beat", "frappe_celery"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "CONN_MAX_AGE": None,
                         "NAME": Path(__file__).parent / "benchmark.sqlite3",
                         "OPTIONS": {"timeout": 30}}}
"""


@click.command()
@click.option("--schedule", is_flag=True, hidden=True)  # how ./dev bench leads here
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True)
@click.option("--side", "sides", multiple=True, type=click.Choice(list(SIDES)))
@click.option("--output", type=click.Path(path_type=Path), help="Default: none.")
def main(schedule: bool, rounds: int, sides: tuple[str, ...], output: Path | None) -> None:
    """Measure schedulers with very many entries on this machine."""
    chosen = sides or tuple(SIDES)
    facts = {"Date": date.today().isoformat(), **machine.describe(), "Rounds": str(rounds)}
    figures: dict[str, list[dict[str, float]]] = {side: [] for side in chosen}
    for number in range(1, rounds + 1):
        for side in chosen:
            figures[side].append(_turn(side))
            shown = ", ".join(f"{r.key} {figures[side][-1][r.key]:.4g} {r.unit}" for r in ROWS)
            click.echo(f"{number}/{rounds} {SIDES[side].title}: {shown}", err=True)
    text = _text(figures, facts)
    click.echo(text)
    if output:
        output.write_text(text, encoding="utf-8")


def _turn(side: str) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder, server.private_server(Path(folder)) as url:
        project = Path(folder)
        write_project(project, url)
        (project / "benchmark_django.py").write_text(DJANGO)
        runner = Runner(url, project, hiredis=True)
        for what in ("prepare", "measure"):
            turn = runner.run(sys.executable, TURN, side, what, **ENVIRONMENT)
        return turn


def _text(figures: dict[str, list[dict[str, float]]], facts: dict[str, str]) -> str:
    lines = ["# Results: schedulers", "", *(f"- {name}: {value}" for name, value in facts.items())]
    lines += [
        "",
        "Median of the rounds (lowest to highest round). README.md says how each line is measured.",
    ]
    for ours, theirs in (("frappe_celery", "celery"), ("frappe_celery_rows", "django_celery_beat")):
        sides = [side for side in (ours, theirs) if figures.get(side)]
        if not sides:
            continue
        lines += ["", "|  | " + " | ".join(SIDES[side].title for side in sides) + " |"]
        lines += ["| --- " + "| ---: " * len(sides) + "|"]
        for row in ROWS:
            cells = [report.summary([turn[row.key] for turn in figures[side]]) for side in sides]
            lines.append(f"| {row.title} ({row.unit}) | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
