"""What the next jobs see of what a job left in its process, way by way.

    python -m benchmarks.left [-c 4] [--at COMMIT] [--only PART] [--json FILE]

The app `ways_app` (`benchmarks/apps`) has a method for each way. Each is called as one site's job,
between jobs of both sites by turns in a queue that is never idle, the first time after so many jobs
of its process, and the jobs after it tell whether they see what it left. Then all are called again,
one after another, some times. Of the table's columns the first pair is what happened before and
while the worker saw a method for the first time, the second what happened from then on.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console

from benchmarks import server
from benchmarks.beside import trees
from benchmarks.left import reading
from benchmarks.left.table import summary, table
from benchmarks.left.turn import SITES, WARM_UP, Sizes
from benchmarks.runner import FOREIGN_SETTINGS, HERE, printed_by

KEPT_SECONDS = 30
"""How long the record of a job is kept, of which there are many."""


@click.command(help=__doc__.split("\n\n")[0] if __doc__ else None)
@click.option("-c", "--processes", default=1, show_default=True, help="Of the worker.")
@click.option("--at", "commit", help="Measure this commit's code; default: this tree's.")
@click.option("--next", "next_", default=200, show_default=True, help="Jobs that look, at first.")
@click.option("--later", default=20, show_default=True, help="Jobs that look, each further time.")
@click.option("--again", default=3, show_default=True, help="How often a method is called again.")
@click.option("--only", default="", help="Ways whose name has this part.")
@click.option("--json", "output", type=click.Path(path_type=Path), help="Write all figures there.")
def main(
    processes: int,
    commit: str | None,
    next_: int,
    later: int,
    again: int,
    only: str,
    output: Path | None,
) -> None:
    """Measure, and print the table."""
    sizes = Sizes(processes, next_, later, again, only)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        tree = stack.enter_context(trees.at(commit)) if commit else trees.here()
        url = stack.enter_context(server.private_server(folder))
        write_project(folder, url)
        record = folder / "record"
        record.touch()
        command = [tree.python, "-m", "benchmarks.left.turn", json.dumps(asdict(sizes))]
        about = printed_by(command, tree.name, folder, _environment(tree, record))
        text, log = record.read_text(errors="replace"), (folder / "worker.log").read_text()
    found = reading.read(text, about["ways"], WARM_UP * processes)
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(table(found))
    facts = {key: value for key, value in about.items() if key != "ways"}
    said = {"tree": trees.described(tree), **facts, **summary(found)}
    console.print_json(data=said)
    if output:
        figures = {**said, "ways": [asdict(one) for one in found], "log": _told(log)}
        output.write_text(json.dumps(figures, indent=1), encoding="utf-8")


def _told(log: str) -> list[str]:
    """What the worker said, without the tracebacks."""
    return [line for line in log.splitlines() if line.startswith("[20") and "raised un" not in line]


def write_project(folder: Path, url: str) -> None:
    """A project with the app and its sites."""
    sites = folder / "sites"
    for site in SITES:
        (sites / site).mkdir(parents=True)
        (sites / site / "site_config.json").write_text("{}")
    (sites / "apps.txt").write_text("ways_app\n")
    config = {"redis_queue": url, "rq_results_ttl": KEPT_SECONDS}
    (sites / "common_site_config.json").write_text(json.dumps(config))
    (folder / "celeryconfig.py").write_text('"""Nothing is set: the package as it comes."""\n')


def _environment(tree: trees.Tree, record: Path) -> dict[str, str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN_SETTINGS)}
    path = os.pathsep.join(map(str, (tree.packages, HERE.parent, HERE / "apps")))
    return {**inherited, "PYTHONPATH": path, "WAYS_RECORD": str(record)}


if __name__ == "__main__":
    main()
