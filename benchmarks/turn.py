"""One turn of one side, in a process of its own: `python -m benchmarks.turn SIDE WHAT SCALE`.

WHAT is a measurement, or `describe`. Prints one line of JSON.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import sys
from typing import Any

from redis.utils import HIREDIS_AVAILABLE

from benchmarks.sides import Side, load


def main() -> None:
    name, what, scale = sys.argv[1:]
    side = load(name)
    if what == "describe":
        print(json.dumps(describe(side)))
    else:
        measurement = importlib.import_module(f"benchmarks.measurements.{what}")
        print(json.dumps(measurement.measure(side, float(scale))))


def describe(side: Side) -> dict[str, Any]:
    """Versions of the side's packages, and whether redis-py parses with hiredis."""
    packages = [*side.packages, *(["hiredis"] if HIREDIS_AVAILABLE else [])]
    return {
        "hiredis": bool(HIREDIS_AVAILABLE),
        "versions": {package: _version(package) for package in packages},
    }


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:  # ours, run from its source
        return str(importlib.import_module(package).__version__)


if __name__ == "__main__":
    main()
