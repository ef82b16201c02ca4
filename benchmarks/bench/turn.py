"""One turn of one side in the bench.

    python -m benchmarks.bench.turn SITE SIDE WHAT PROCESSES SCALE [deduplicate]

Like `benchmarks.turn`, in the bench's own environment and connected to the site.
"""

from __future__ import annotations

import importlib
import json
import platform
import sys

from benchmarks.bench.side import SIDES, in_site
from benchmarks.turn import describe


def main() -> None:
    site, name, what, processes, scale, *options = sys.argv[1:]
    side = SIDES[name](int(processes), "deduplicate" in options)
    side.check()
    if what == "describe":
        print(json.dumps({**describe(side), "python": platform.python_version()}))
        return
    measurement = importlib.import_module(f"benchmarks.measurements.{what}")
    with in_site(site):
        print(json.dumps(measurement.measure(side, float(scale))))


if __name__ == "__main__":
    main()
