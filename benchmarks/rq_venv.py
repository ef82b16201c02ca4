"""RQ shares our virtual environment when it is installed there, else gets one of its own."""

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
    """Python that has RQ 3; where this one has none, of a venv in the user's cache folder."""
    if importlib.util.find_spec("rq"):
        return sys.executable
    folder = _cache() / f"rq-{sys.version_info.major}.{sys.version_info.minor}"
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    packages = ["rq>=3,<4", *_pins()]
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
