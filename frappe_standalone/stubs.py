"""`frappe-celery types`: how a team's mypy and pyright find the types of `import frappe`."""

from __future__ import annotations

import json
import sysconfig
from pathlib import Path

import click

LINES = """\
[tool.mypy]
mypy_path = STUBS

[tool.pyright]
extraPaths = [STUBS]
reportMissingModuleSource = false
"""


@click.command()
def types() -> None:
    """Print how mypy and pyright find the types of `import frappe`.

    Lines for pyproject.toml, of a project without a Frappe, which has its own types. They name the
    folder of this installation, from the current one where it lies within.

    \b
    Example:
      frappe-celery types
    """
    click.echo(LINES.replace("STUBS", json.dumps(str(_stubs()))), nl=False)


def _stubs() -> Path:
    """A checkout's own, else where an install puts them."""
    found = Path(__file__).parents[1] / "stubs"
    if not (found / "frappe").is_dir():
        found = Path(sysconfig.get_path("data")) / "share" / "frappe_celery" / "stubs"
    return found.relative_to(Path.cwd()) if found.is_relative_to(Path.cwd()) else found
