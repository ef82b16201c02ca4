"""`python -m tests.bench_from TREE`: make a bench and leave its servers running; start, stop it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from tests.bench_from import apps, servers, sites, trees
from tests.bench_from.layout import Layout
from tests.bench_from.python import python_for

SITES = ("first.test", "second.test", "third.test")
"""In the order in which tests ask for them: most want the first, some a second, the pages three."""
FOLDER = click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True)


@click.command()
@click.argument("tree", required=False)
@click.option("--ref", default="HEAD", help="A branch or commit, where TREE is a git directory.")
@click.option("--python", help="Instead of the first here that fits: python3.10, or a path.")
@click.option(
    "--app", "more", multiple=True, help="One more of the tree, after those that it needs; again."
)
@click.option(
    "--database", type=click.Choice(servers.DATABASES), default="mariadb", show_default=True,
    help="Of its sites; the last two need Frappe 16 or 17.",
)  # fmt: skip
@click.option("--into", type=click.Path(path_type=Path, resolve_path=True), help="A new folder.")
@click.option("--start", type=FOLDER, help="Start the servers of a bench that was made here.")
@click.option("--stop", type=FOLDER, help="Stop them.")
def main(
    tree: str | None,
    ref: str,
    python: str | None,
    more: tuple[str, ...],
    database: str,
    into: Path | None,
    start: Path | None,
    stop: Path | None,
) -> None:
    """Make a bench from TREE: a folder or a git directory, or TREE:SUBFOLDER of it.

    Its Frappe may be 14 to 17; ERPNext and HRMS come along where they lie in the tree. The bench
    has a database server and two Redis on ports of its own, three sites, and this project
    installed.
    """
    if start:
        servers.start(Layout(start))
    elif stop:
        servers.stop(Layout(stop))
    elif tree:
        folder = into or Path(tempfile.mkdtemp(prefix="bench-"))
        make(tree, ref, python, folder, more, database)
    else:
        raise click.UsageError("Say from which tree: ./dev bench-from TREE")


def make(
    tree: str,
    ref: str,
    python: str | None,
    folder: Path,
    more: tuple[str, ...] = (),
    database: str = "mariadb",
) -> None:
    """The bench, or an error that says which step failed; what was made so far stays."""
    if folder.exists() and any(folder.iterdir()):
        raise click.UsageError(f"{folder} is not empty")
    begun = time.monotonic()
    bench = Layout(folder)
    bench.make()
    with step("apps"):
        found = trees.copy_apps(tree, ref, bench, more)
    with step("Python"):
        interpreter = python_for(apps.python_wanted(bench), python)
    with step("packages"):
        apps.install(bench, interpreter, trees.place_of(tree)[0])
    with step("servers"):
        servers.make(bench, database)
        servers.start(bench)
    with step("sites"):
        sites.make(bench, SITES, found, database)
    with step("this project"):
        apps.install_project(bench)
    click.echo(READY.format(minutes=(time.monotonic() - begun) / 60, bench=folder))


@contextmanager
def step(name: str) -> Iterator[None]:
    """Say how long it took."""
    click.echo(f"== {name}")
    begun = time.monotonic()
    yield
    click.echo(f"   {name}: {(time.monotonic() - begun) / 60:.1f} min")


READY = """
{bench} was made in {minutes:.1f} minutes; its servers run.

./dev test --bench {bench}
./dev bench-from --stop {bench}
./dev bench-from --start {bench}
{bench}/env/bin/pip install -e '/another/checkout[admin]'   to have that one's code in it"""

if __name__ == "__main__":
    main(prog_name="./dev bench-from")
