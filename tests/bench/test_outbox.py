"""Frappe's `enqueue(…, enqueue_after_commit=True)` with the outbox on: once for each commit."""

from __future__ import annotations

import uuid

import pytest

from tests.bench.bench import OUTBOX, Bench
from tests.waiting import wait_until

CALLER = """
import os, signal, sys, frappe
site, label, ending = sys.argv[1:]
frappe.init(site=site); frappe.connect()
import fc_probe
from frappe_celery.jobs.outbox import at_commit
if ending == "dies after the commit":
    at_commit._publish = lambda held: os.kill(os.getpid(), signal.SIGKILL)
frappe.db.set_default(label, "was here")
if ending == "savepoint":
    frappe.db.savepoint("here")
    frappe.enqueue(fc_probe.write, label="taken back " + label, enqueue_after_commit=True)
    frappe.db.rollback(save_point="here")
once = {} if frappe.__version__.startswith("14.") else {"deduplicate": True}  # 14 has it not
frappe.enqueue(fc_probe.write, label=label, enqueue_after_commit=True, job_id=label, **once)
if ending == "dies before the commit":
    os.kill(os.getpid(), signal.SIGKILL)
frappe.db.rollback() if ending == "rollback" else frappe.db.commit()
"""


@pytest.mark.usefixtures("no_job_left")
@pytest.mark.parametrize(
    ("ending", "runs"),
    [
        ("commit", True),
        ("rollback", False),
        ("savepoint", True),
        ("dies before the commit", False),
        ("dies after the commit", True),
        ("Redis away", True),
    ],
)
def test_each_commit_has_its_job(bench: Bench, ending: str, runs: bool) -> None:
    label = uuid.uuid4().hex
    bench.outbox_worker()
    away = {"FRAPPE_CELERY_REDIS_QUEUE": "redis://127.0.0.1:1"} if ending == "Redis away" else {}
    caller = bench.start("python", "-c", CALLER, bench.site, label, ending, **OUTBOX, **away)
    assert caller.popen.wait(60) == (-9 if ending.startswith("dies") else 0), caller.output()

    def written() -> int:
        found: int = bench.ask(f"""
            answer = frappe.db.count("ToDo", {{"description": ["like", "%{label}|%"]}})
            """)
        return found

    wait_until(lambda: not runs or written(), 60, "it runs")
    marked = "from frappe_celery.jobs import get_store\nanswer = get_store().client.zcount("
    marked += "get_store().keys.outbox_marks(frappe.local.site), 0, 0)"
    wait_until(lambda: not bench.ask(marked), 30, "its row is gone")
    assert written() == int(runs)
    assert not bench.ask("answer = frappe.db.sql('select run from frappe_celery_outbox')")
