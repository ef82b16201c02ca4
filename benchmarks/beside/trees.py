"""The two trees: what each would install, in a folder of its own that stands first on a path.

So neither is changed by what is edited meanwhile, and both bring what an installed package brings:
its metadata, its entry points, its compiled files.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from benchmarks.own_venv import own_venv
from benchmarks.runner import HERE

SOURCES = HERE.parent
PIP = ("-m", "pip", "--disable-pip-version-check")


@dataclass(frozen=True)
class Tree:
    name: str
    packages: Path
    """Holds frappe_celery and what else the tree installs."""
    python: str
    """Has what they need."""


@contextmanager
def beside(commit: str, python: str | None = None) -> Iterator[tuple[Tree, Tree]]:
    """The commit's tree and this one, uncommitted changes included.

    Args:
        python: a bench's, which both run on; else an environment is made where ours does not serve.
    """
    with at(commit, python) as theirs, tempfile.TemporaryDirectory() as folder:
        yield theirs, _tree("this tree", SOURCES, Path(folder), python)


@contextmanager
def at(commit: str, python: str | None = None) -> Iterator[Tree]:
    """The commit's tree alone."""
    name = _git("rev-parse", "--short", "--verify", f"{commit}^{{commit}}")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "source")
        source.mkdir()
        archive = Path(folder, "source.tar")
        _git("archive", "--output", str(archive), name)
        subprocess.run(["tar", "-xf", archive, "-C", source], check=True)
        yield _tree(name, source, Path(folder, "packages"), python)


def here() -> Tree:
    """This tree as it lies here."""
    return Tree("this tree", SOURCES, sys.executable)


def described(tree: Tree) -> str:
    """What a reader should know of a tree."""
    if tree.name != "this tree":
        return _git("log", "-1", "--format=%h %as %s", tree.name)
    changed = len(_git("status", "--porcelain").splitlines())
    commit = _git("log", "-1", "--format=%h %as %s")
    return f"{commit}{f', and {changed} changed files' if changed else ''}"


def _tree(name: str, source: Path, packages: Path, python: str | None) -> Tree:
    how = ("--quiet", "--no-deps", "--no-build-isolation", "--target", str(packages))
    subprocess.run([sys.executable, *PIP, "install", *how, str(source)], check=True)
    return Tree(name, packages, _checked(python or sys.executable, source, packages, not python))


def _checked(python: str, source: Path, packages: Path, may_make: bool) -> str:
    """That Python, or one of an environment that has what these packages require."""
    lacking = _lacking(python, packages)
    if not lacking:
        return python
    if not may_make:
        raise click.ClickException("\n".join(lacking))
    pinned = source / "constraints.txt"
    wanted = (source / "pyproject.toml").read_bytes() + pinned.read_bytes()
    name = f"tree-{hashlib.sha256(wanted).hexdigest()[:12]}"
    made = own_venv(name, f"{source}[bench]", "--constraint", str(pinned))
    return _checked(made, source, packages, may_make=False)


def _lacking(python: str, packages: Path) -> list[str]:
    """What pip says that this Python has not got, or in another version."""
    checked = subprocess.run(
        [python, *PIP, "check"],
        env={"PYTHONPATH": str(packages)},
        capture_output=True,
        text=True,
    )
    lines = checked.stdout.splitlines()
    return [line for line in lines if line.replace("_", "-").startswith("frappe-celery ")]


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=SOURCES, capture_output=True, text=True)
    if done.returncode:
        raise click.ClickException(done.stderr.strip())
    return done.stdout.strip()
