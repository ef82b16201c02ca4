"""One side's turn: `python -m benchmarks.warm.turn SIDE LOG MIXED SITE…`.

In the bench's Python, with one worker process, whose program writes its log to LOG. MIXED 0: each
report and type of all sites once, and prints their answers as one line of JSON; else so many jobs.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import frappe

from benchmarks.bench import progress
from benchmarks.bench.side import OnCelery, OnRQ, in_site
from benchmarks.erpnext import state
from benchmarks.schedule_types.turn import LOG, rows
from benchmarks.warm import calls
from benchmarks.workers import Workers


class OnForkingRQ(OnRQ):
    """`bench worker`, but for imports that are done before it forks."""

    def worker_commands(self) -> list[list[str]]:
        return [["benchmarks.warm.forking"]]


class OnWarmCelery(OnCelery):
    """A worker that says in its log which process takes which job."""

    def worker_commands(self) -> list[list[str]]:
        return [["frappe_celery.cli", "worker", "-c", str(self.processes)]]


SIDES: dict[str, type[OnRQ] | type[OnCelery]] = {
    "rq": OnForkingRQ,
    "frappe_celery": OnWarmCelery,
}


def main() -> None:
    name, log, number, *sites = sys.argv[1:]
    side = SIDES[name](processes=1, deduplicate=False)
    side.check()
    if int(number):
        print(json.dumps(_mixed(side, Path(log), sites, int(number))))
    else:
        print(json.dumps(_answers(side, Path(log), sites)))


def _answers(side: OnRQ | OnCelery, log: Path, sites: list[str]) -> dict[str, str]:
    before, jobs = {}, {}
    for site in sites:
        with in_site(site):
            frappe.set_user("Administrator")
            frappe.db.set_value(calls.TYPE, {"name": ("is", "set")}, "create_log", 1)
            frappe.db.commit()
            before[site] = rows()
            asked = (*calls.reports(), *calls.types())
            jobs[site] = {call.name: call.enqueue() for call in asked}
    _run(side, log, sites[0], sum(map(len, jobs.values())))
    answers = {}
    for site in sites:
        with in_site(site):
            after = rows()
            changes = {t: after[t] - before[site][t] for t in sorted(after | before[site])}
            found = {name: _answer(job) for name, job in jobs[site].items()}
            found |= {name: _outcome(name) for name in found if name.startswith("type: ")}
            found |= {f"rows: {table}": f"{change:+}" for table, change in changes.items()}
            found |= {f"left: {kind}": str(sorted(all_)) for kind, all_ in state.of_site().items()}
            answers |= {f"{site}: {name}": answer for name, answer in found.items()}
    return answers


def _mixed(side: OnRQ | OnCelery, log: Path, sites: list[str], number: int) -> dict[str, Any]:
    for site in sites:
        with in_site(site):
            frappe.set_user("Administrator")
            for call in calls.mixed(number // len(sites)):
                call.enqueue()
    _run(side, log, sites[0], number // len(sites) * len(sites))
    with in_site(sites[0]):
        return {"jobs": progress.counts(), "failed": progress.failures()}


def _run(side: OnRQ | OnCelery, log: Path, site: str, jobs: int) -> None:
    """What waits, and what that enqueues."""
    with _worker(side, log) as workers, in_site(site):
        progress.wait_until_quiet(workers, jobs)


@contextmanager
def _worker(side: OnRQ | OnCelery, log: Path) -> Iterator[Workers]:
    with log.open("w") as output:
        workers = Workers(side, output.fileno(), None)
        try:
            yield workers
        finally:
            workers.stop()


def _answer(job: Any) -> str:
    result = job.latest_result()
    if result is None:
        return "no result"
    if result.exc_string:
        return f"raised {result.exc_string.strip().splitlines()[-1]}"
    answer = result.return_value
    if isinstance(answer, dict):
        answer.pop("execution_time", None)
    return str(frappe.as_json(answer))


def _outcome(name: str) -> str:
    """Of a type's run, by its newest log."""
    log = frappe.get_all(
        LOG,
        filters={"scheduled_job_type": name.removeprefix("type: ")},
        fields=["status", "details"],
        order_by="creation desc",
        limit=1,
    )
    if not log:
        return "no log"
    return "raised " + log[0].details.strip().splitlines()[-1] if log[0].details else log[0].status


if __name__ == "__main__":
    main()
