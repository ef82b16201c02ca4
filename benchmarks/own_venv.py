"""Virtual environments in the user's cache folder, for what ours does not have."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import venv
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

SAME_VERSION = ("redis", "hiredis", "psutil")
"""Pinned to what the other sides run on."""


@cache
def python_with_rq() -> str:
    """Python that has RQ 3; where this one has none, of an environment of its own."""
    if importlib.util.find_spec("rq"):
        return sys.executable
    return own_venv("rq", "rq>=3,<4", *_pins())


def own_venv(name: str, *packages: str) -> str:
    """Its Python, which has these packages; more words of `pip install` may follow."""
    folder = _cache() / f"{name}-{sys.version_info.major}.{sys.version_info.minor}"
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
    return str(python)


def _pins() -> list[str]:
    pins = []
    for package in SAME_VERSION:
        try:
            pins.append(f"{package}=={version(package)}")
        except PackageNotFoundError:
            continue
    return pins


def _cache() -> Path:
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "frappe_celery" / "benchmarks"
