"""The apps in a tree: a folder, or a git directory without a work tree, as `fetch` leaves it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import click

from tests.bench_from.layout import Layout

APPS = ("frappe", "erpnext", "hrms")
"""Each needs those before it."""
LEFT_OUT = shutil.ignore_patterns(".git", "node_modules")


def place_of(words: str) -> tuple[Path, str]:
    """Where a tree lies, and which of its folders is meant, of `TREE` or `TREE:SUBFOLDER`."""
    tree, _, subfolder = (words, "", "") if Path(words).exists() else words.rpartition(":")
    if not tree or not Path(tree).is_dir():
        raise click.UsageError(f"There is no folder {words}")
    return Path(tree).resolve(), subfolder


def copy_apps(tree: str, ref: str, bench: Layout) -> list[str]:
    """Copy the apps that lie anywhere in it into the bench; gives their names."""
    place, subfolder = place_of(tree)
    with tempfile.TemporaryDirectory(prefix="bench-tree-") as scratch:
        if (place / "objects").is_dir() and (place / "HEAD").exists():
            _unpack(place, ref, Path(scratch))
            folder = Path(scratch)
        else:
            folder = place
        found = {app: root for app in APPS if (root := _root_of(app, folder / subfolder))}
        if "frappe" not in found:
            raise click.UsageError(f"{tree} has no frappe/frappe/hooks.py")
        for app, root in found.items():
            shutil.copytree(root, bench.apps / app, symlinks=True, ignore=LEFT_OUT)
            click.echo(f"   {app} {version_of(bench, app)}")
    (bench.sites / "apps.txt").write_text("\n".join(found) + "\n")
    return list(found)


def version_of(bench: Layout, app: str) -> str:
    """As it says itself."""
    source = (bench.apps / app / app / "__init__.py").read_text()
    return source.partition("__version__ = ")[2].partition("\n")[0].strip("\"'")


def _root_of(app: str, folder: Path) -> Path | None:
    """The folder that holds an app's package and its pyproject.toml, the outermost one."""
    roots = [path.parents[1] for path in folder.rglob(f"{app}/hooks.py")]
    roots = [root for root in roots if (root / "pyproject.toml").exists()]
    return min(roots, key=lambda root: len(root.parts), default=None)


def _unpack(git: Path, ref: str, folder: Path) -> None:
    archive = subprocess.Popen(["git", "-C", git, "archive", ref], stdout=subprocess.PIPE)
    subprocess.run(["tar", "-x", "-C", folder], stdin=archive.stdout, check=True)
    if archive.wait():
        raise click.ClickException(f"git archive {ref} in {git} failed")
