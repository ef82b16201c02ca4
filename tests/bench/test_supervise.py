"""`frappe-celery supervise` over a bench's workers, as the process files start them."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import psutil
import pytest

from tests.bench.bench import Bench
from tests.waiting import wait_until

BENCH_WORKER = ("python", "-m", "frappe.utils.bench_helper", "frappe", "worker", "--queue", "short")
OURS = ("frappe-celery", "worker", "--queue", "short", "--num-workers", "1")


@pytest.mark.parametrize(
    "command", [OURS, BENCH_WORKER], ids=["frappe-celery worker", "bench worker"]
)
def test_on_hup_another_worker_takes_over_while_the_job_that_runs_ends(
    bench: Bench, command: tuple[str, ...], tmp_path: Path
) -> None:
    program = str(bench.root / "env" / "bin" / command[0])
    supervisor = bench.start("frappe-celery", "supervise", program, *command[1:])
    supervisor.wait_for(" ready.")
    (old,) = psutil.Process(supervisor.pid).children()
    go = tmp_path / "go"
    long = bench.ask(f"""
job = frappe.enqueue(fc_probe.hold, until={str(go)!r}, queue="short")
until(lambda: job.is_started)
answer = job.id
""")
    supervisor.popen.send_signal(signal.SIGHUP)
    supervisor.wait_for(f"{old.pid} ends its jobs")
    (new,) = [one for one in psutil.Process(supervisor.pid).children() if one != old]
    statuses, ran_in = bench.ask(f"""
from frappe_celery.jobs import get_store
after = frappe.enqueue(fc_probe.process, queue="short")
ended(after)
job = get_store().fetch({json.dumps(long)})
answer = [[job.get_status(), after.get_status()], after.result]
""")
    assert statuses == ["started", "finished"]
    assert psutil.Process(ran_in).parent() == new
    go.touch()
    wait_until(lambda: not old.is_running(), 40, "the old worker has left")
    ended = f"from frappe_celery.jobs import get_store; answer = get_store().fetch({long!r}).status"
    assert bench.ask(ended) == "finished"
    assert supervisor.stop() == 0
