"""Where the turns are taken: without Frappe, or in a bench."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from benchmarks import server
from benchmarks.bench import sites
from benchmarks.bench.turns import Turns
from benchmarks.beside.measurements import MEASUREMENTS
from benchmarks.beside.rounds import Take, Turn
from benchmarks.beside.trees import Tree
from benchmarks.report import OURS
from benchmarks.runner import Runner, write_project

Place = tuple[Take, dict[str, str]]
"""How a turn is taken there, and what is said about it."""


@contextmanager
def standalone(trees: Sequence[Tree], scale: float, *, hiredis: bool) -> Iterator[Place]:
    """Each tree in a project of its own, all with one server."""
    with tempfile.TemporaryDirectory() as folder, server.private_server(Path(folder)) as url:
        runners = {}
        for number, tree in enumerate(trees):
            project = Path(folder, f"project{number}")
            project.mkdir()
            write_project(project, url)
            runners[tree.name] = Runner(url, project, hiredis, tree.packages, tree.python)

        def take(tree: Tree, name: str) -> Turn:
            asked = MEASUREMENTS[name]
            return runners[tree.name].turn(OURS, asked.module, scale, asked.processes)

        described = {tree: runners[tree.name].describe(OURS) for tree in trees}
        yield take, {"Server": server.version(url), **_versions(described)}


@contextmanager
def in_bench(trees: tuple[Tree, Tree], scale: float, *, bench: Path, site: str) -> Iterator[Place]:
    """Both in the bench's environment, in one site, with one server of ours."""
    with tempfile.TemporaryDirectory() as folder, server.private_server(Path(folder)) as url:
        shown = sites.shown(bench, site, Path(folder))
        turns = {tree.name: Turns(bench, shown, url, packages=tree.packages) for tree in trees}

        def take(tree: Tree, name: str) -> Turn:
            return turns[tree.name].measure(site, OURS, MEASUREMENTS[name], scale)

        described = {tree: turns[tree.name].describe(site, OURS) for tree in trees}
        yield take, {"Server": server.version(url), **_versions(described)}


def _versions(described: Mapping[Tree, dict[str, Any]]) -> dict[str, str]:
    """What each runs on; raises where it was not its own tree that ran."""
    for tree, found in described.items():
        if Path(found["found_in"]).resolve() != tree.packages.resolve():
            raise click.ClickException(f"{tree.name} ran from {found['found_in']}")
    return {
        f"{tree.name} runs on": ", ".join(f"{k} {v}" for k, v in found["versions"].items())
        for tree, found in described.items()
    }
