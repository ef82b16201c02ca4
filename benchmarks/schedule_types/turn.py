"""All of them on one side, one by one: `python -m benchmarks.schedule_types.turn SITE SIDE`.

In the bench's Python, with one worker process. Each is enqueued as by the button Execute; the next
one follows when it, and all that it enqueued, is done. Prints one line of JSON.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import Any

import frappe

from benchmarks.bench import progress
from benchmarks.bench.side import SIDES, in_site
from benchmarks.workers import Workers, running

TYPE, LOG = "Scheduled Job Type", "Scheduled Job Log"


def main() -> None:
    site, name = sys.argv[1:]
    side = SIDES[name](processes=1, deduplicate=False)
    side.check()
    with in_site(site):
        frappe.set_user("Administrator")
        frappe.db.set_value(TYPE, {"name": ("is", "set")}, "create_log", 1)  # also All and Cron
        frappe.db.commit()
        names = frappe.get_all(TYPE, pluck="name", order_by="method, name")
        with running(side, may_log_errors=True) as workers:
            print(json.dumps([_run(name, workers) for name in names]))


def _run(name: str, workers: Workers) -> dict[str, Any]:
    before, failed_before = rows(), progress.failures()
    job_type = frappe.get_doc(TYPE, name)
    enqueued = job_type.enqueue(force=True)
    progress.wait_until_quiet(workers, ended=1)
    frappe.db.rollback()  # to see what was committed meanwhile
    after = rows()
    log = frappe.get_all(
        LOG,
        filters={"scheduled_job_type": name},
        fields=["status", "details"],
        order_by="creation desc",
        limit=1,
    )
    status = log[0].status if log else "no log" if enqueued else "not enqueued"
    failed = status == "Failed"
    return {
        "method": job_type.method or name,
        "status": status,
        "exception": progress.exception_class(log[0].details) if failed else "",
        "failed jobs": dict(progress.failures() - failed_before),
        "rows": {t: after[t] - before[t] for t in after | before if after[t] != before[t]},
    }


def rows() -> Counter[str]:
    """Of each table of the site."""
    tables = frappe.db.sql_list("show full tables where Table_type = 'BASE TABLE'")
    asked = " union all ".join(f"select '{table}', count(*) from `{table}`" for table in tables)
    return Counter(dict(frappe.db.sql(asked)))


if __name__ == "__main__":
    main()
