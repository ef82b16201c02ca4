"""The apps in a tree: a folder, or a git directory without a work tree, as `fetch` leaves it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from subprocess import PIPE, Popen

import click

from tests.bench_from.layout import Layout, run

APPS = ("frappe", "erpnext", "hrms")
"""Each needs those before it."""
LEFT_OUT = shutil.ignore_patterns(".git", "node_modules")


def place_of(words: str) -> tuple[Path, str]:
    """Where a tree lies, and which of its folders is meant, of `TREE` or `TREE:SUBFOLDER`."""
    tree, _, subfolder = (words, "", "") if Path(words).exists() else words.rpartition(":")
    if not tree or not Path(tree).is_dir():
        raise click.UsageError(f"There is no folder {words}")
    return Path(tree).resolve(), subfolder


def copy_apps(tree: str, ref: str, bench: Layout, more: Sequence[str] = ()) -> list[str]:
    """Copy the apps that lie anywhere in it into the bench, `more` after those of `APPS`; gives
    their names."""
    place, subfolder = place_of(tree)
    is_git = (place / "objects").is_dir() and (place / "HEAD").exists()
    files = _files_of_git(place, ref) if is_git else _files_of_folder(place)
    here = [file for file in files if file.is_relative_to(subfolder)]
    roots = _roots(here, (*APPS, *more))
    for app in ("frappe", *more):
        if app not in roots:
            raise click.UsageError(f"{tree} has no {app}/hooks.py with a pyproject.toml above it")
    for app, root in roots.items():
        if is_git:
            _unpack(place, f"{ref}:{root}".removesuffix("."), bench.apps / app)
        else:
            shutil.copytree(place / root, bench.apps / app, symlinks=True, ignore=LEFT_OUT)
        click.echo(f"   {app} {version_of(bench, app)}")
    (bench.sites / "apps.txt").write_text("\n".join(roots) + "\n")
    return list(roots)


def version_of(bench: Layout, app: str) -> str:
    """As it says itself."""
    source = (bench.apps / app / app / "__init__.py").read_text()
    return source.partition("__version__ = ")[2].partition("\n")[0].strip("\"'")


def _files_of_git(git: Path, ref: str) -> Iterable[PurePosixPath]:
    listed = run("git", "-C", str(git), "ls-tree", "-r", "-z", "--name-only", ref)
    return [PurePosixPath(name) for name in listed.split("\0") if name]


def _files_of_folder(folder: Path) -> Iterable[PurePosixPath]:
    found = [path for name in ("hooks.py", "pyproject.toml") for path in folder.rglob(name)]
    return [PurePosixPath(path.relative_to(folder)) for path in found]


def _roots(files: Iterable[PurePosixPath], apps: Iterable[str]) -> dict[str, PurePosixPath]:
    """The folder of each app, which holds its package and its pyproject.toml: the outermost one."""
    known = set(files)
    roots = {}
    for app in apps:
        of_app = [file.parents[1] for file in known if file.parts[-2:] == (app, "hooks.py")]
        whole = [root for root in of_app if root / "pyproject.toml" in known]
        if whole:
            roots[app] = min(whole, key=lambda root: len(root.parts))
    return roots


def _unpack(git: Path, what: str, folder: Path) -> None:
    folder.mkdir()
    archive = Popen(["git", "-C", str(git), "archive", what], stdout=PIPE)
    run("tar", "-x", "-C", str(folder), stdin=archive.stdout)
    if archive.wait():
        raise click.ClickException(f"git archive {what} in {git} failed")
