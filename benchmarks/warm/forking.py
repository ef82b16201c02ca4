"""`python -m benchmarks.warm.forking`: `bench worker` of RQ, whose parent has imported much before.

In the bench's Python. Its forks, one a job, take a fifth of the time without these imports; what a
job finds in them is the same, since the parent runs none.
"""

from __future__ import annotations

import importlib
import runpy
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

APPS = Path("apps.txt")


def main() -> None:
    for app in APPS.read_text().split():
        for module in _modules(app):
            with suppress(Exception):  # one that wants a site is imported by the fork
                importlib.import_module(module)
    sys.argv[1:] = ["frappe", "worker", "--quiet"]
    runpy.run_module("frappe.utils.bench_helper", run_name="__main__", alter_sys=True)


def _modules(app: str) -> Iterator[str]:
    """Reports, and what the scheduler calls."""
    package = importlib.import_module(app)
    folder = Path(package.__path__[0])
    for file in sorted(folder.glob("*/report/*/*.py")):
        if not file.stem.startswith(("test_", "__")):
            yield ".".join((app, *file.relative_to(folder).with_suffix("").parts))
    events = getattr(importlib.import_module(f"{app}.hooks"), "scheduler_events", {})
    for methods in (*events.get("cron", {}).values(), *events.values()):
        if isinstance(methods, list):
            yield from (method.rpartition(".")[0] for method in methods)


if __name__ == "__main__":
    main()
