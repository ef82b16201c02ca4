"""A bench's folders and files, as bench lays them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import IO, Any

import click

BENCH = """#!/bin/sh
cd '{sites}' && exec '{python}' -m frappe.utils.bench_helper frappe "$@"
"""


class Layout:
    """A bench in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.apps = folder / "apps"
        self.sites = folder / "sites"
        self.env = folder / "env"
        self.config = folder / "config"
        self.logs = folder / "logs"
        self.data = folder / "data"
        """Of its servers."""

    def make(self) -> None:
        for folder in (self.apps, self.sites / "assets", self.config / "pids", self.logs):
            folder.mkdir(parents=True)
        self.data.mkdir()
        (self.sites / "assets" / "assets.json").write_text("{}")  # nothing is built for browsers

    def add_command(self) -> None:
        """`bench` beside the bench's Python: Frappe's own tests call it."""
        command = self.env / "bin" / "bench"
        command.write_text(BENCH.format(sites=self.sites, python=self.env / "bin" / "python"))
        command.chmod(0o755)

    def configure(self, file: str = "common_site_config.json", **values: Any) -> None:
        """Add to a file of the folder sites."""
        path = self.sites / file
        before = json.loads(path.read_text()) if path.exists() else {}
        path.write_text(json.dumps({**before, **values}, indent=1))

    @property
    def configuration(self) -> dict[str, Any]:
        """common_site_config.json."""
        configuration: dict[str, Any] = json.loads(
            (self.sites / "common_site_config.json").read_text()
        )
        return configuration

    def frappe(self, *arguments: str) -> None:
        """`bench …`."""
        self.python("-m", "frappe.utils.bench_helper", "frappe", *arguments)

    def python(self, *arguments: str) -> None:
        """Run the bench's Python in the folder sites."""
        run(str(self.env / "bin" / "python"), *arguments, cwd=self.sites)


def run(
    *command: str,
    cwd: Path | None = None,
    stdin: IO[bytes] | int | None = subprocess.DEVNULL,
    user: str | None = None,
    **environment: str,
) -> str:
    """Its output, once it has ended well; else an error that shows it."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **environment},
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        user=user,
    )
    if done.returncode:
        raise click.ClickException(f"{' '.join(command)}\n{done.stdout[-5000:]}")
    return done.stdout
