"""One turn of one side, in a process of its own.

    python -m benchmarks.turn SIDE WHAT PROCESSES SCALE

WHAT is a measurement, or `describe`. Prints one line of JSON.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import sys
from pathlib import Path
from typing import Any

from redis.utils import HIREDIS_AVAILABLE

from benchmarks.sides import Side, load


def main() -> None:
    name, what, processes, scale = sys.argv[1:]
    side = load(name, int(processes))
    if what == "describe":
        print(json.dumps(describe(side)))
    else:
        measurement = importlib.import_module(f"benchmarks.measurements.{what}")
        print(json.dumps(measurement.measure(side, float(scale))))


def describe(side: Side) -> dict[str, Any]:
    """Versions of the side's packages, whether redis-py parses with hiredis, and which of our
    folders the first package lies in."""
    packages = [*side.packages, *(["hiredis"] if HIREDIS_AVAILABLE else [])]
    return {
        "hiredis": bool(HIREDIS_AVAILABLE),
        "found_in": str(Path(str(importlib.import_module(packages[0]).__file__)).parents[1]),
        "versions": {package: _version(package) for package in packages},
    }


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:  # ours, run from its source
        return str(importlib.import_module(package).__version__)


if __name__ == "__main__":
    main()
