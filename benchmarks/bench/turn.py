"""One turn of one side in the bench: `python -m benchmarks.bench.turn SITE SIDE WHAT SCALE`.

Like `benchmarks.turn`, in the bench's own environment and connected to the site.
"""

from __future__ import annotations

import importlib
import json
import platform
import sys

from benchmarks.bench.measurements import MEASUREMENTS
from benchmarks.bench.side import SIDES, in_site
from benchmarks.turn import describe


def main() -> None:
    site, name, what, scale = sys.argv[1:]
    if what == "describe":
        side = SIDES[name](processes=0, deduplicate=False)
        side.check()
        print(json.dumps({**describe(side), "python": platform.python_version()}))
        return
    asked = MEASUREMENTS[what]
    side = SIDES[name](asked.processes, asked.deduplicate)
    side.check()
    measurement = importlib.import_module(f"benchmarks.measurements.{asked.module}")
    with in_site(site):
        print(json.dumps(measurement.measure(side, float(scale))))


if __name__ == "__main__":
    main()
