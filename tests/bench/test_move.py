"""Jobs go from RQ to Celery and back on a real bench. Details: tests/integration/bridge."""

from __future__ import annotations

import uuid

import pytest

from tests.bench.bench import Bench
from tests.waiting import wait_until

OFF = {"FRAPPE_CELERY_ENABLED": "false"}
MANY = """
import functools
for number in range(60):
    name = f"{label}-{number}"
    frappe.enqueue(fc_probe.write, label=name, job_id=name, queue=("short", "long")[number % 2])
frappe.db.commit()
"""
KINDS = """
is_14 = frappe.__version__.startswith("14.")  # which has no callbacks
callbacks = {} if is_14 else {"on_success": fc_probe.succeeded}
jobs = [
    frappe.enqueue(fc_probe.fail, label=label, job_id=label),
    frappe.enqueue("frappe.handler.ping", timeout=77),
    frappe.enqueue(fc_probe.write, label=label, **callbacks),
    frappe.enqueue_doc("User", "Administrator", "add_comment", text=label),
]
answer = [job.id for job in jobs]
"""
IN_CELERY = """
from frappe_celery.jobs import get_store
store = get_store()
jobs = [store.fetch(job_id) for job_id in ids]
answer = [
    [job.status for job in jobs], [job.timeout for job in jobs],
    store.client.exists(*["rq:job:" + job_id for job_id in ids]),
]
"""


@pytest.fixture
def label() -> str:
    return uuid.uuid4().hex


def test_moved_there_and_back_while_workers_of_both_run_each_job_runs_once(
    bench: Bench, no_job_left: None, label: str
) -> None:
    for system, environment in (("rq", OFF), ("celery", {})):
        bench.ask(f"label = '{label}-{system}'" + MANY, **environment)
    bench.worker(1)
    bench.start(
        *("python", "-m", "frappe.utils.bench_helper", "frappe", "worker", "--quiet"), **OFF
    )
    for _ in range(3):
        bench.run("frappe-celery", "move", "--to", "rq", **OFF)
        bench.run("frappe-celery", "move", "--trust-pickles")

    def ran() -> list[str]:
        lines: list[str] = bench.ask(f"answer = written('{label}')")
        return sorted(line.partition("|")[0] for line in lines)

    wait_until(lambda: len(ran()) >= 120, 90, "all have run", 0.5)
    names = sorted(f"{label}-{system}-{n}" for system in ("rq", "celery") for n in range(60))
    assert ran() == names


def test_every_kind_comes_over_and_runs_and_a_failed_one_goes_back(
    bench: Bench, no_job_left: None, label: str
) -> None:
    ids = bench.ask(f"label = {label!r}" + KINDS, **OFF)
    moved = bench.start("frappe-celery", "move")
    assert moved.wait(60) == 1
    assert "Moved from RQ: 2 waiting" in moved.output()
    assert "fc_probe.fail is no function of an app of this bench" in moved.output()
    moved_too = bench.run("frappe-celery", "move", "--trust-pickles")
    assert "Moved from RQ: 2 waiting" in moved_too
    look = f"ids = {ids}" + IN_CELERY
    statuses, timeouts, left = bench.ask(look)
    assert statuses == ["queued"] * 4
    assert timeouts[1:3] == [77, 300]
    assert left == 0
    bench.run("frappe-celery", "worker", "--burst", "-c", "1")
    assert bench.ask(look)[0] == ["failed", "finished", "finished", "finished"]
    ran = sorted(line.partition("|")[0] for line in bench.ask(f"answer = written({label!r})"))
    assert ran == [label] if bench.is_14 else [label, f"succeeded {label}"]

    bench.run("frappe-celery", "move", "--to", "rq", **OFF)
    shown = f"job = frappe.get_doc('RQ Job', {ids[0]!r}); answer = [job.status, job.exc_info]"
    status, told = bench.ask(shown, **OFF)
    assert status == "failed"
    assert "Traceback" in told
    bench.ask(f"frappe.get_doc('RQ Job', {ids[0]!r}).delete()", **OFF)
