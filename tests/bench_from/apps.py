"""The packages in a bench's environment: what its apps pin, the apps themselves, this project."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click
import tomllib
from packaging.requirements import Requirement

from tests.bench_from import python, tools
from tests.bench_from.layout import Layout, run
from tests.bench_from.trees import version_of

PROJECT = Path(__file__).parents[2]
OF_THE_REGISTRY = {"gunicorn": "gunicorn==23.0.0", "rq": "rq==1.14.1", "pypika": "PyPika"}
"""Instead of what Frappe takes from a git commit that does not lie here."""

PINS_OF_14 = re.compile(
    r"frappe 14\S+ has requirement (click|redis|croniter|RestrictedPython)\W", re.I
)
"""What `pip check` says of the four whose releases the extra frappe14 names."""

PKG_RESOURCES = "setuptools<81"
"""The last ones that have it: what Frappe 14 pins imports it."""


def is_14(bench: Layout) -> bool:
    """Its Frappe is of version 14."""
    return version_of(bench, "frappe").startswith("14.")


def python_wanted(bench: Layout) -> str:
    """Frappe's `requires-python`."""
    return str(_project(bench, "frappe")["project"]["requires-python"])


def install(bench: Layout, interpreter: Path, tree: Path) -> None:
    """Make the environment and install the apps in it, which are only linked.

    One after the other, as bench does: where two want different releases the later one has its own.
    """
    tools.uv("venv", "--seed", "--python", str(interpreter), str(bench.env))
    for app in _apps(bench):
        file = bench.config / f"{app}.requirements.txt"
        file.write_text("\n".join(requirements(bench, tree, app)) + "\n")
        _install(bench, "--requirement", str(file))
    linked = (word for app in _apps(bench) for word in ("--editable", str(bench.apps / app)))
    _install(bench, "--no-deps", *linked)
    bench.add_command()


def install_project(bench: Layout) -> None:
    """This checkout, which must not bring the bench's packages into more disorder than before."""
    before = _disorder(bench)
    extras = "admin,frappe14" if is_14(bench) else "admin"
    _install(bench, "--editable", f"{PROJECT}[{extras}]")
    more = _disorder(bench) - before
    if is_14(bench):  # four of its pins give way
        more = {line for line in more if not PINS_OF_14.match(line)}
    if more:
        raise click.ClickException("pip check says more than before:\n" + "\n".join(more))
    click.echo(f"   pip check says what it said before: {sorted(before) or 'nothing'}")


def _install(bench: Layout, *words: str) -> None:
    where = ("--python", str(bench.env / "bin" / "python"))
    tools.uv("pip", "install", *where, *words, CPATH=python.headers())


def _apps(bench: Layout) -> list[str]:
    return (bench.sites / "apps.txt").read_text().split()


def _project(bench: Layout, app: str) -> dict[str, Any]:
    return tomllib.loads((bench.apps / app / "pyproject.toml").read_text())


def requirements(bench: Layout, tree: Path, app: str) -> list[str]:
    """What an app needs, and what bench adds where its own tests are to run."""
    project = _project(bench, app)
    needed = [_got(words, tree) for words in project["project"].get("dependencies", [])]
    of_tests = project.get("tool", {}).get("bench", {}).get("dev-dependencies", {})
    needed += [name + version for name, version in of_tests.items()]
    return [PKG_RESOURCES, *needed] if is_14(bench) else needed


def _got(words: str, tree: Path) -> str:
    """A requirement; one of a git repository from where `fetch` left it beside the tree, if so."""
    requirement = Requirement(words)
    pinned = re.fullmatch(r"git\+https://[^/]+/(.+?)/(.+)@(\w+)", requirement.url or "")
    if not pinned:
        return words
    owner, name, commit = pinned.groups()
    fetched = tree.parents[1] / f"{owner}+{name}" / tree.name
    if fetched.exists():
        return f"{requirement.name} @ git+file://{fetched}@{commit}"
    instead = OF_THE_REGISTRY[requirement.name.lower()]
    click.echo(f"   {instead} stands for {words}")
    return instead


def _disorder(bench: Layout) -> set[str]:
    try:
        run(str(bench.env / "bin" / "python"), "-m", "pip", "check")
    except click.ClickException as error:
        return set(error.message.splitlines()[1:])
    return set()
