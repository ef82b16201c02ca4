"""Programs of the registry's that making a bench needs, kept in the user's caches."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.bench_from.layout import run

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "frappe_celery"


def uv(*arguments: str, **environment: str) -> None:
    """pip's work, in a tenth of its processor time: that of the hundred packages of a bench."""
    run(tool("uv", "uv>=0.9"), *arguments, **environment)


def tool(name: str, requirement: str) -> str:
    """Its path; installed the first time."""
    program = CACHE / "tools" / "bin" / name
    if not program.exists():
        into = ("--target", str(CACHE / "tools"), "--upgrade")
        run(sys.executable, "-m", "pip", "install", *into, requirement)
    return str(program)
