"""One load on one side: `python -m benchmarks.erpnext.turn SITE SIDE LOAD PROCESSES`.

In the bench's Python. The workers run and have done some jobs; the clock runs from the first call
of enqueue until no job is left. Prints one line of JSON.
"""

from __future__ import annotations

import json
import sys
import time

import frappe

from benchmarks.bench import progress
from benchmarks.bench.side import SIDES, in_site
from benchmarks.erpnext import state
from benchmarks.erpnext.loads import LOADS
from benchmarks.erpnext.prepared import CLERK
from benchmarks.workers import running

WARM_UP = 4
"""No-op jobs for each process."""


def main() -> None:
    site, name, load, processes = sys.argv[1:]
    side = SIDES[name](int(processes), deduplicate=False)
    side.check()
    with in_site(site):
        frappe.set_user(CLERK)
        known = set(frappe.get_all("Error Log", pluck="name"))
        warm = WARM_UP * side.processes
        with running(side, may_log_errors=True) as workers:
            for _ in range(warm):
                side.enqueue("noop")
            progress.wait_until_quiet(workers, warm)
            begin = time.monotonic()
            jobs = LOADS[load]()
            frappe.db.commit()
            end = progress.wait_until_quiet(workers, warm + jobs)
        frappe.db.rollback()
        counts = progress.counts()
        failed = progress.failures()
        found = {
            "seconds": end - begin,
            "jobs": counts["finished"] + counts["failed"] - warm,
            "failed": failed,
            "logged": state.logged_exceptions(known) - failed,
            "state": state.of_site(),
        }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
