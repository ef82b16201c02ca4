"""Workers that start while jobs wait: none hangs a job (RQ's pool hung 7 of 16).

FRAPPE_BENCH_STARTS says how many starts (issue 3, must show 3: 100).
"""

from __future__ import annotations

import os
import uuid

import pytest

from tests.bench.bench import Bench

STARTS = int(os.environ.get("FRAPPE_BENCH_STARTS", "4"))
WITHIN_SECONDS = 45
"""A start takes two seconds on an idle machine; a hung job would take its timeout, 300 s."""
BACKLOG = """
for n in range(4):
    for queue in ("short", "default", "long"):
        frappe.enqueue(fc_probe.write, queue=queue, label=f"{label}-{{n}}-{{queue}}")
"""
COMMANDS = (
    ("frappe-celery", "worker", "--num-workers", "2", "--burst"),
    ("python", "-m", "frappe.utils.bench_helper", "frappe", "worker-pool", "--num-workers", "2",
     "--burst"),
)  # fmt: skip


@pytest.mark.timeout(STARTS * (WITHIN_SECONDS + 10))
def test_no_cold_start_hangs_a_job(bench: Bench) -> None:
    label = uuid.uuid4().hex
    for start in range(STARTS):
        for site in bench.sites:
            bench.ask(BACKLOG.format(label=f"{label}-{start}"), site)
        worker = bench.start(*COMMANDS[0 if bench.is_14 else start % len(COMMANDS)])
        assert worker.wait(WITHIN_SECONDS) == 0, worker.output()
    expected = sorted(
        f"{label}-{start}-{n}-{queue}"
        for start in range(STARTS)
        for n in range(4)
        for queue in ("short", "default", "long")
    )
    for site in bench.sites:
        written = bench.ask(f"answer = written({label!r})", site)
        assert sorted(line.partition("|")[0] for line in written) == expected
